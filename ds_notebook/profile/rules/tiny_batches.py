"""Batches are so small that starting each operation takes longer than the operation.

What it sees. A model called on eight rows or fewer at a time (without training: 32), where the arithmetic of a step
explains less than half of its time (a fifth); lines that multiply arrays of few rows themselves, in a loop that does
the same for other rows each time round; and `predict` of a scikit-learn model on one row after another.

Why it matters. Starting an operation takes 5 to 20 microseconds whatever its size, a layer's forward and backward
about 100.

Bad::

    DataLoader(data, batch_size=2)
    scores = [model(row) for row in rows]

Good::

    DataLoader(data, batch_size=64)  # and the learning rate with it
    scores = model(rows)

How the remedy is verified. Some steps are timed with eight times the batch.

When it stays silent. From nine rows on, or 33 without training; where one operation is large enough by itself; where
what comes in is made from what came out the time before, as when a text is written or a game is played; where the
optimizer takes most of a step, and for fewer than twenty calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.observed import Model
from ds_notebook.profile.rules._products import Product, product_on
from ds_notebook.profile.rules._rounds import Rounds, rounds_of
from ds_notebook.profile.rules._seconds import above, by, critical, innermost, inside, name, slowed, total, wall_s
from ds_notebook.profile.rules._source import calls_to, code, handed_on, loops
from ds_notebook.profile.rules._torch import (
    has,
    in_loop_of,
    is_backward,
    is_forward,
    is_loader,
    is_optimizer,
    main_models,
    training,
)

CODE = "tiny-batches"

FEWEST_CALLS = 20
_ENLARGE = ("ConvTranspose", "Upsample", "PixelShuffle", "Multihead", "Transformer")
"""Layers that may have more to compute than their input has numbers."""
SMALL = 8
SMALL_UNTRAINED = 32
"""Rows without training: there a batch may have any size and the results are the same."""
TIMES_LARGER = 8
LAYER_S = 100e-6
"""Forward and backward of a small layer and of what stands beside it, started from Python: 60 to 150 microseconds."""
BESIDE_LAYERS = 3
"""The loss, the gradients' way to the parameters, and what stands in `forward` beside modules."""
SLOWEST_FLOPS = 5e9
"""A second, of a core that multiplies a narrow matrix in fp32: 20 to 40 billion here; 5 leaves room for a slow one."""
OVERHEAD, OVERHEAD_UNTRAINED = 0.5, 0.8
"""Of the model's time must be such starts."""
SMALL_PRODUCT = 100_000
"""Multiplications in one product: 10 microseconds at most, as long as to start it."""
ABOUT_PRODUCTS = 0.3
"""Of a loop's time in tiny products: the rest is then work on what goes in or comes out."""
CHECKS = 0.2
"""Of the time under `predict` is checking of arguments: then a row is all that it is given."""
PREDICT_LOCAL = 50.0
"""300 rows at once beside one by one, here: linear models 330 to 450 times as fast, a forest of 20 trees 130 times;
the loop's own work stays."""
PRODUCTS_LOCAL = 10.0
"""Products of all rows are hundreds of times as fast; what else is done with each row stays."""


def find(profile: Profile) -> Iterator[Found]:
    found = list(_steps(profile))
    yield from found or _products(profile)
    yield from _predictions(profile)


class _Part(NamedTuple):
    """What a model does in the loops that train it, or in those that only apply it."""

    model: Model
    stacks: list[Stack]
    trains: bool


def _steps(profile: Profile) -> Iterator[Found]:
    model = next(iter(main_models(profile)), None)
    for part in _parts(profile, model) if model else ():
        yield from _of_part(profile, part)


def _parts(profile: Profile, model: Model) -> list[_Part]:
    stacks = [stack for stack in critical(profile) if training(stack)]
    backward = [stack for stack in stacks if has(stack, is_backward)]
    if not backward or not model.trained_calls:
        return [_Part(model, stacks, bool(backward))]
    counts = {name: getattr(model, f"trained_{name}") for name in ("calls", "rows", "positions", "elements")}
    trained = msgspec.structs.replace(model, **counts)
    applied = msgspec.structs.replace(model, **{name: getattr(model, name) - counts[name] for name in counts})
    if applied.calls < FEWEST_CALLS:
        return [_Part(trained, stacks, True)]
    apart = [stack for stack in stacks if _only_applies(profile, stack, backward)]
    return [
        _Part(trained, [stack for stack in stacks if stack not in apart], True),
        _Part(applied, apart, False),
    ]


def _only_applies(profile: Profile, stack: Stack, backward: list[Stack]) -> bool:
    """Whether a model is called in a loop in which nothing goes backward."""
    for frame in reversed(list(profile.users(stack.frames))) if has(stack, is_forward) else ():
        if loops(profile, frame):
            around = in_loop_of(profile, frame)
            return not any(_in(each, frame.place, around) for each in backward)
    return False


def _of_part(profile: Profile, part: _Part) -> Iterator[Found]:
    model, stacks, trains = part
    if not model.rows or model.calls < FEWEST_CALLS:
        return
    seconds = total(stacks).wall_s
    optimizer_s = total(stack for stack in stacks if has(stack, is_optimizer)).wall_s
    at, called_at = _where(profile, stacks), _called_at(profile, stacks)
    starts_s, rows = _starts_s(model, seconds, trains, slowed(profile)), model.rows / model.calls
    least_s = (OVERHEAD if trains else OVERHEAD_UNTRAINED) * (seconds - optimizer_s)
    if rows > (SMALL if trains else SMALL_UNTRAINED) or starts_s < max(REMARKABLE_S, least_s):
        return
    if at is None or called_at is None or optimizer_s > seconds / 2 or not _is_free(profile, stacks, called_at):
        return
    # The loader's work for each batch, and the loop's own, become fewer as well.
    around = in_loop_of(profile, called_at)
    beside = [stack for stack in critical(profile) if _in(stack, at.place, around) and not has(stack, is_loader)]
    seconds = max(seconds, total(beside).wall_s)
    share = seconds / wall_s(profile)
    yield Found(
        code=CODE,
        at=at,
        covers=(around.start, around.stop - 1),
        share=share,
        expected=expected_speedup(share, TIMES_LARGER * OVERHEAD),
        evidence=f"{share:.0%} of the time goes into {model.calls} calls of {model.name} on {rows:.3g} rows each,"
        " most of it into starting operations.",
        advice=_ADVICE,
        fix=f"DataLoader(..., batch_size={round(rows) * TIMES_LARGER})" if trains else _ALL_AT_ONCE,
        facts={"rows": rows},
    )


_ADVICE = "Use larger batches: the same work in fewer, larger operations."
_ALL_AT_ONCE = "outputs = model(rows)  # all at once, or some hundred at a time"


def _starts_s(model: Model, seconds: float, trains: bool, slowed: float) -> float:
    """Of the seconds in the model: those that its arithmetic does not explain."""
    if model.layers.keys() == {"Embedding"}:  # it looks rows up
        return seconds
    if not any(layer.startswith(("Conv", "Multihead", "Transformer")) for layer in model.layers):
        # Each parameter is multiplied and added once a row, or for each of its steps, thrice with the backward pass.
        is_recurrent = any(layer.startswith(("LSTM", "GRU", "RNN")) for layer in model.layers)
        times = model.positions if is_recurrent else model.rows
        operations = (6 if trains else 2) * (model.num_parameters - model.looked_up) * times
        return max(0.0, seconds - operations / SLOWEST_FLOPS)
    layers = sum(count for kind, count in model.layers.items() if not kind.startswith(("Sequential", "ModuleList")))
    starts_s = min(seconds, model.calls * LAYER_S * (layers + BESIDE_LAYERS) * slowed)
    if any(layer.startswith(_ENLARGE) for layer in model.layers):
        return starts_s
    # A filter goes over each number of its input at most once: that bounds the arithmetic of a small model from above.
    most = (6 if trains else 2) * (model.num_parameters - model.looked_up) * model.elements
    return max(starts_s, seconds - most / SLOWEST_FLOPS if most else 0.0)


def _is_free(profile: Profile, stacks: list[Stack], at: Frame) -> bool:
    """Whether some loop gives the model other rows each time, whatever it answered before; or a loader does."""
    tree = code(profile, at.place)
    if tree and handed_on(tree.statement(at.line)):  # the steps of a sequence
        return False
    return bool(profile.observed.loaders) or any(
        rounds_of(profile, stack, at) for stack in stacks if at in stack.frames
    )


def _called_at(profile: Profile, stacks: list[Stack]) -> Frame | None:
    return next(iter(by(stacks, lambda stack: above(profile, stack, is_forward))), None)


def _where(profile: Profile, stacks: list[Stack]) -> Frame | None:
    """The line that makes the loader, since that is where a batch's size stands; else the one that calls the model."""
    made = [frame for frame, _ in calls_to(profile, "DataLoader")] if profile.observed.loaders else []
    return made[0] if len(made) == 1 else _called_at(profile, stacks)


def _in(stack: Stack, place: str, lines: range) -> bool:
    return any(frame.place == place and frame.line in lines for frame in stack.frames)


def _products(profile: Profile) -> Iterator[Found]:
    """Loops around lines that multiply few rows; each once, at its hottest line."""
    stacks = critical(profile)
    told: list[Rounds] = []
    for at in by(stacks, lambda stack: innermost(profile, stack)):
        product = product_on(profile, at)
        if product is None or not _is_tiny(product):
            continue
        rounds = next(filter(None, (rounds_of(profile, stack, at) for stack in stacks if at in stack.frames)), None)
        if rounds is None or any(each.loop == rounds.loop for each in told):
            continue
        told.append(rounds)
        seconds = _seconds_of_products(profile, [stack for stack in stacks if rounds.runs(stack)])
        if seconds >= REMARKABLE_S:
            trains = any(rounds.runs(stack) and has(stack, is_backward) for stack in stacks)
            yield _of_products(profile, at, rounds, product, seconds / wall_s(profile), trains)


def _seconds_of_products(profile: Profile, in_loop: list[Stack]) -> float:
    """Of a loop that is about tiny products all of it, of another one those lines alone."""
    lines = by(in_loop, lambda stack: innermost(profile, stack))
    products = {at: product for at in lines if (product := product_on(profile, at))}
    tiny_s = sum(lines[at].wall_s for at, product in products.items() if _is_tiny(product))
    whole_s = total(in_loop).wall_s
    return whole_s if tiny_s >= ABOUT_PRODUCTS * whole_s else tiny_s


def _of_products(profile: Profile, at: Frame, rounds: Rounds, product: Product, share: float, trains: bool) -> Found:
    local = TIMES_LARGER * OVERHEAD if trains else PRODUCTS_LOCAL
    same_place = at.place == rounds.at.place
    rows = "one row" if product.left.rows == 1 else f"{product.left.rows} rows"
    return Found(
        code=CODE,
        at=at,
        covers=(rounds.loop.first, rounds.loop.last) if same_place and rounds.loop.repeats(at.line) else (0, 0),
        share=share,
        expected=expected_speedup(share, local),
        evidence=f"{share:.0%} of the time is a loop over products of {rows}, most of it starting operations:"
        f" {profile.line(at).strip()}.",
        advice=_ADVICE,
        fix="outputs = rows @ weights  # a matrix of all rows, or some hundred at a time",
        facts={"rows": product.left.rows},
    )


def _is_tiny(product: Product) -> bool:
    width = product.left.shape[-1]
    across = max(product.right.shape) if product.right else width
    sides = (product.left, product.right) if product.right else (product.left,)
    real = 4 if any(side.dtype.startswith("complex") for side in sides) else 1
    return product.left.rows <= SMALL and real * product.left.rows * width * across <= SMALL_PRODUCT


def _predictions(profile: Profile) -> Iterator[Found]:
    stacks = [stack for stack in critical(profile) if any(_predicts(frame) for frame in stack.frames)]
    for at, spent in by(stacks, lambda stack: above(profile, stack, _predicts)).items():
        beneath = [stack for stack in stacks if above(profile, stack, _predicts) == at]
        few = _few_rows(profile, at, beneath, spent.wall_s)
        if spent.wall_s < REMARKABLE_S or not few or not any(rounds_of(profile, stack, at) for stack in beneath):
            continue
        share = spent.wall_s / wall_s(profile)
        yield Found(
            code=CODE,
            at=at,
            share=share,
            expected=expected_speedup(share, PREDICT_LOCAL),
            evidence=f"{share:.0%} of the time predicts a few rows at a time, most of it overhead of each call.",
            advice="Give all rows to one call, above the loop.",
            fix="predictions = model.predict(rows)  # all at once",
        )


def _few_rows(profile: Profile, at: Frame, beneath: list[Stack], seconds: float) -> bool:
    """By the arguments that looks found; where there were none, by the share of checking them."""
    looks = [each for each in profile.observed.predictions if each.site == str(at)]
    if looks:
        return sum(each.rows for each in looks) <= SMALL * sum(each.looks for each in looks)
    checking_s = total(stack for stack in beneath if any(_checks(frame) for frame in stack.frames)).wall_s
    return checking_s >= CHECKS * seconds


def _predicts(frame: Frame) -> bool:
    return inside(frame, "/sklearn/") and name(frame) in ("predict", "predict_proba", "transform", "decision_function")


def _checks(frame: Frame) -> bool:
    return inside(frame, "sklearn/utils/validation.py", "sklearn/utils/_param_validation.py", "sklearn/utils/_tags.py")
