"""Batches are so small that starting each operation takes longer than the operation.

What it sees. A model called on eight rows or fewer at a time, where the arithmetic of a step explains less than half of
its time; and `predict` of a scikit-learn model on one row after another.

Why it matters. Starting an operation takes 5 to 20 microseconds whatever its size, a layer's forward and backward
about 60.

Bad::

    DataLoader(data, batch_size=2)

Good::

    DataLoader(data, batch_size=64)  # and the learning rate with it

How the remedy is verified. Some steps are timed with twice the batch.

When it stays silent. From nine rows on, where one operation is large enough by itself, where the optimizer takes most
of a step, and for fewer than twenty calls.
"""

from __future__ import annotations

from collections.abc import Iterator

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.observed import Model
from ds_notebook.profile.rules._seconds import above, by, critical, inside, name, total, wall_s
from ds_notebook.profile.rules._source import calls_to, loops
from ds_notebook.profile.rules._torch import has, in_loop_of, is_forward, is_loader, is_optimizer, main_models, training

CODE = "tiny-batches"

SMALL = 8
TIMES_LARGER = 8
LAYER_S = 60e-6
"""Forward and backward of a small layer here, started from Python: 50 to 100 microseconds."""
SLOWEST_FLOPS = 5e9
"""A second, of a core that multiplies a narrow matrix in fp32: 20 to 40 billion here; 5 leaves room for a slow one."""
OVERHEAD = 0.5
"""Of the model's time must be such starts."""
CHECKS = 0.2
"""Of the time under `predict` is checking of arguments: then a row is all that it is given."""
PREDICT_LOCAL = 10.0


def find(profile: Profile) -> Iterator[Found]:
    yield from _steps(profile)
    yield from _predictions(profile)


def _steps(profile: Profile) -> Iterator[Found]:
    model = next(iter(main_models(profile)), None)
    if model is None or not model.calls or not 0 < model.rows <= SMALL * model.calls or model.calls < 20:
        return
    stacks = [stack for stack in critical(profile) if training(stack)]
    seconds = total(stacks).wall_s
    optimizer_s = total(stack for stack in stacks if has(stack, is_optimizer)).wall_s
    at = _where(profile, stacks)
    starts_s = _starts_s(model, seconds)
    if at is None or starts_s < max(REMARKABLE_S, OVERHEAD * (seconds - optimizer_s)) or optimizer_s > seconds / 2:
        return
    # The loader's work for each batch, and the loop's own, become fewer as well.
    around = in_loop_of(profile, _called_at(profile, stacks) or at)
    beside = [stack for stack in critical(profile) if _in(stack, at.place, around) and not has(stack, is_loader)]
    seconds = max(seconds, total(beside).wall_s)
    share = seconds / wall_s(profile)
    rows = model.rows / model.calls
    yield Found(
        code=CODE,
        at=at,
        covers=(around.start, around.stop - 1),
        share=share,
        expected=expected_speedup(share, TIMES_LARGER * OVERHEAD),
        evidence=f"{share:.0%} of the time goes into {model.calls} calls of {model.name} on {rows:.3g} rows each,"
        " most of it into starting operations.",
        advice="Use larger batches: the same work in fewer, larger operations.",
        fix=f"DataLoader(..., batch_size={round(rows) * TIMES_LARGER})",
        facts={"rows": rows},
    )


def _starts_s(model: Model, seconds: float) -> float:
    """Of the seconds in the model: those that its arithmetic does not explain."""
    if not any(layer.startswith(("Conv", "LSTM", "GRU", "RNN", "Multihead", "Transformer")) for layer in model.layers):
        # Each parameter is multiplied and added once a row, three times with the backward pass.
        return max(0.0, seconds - 6 * model.num_parameters * model.rows / SLOWEST_FLOPS)
    layers = sum(count for kind, count in model.layers.items() if not kind.startswith(("Sequential", "ModuleList")))
    return min(seconds, model.calls * LAYER_S * layers)


def _called_at(profile: Profile, stacks: list[Stack]) -> Frame | None:
    return next(iter(by(stacks, lambda stack: above(profile, stack, is_forward))), None)


def _where(profile: Profile, stacks: list[Stack]) -> Frame | None:
    """The line that makes the loader, since that is where a batch's size stands; else the one that calls the model."""
    made = [frame for frame, _ in calls_to(profile, "DataLoader")] if profile.observed.loaders else []
    return made[0] if len(made) == 1 else _called_at(profile, stacks)


def _in(stack: Stack, place: str, lines: range) -> bool:
    return any(frame.place == place and frame.line in lines for frame in stack.frames)


def _predictions(profile: Profile) -> Iterator[Found]:
    stacks = [stack for stack in critical(profile) if any(_predicts(frame) for frame in stack.frames)]
    for at, spent in by(stacks, lambda stack: above(profile, stack, _predicts)).items():
        beneath = [stack for stack in stacks if above(profile, stack, _predicts) == at]
        checking_s = total(stack for stack in beneath if any(_checks(frame) for frame in stack.frames)).wall_s
        if spent.wall_s < REMARKABLE_S or checking_s < CHECKS * spent.wall_s or not loops(profile, at):
            continue
        share = spent.wall_s / wall_s(profile)
        yield Found(
            code=CODE,
            at=at,
            share=share,
            expected=expected_speedup(share, PREDICT_LOCAL),
            evidence=f"{share:.0%} of the time predicts a few rows at a time, much of it checking arguments.",
            advice="Give all rows to one call, above the loop.",
            fix="predictions = model.predict(rows)  # all at once",
        )


def _predicts(frame: Frame) -> bool:
    return inside(frame, "/sklearn/") and name(frame) in ("predict", "predict_proba", "transform", "decision_function")


def _checks(frame: Frame) -> bool:
    return inside(frame, "sklearn/utils/validation.py", "sklearn/utils/_param_validation.py", "sklearn/utils/_tags.py")
