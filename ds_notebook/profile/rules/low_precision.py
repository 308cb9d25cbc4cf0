"""A model computes in fp32 where bf16 is faster, or in fp64 at all.

What it sees. Models whose parameters are float32 on a machine that multiplies in bf16 by itself, and lines that
multiply float32 tensors without a model, with products wide enough to gain, in code that says nothing of `autocast`;
and the same in float64.

Why it matters. bf16 moves half the bytes and multiplies at twice the rate or more.

Bad::

    loss = loss_fn(model(x), y)  # fp32 throughout

Good::

    with torch.autocast("cpu", torch.bfloat16):  # "cuda" on a GPU
        loss = loss_fn(model(x), y)

How the remedy is verified. Time by a trial on the user's own batches; quality by the user: `--precision auto` of the
trainer tries it and undoes it bit for bit.

When it stays silent. Products narrower than 256 or of fewer than 128 rows, convolutions of fewer than 64 channels,
recurrent layers, and under 30% of gain: a change of the numbers must be worth it. Of float64, which is seldom meant,
from 15% on.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.observed import Model
from ds_notebook.profile.rules._products import product_on
from ds_notebook.profile.rules._seconds import above, by, critical, innermost, total, wall_s
from ds_notebook.profile.rules._torch import has, is_backward, is_forward, main_models

CODE = "low-precision"

WIDE = 256
WIDE_DOUBLE = 64
"""Half the bytes gain earlier than other units of the CPU do."""
CHANNELS = 64
ROWS = 128
WORTH_CHANGING_NUMBERS = 1.3
WORTH_HALVING_THEM = 1.15
BF16_LOCAL = 1.6
"""Of forward and backward here (AVX512-BF16): 1.8 to 2.1 from a width of 256 and 256 rows on, 1.1 to 1.3 for 64 rows;
1.7 for convolutions of 64 channels, 1.3 to 1.7 where most have 16 or 32."""
FP32_LOCAL = 1.8
"""Half the bytes, twice the lanes; what is not arithmetic stays."""


class _Computing(msgspec.Struct, frozen=True):
    """What computes, and in what."""

    name: str
    dtype: str
    width: int
    device: str
    at: Frame
    seconds: float


def find(profile: Profile) -> Iterator[Found]:
    computing = None if _is_mixed(profile) else _by_model(profile) or _by_lines(profile)
    if computing is None or computing.seconds < REMARKABLE_S:
        return
    local = FP32_LOCAL if computing.dtype == "float64" else BF16_LOCAL
    share = computing.seconds / wall_s(profile)
    expected = expected_speedup(share, local)
    if expected >= (WORTH_HALVING_THEM if computing.dtype == "float64" else WORTH_CHANGING_NUMBERS):
        yield Found(
            code=CODE,
            at=computing.at,
            share=share,
            expected=expected,
            evidence=f"{share:.0%} of the time {computing.name} computes in {computing.dtype}, with products"
            f" {computing.width} wide.",
            advice="Use float32."
            if computing.dtype == "float64"
            else "Compute in bf16, which this machine multiplies by itself.",
            fix="model.float()" if computing.dtype == "float64" else _autocast(computing),
            facts={"dtype": computing.dtype},
        )


def _by_model(profile: Profile) -> _Computing | None:
    model = next(iter(main_models(profile)), None)
    if model is None:
        return None
    dtype = max(model.dtypes, key=lambda each: model.dtypes[each], default="")
    stacks = [stack for stack in critical(profile) if has(stack, is_forward, is_backward)]
    at = next(iter(by(stacks, lambda stack: above(profile, stack, is_forward))), None)
    if at is None or not _gains(profile, dtype, model.device) or not _wide(model, dtype):
        return None
    return _Computing(model.name, dtype, model.widest, model.device, at, total(stacks).wall_s)


def _by_lines(profile: Profile) -> _Computing | None:
    """Lines that multiply tensors themselves, and the backward pass that follows from them."""
    stacks = critical(profile)
    lines = by((stack for stack in stacks if not has(stack, is_backward)), lambda stack: innermost(profile, stack))
    wide = {at: product for at in lines if (product := product_on(profile, at)) and product.left.is_torch}
    wide = {
        at: product
        for at, product in wide.items()
        if product.left.rows >= ROWS and product.narrowest >= _least_width(product.left.dtype)
    }
    at = next(iter(wide), None)
    if at is None or not _gains(profile, wide[at].left.dtype, "cpu"):
        return None
    seconds = sum(lines[each].wall_s for each in wide) + total(each for each in stacks if has(each, is_backward)).wall_s
    return _Computing(at.function, wide[at].left.dtype, wide[at].narrowest, "cpu", at, seconds)


def _autocast(computing: _Computing) -> str:
    device = computing.device.partition(":")[0]
    return f'with torch.autocast("{device}", torch.bfloat16):\n    loss = loss_fn(model(inputs), targets)'


def _least_width(dtype: str) -> int:
    return WIDE_DOUBLE if dtype == "float64" else WIDE


def _wide(model: Model, dtype: str) -> bool:
    if any(layer.startswith(("LSTM", "GRU", "RNN")) for layer in model.layers):
        return False
    if any(layer.startswith("Conv") for layer in model.layers):
        return model.widest >= CHANNELS
    many = any(layer.startswith(("Multihead", "Transformer", "Embedding")) for layer in model.layers)
    many |= not model.calls or max(model.positions, model.rows) >= ROWS * model.calls
    return model.widest >= _least_width(dtype) and many


def _gains(profile: Profile, dtype: str, device: str) -> bool:
    has_bf16 = profile.observed.fast_bf16 if device == "cpu" else profile.observed.gpus > 0
    return dtype == "float64" or (dtype == "float32" and has_bf16)


def _is_mixed(profile: Profile) -> bool:
    """The user's code knows of lower precision already, and has decided."""
    return any(
        "autocast" in line or "bfloat16" in line or ".half(" in line
        for lines in profile.sources.values()
        for line in lines
    )
