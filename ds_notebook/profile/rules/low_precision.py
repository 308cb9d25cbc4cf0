"""A model computes in fp32 where bf16 is faster, or in fp64 at all.

What it sees. Models whose parameters are float32 on a machine that multiplies in bf16 by itself, with products wide
enough to gain, in code that says nothing of `autocast`; and models of float64.

Why it matters. bf16 moves half the bytes and multiplies at twice the rate or more.

Bad::

    loss = loss_fn(model(x), y)  # fp32 throughout

Good::

    with torch.autocast("cpu", torch.bfloat16):  # "cuda" on a GPU
        loss = loss_fn(model(x), y)

How the remedy is verified. Time by a trial on the user's own batches; quality by the user: `--precision auto` of the
trainer tries it and undoes it bit for bit.

When it stays silent. Products narrower than 256 or of fewer than 64 rows, recurrent layers, and under 15% of gain: a
change of the numbers must be worth it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.observed import Model
from ds_notebook.profile.rules._seconds import above, by, critical, total, wall_s
from ds_notebook.profile.rules._torch import has, is_backward, is_forward, main_models

CODE = "low-precision"

WIDE = 256
ROWS = 64
WORTH_CHANGING_NUMBERS = 1.15
BF16_LOCAL = 1.6
"""Of forward and backward here (AVX512-BF16): 1.4 to 2.1 from a width of 256 and 64 rows on, 1.6 to 1.9 for
convolutions of 32 channels or more; slower than fp32 below."""
FP32_LOCAL = 1.8
"""Half the bytes, twice the lanes; what is not arithmetic stays."""


def find(profile: Profile) -> Iterator[Found]:
    model = next(iter(main_models(profile)), None)
    if model is None or _is_mixed(profile):
        return
    dtype = max(model.dtypes, key=lambda each: model.dtypes[each], default="")
    gains = (dtype == "float64" and _wide(model, WIDE // 4)) or (
        dtype == "float32" and _has_bf16(profile, model) and _wide(model, WIDE)
    )
    stacks = [stack for stack in critical(profile) if has(stack, is_forward, is_backward)]
    at = next(iter(by(stacks, lambda stack: _caller(profile, stack))), None)
    seconds = total(stacks).wall_s
    if not gains or at is None or seconds < REMARKABLE_S:
        return
    share = seconds / wall_s(profile)
    expected = expected_speedup(share, FP32_LOCAL if dtype == "float64" else BF16_LOCAL)
    if expected >= WORTH_CHANGING_NUMBERS:
        yield Found(
            code=CODE,
            at=at,
            share=share,
            expected=expected,
            evidence=f"{share:.0%} of the time {model.name} computes in {dtype}, with products {model.widest} wide.",
            advice="Use float32."
            if dtype == "float64"
            else "Compute in bf16, which this machine multiplies by itself.",
            fix="model.float()" if dtype == "float64" else _autocast(model),
            facts={"dtype": dtype},
        )


def _autocast(model: Model) -> str:
    device = model.device.partition(":")[0]
    return f'with torch.autocast("{device}", torch.bfloat16):\n    loss = loss_fn(model(inputs), targets)'


def _wide(model: Model, width: int) -> bool:
    spatial = any(layer.startswith(("Conv", "Multihead", "Transformer", "Embedding")) for layer in model.layers)
    recurrent = any(layer in ("LSTM", "GRU", "RNN") for layer in model.layers)
    many_rows = not model.calls or model.rows >= ROWS * model.calls
    return model.widest >= width and not recurrent and (spatial or many_rows)


def _has_bf16(profile: Profile, model: Model) -> bool:
    return profile.observed.fast_bf16 if model.device == "cpu" else profile.observed.gpus > 0


def _is_mixed(profile: Profile) -> bool:
    """The user's code knows of lower precision already, and has decided."""
    return any(
        "autocast" in line or "bfloat16" in line or ".half(" in line
        for lines in profile.sources.values()
        for line in lines
    )


def _caller(profile: Profile, stack: Stack) -> Frame | None:
    return above(profile, stack, is_forward)
