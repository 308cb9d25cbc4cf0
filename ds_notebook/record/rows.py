"""From what a loop logged to Metrics events: values read in one wait, rows thinned once a record has grown large."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from ds_notebook.errors import UsageError
from ds_notebook.record.events import Metrics, Note, Number, json_numbers

FULL_BYTES = 32 << 20
"""Up to here every row is kept: about 600,000 steps of one loss."""
MORE = 4
"""Each time the record grows by a fourth of that, half as many values are kept: growth becomes logarithmic."""
ALWAYS_KEPT = 10_000
"""First values of each name that are kept in a record of any size: what is logged once an epoch is never thinned."""

DATA_WAIT = "data_wait_s"
_TEXT = (str, bytes)

Item = TypeVar("Item")
Value = Any  # a number, or a 0-d tensor on a device, read at the next flush


class Row(NamedTuple):
    """One step as the loop leaves it; clocks are perf_counter_ns."""

    step: int
    clock_ns: int
    wait_ns: int | None
    values: dict[str, Value]


def number(name: str, value: Any) -> Value:
    """`value` as a float, or a copy of a tensor that is still on its device.

    A CPU scalar is read at once (there is nothing to wait for, and a later in-place change
    cannot reach it); on a device the copy is queued, and read with all others in one wait.
    """
    try:
        if not getattr(value, "is_cpu", True) and value.numel() == 1:
            return value.detach().clone()
        if isinstance(value, _TEXT):  # float() would read them
            raise TypeError
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise UsageError(
            f"log({name}=...) takes one number, got {_describe(value)}. Log its mean or its norm."
        ) from None


def _describe(value: Any) -> str:
    shape = getattr(value, "shape", None)
    return f"a {type(value).__name__}" + (f" of shape {tuple(shape)}" if shape is not None else f": {value!r:.40}")


def read_devices(rows: list[Row]) -> None:
    """Replace the tensors in `rows` by their numbers, with one wait for each device and dtype."""
    waiting: dict[tuple[Any, Any], list[tuple[dict[str, Value], str]]] = {}
    for row in rows:
        for name, value in row.values.items():
            if type(value) is not float and type(value) is not int:
                waiting.setdefault((value.device, value.dtype), []).append((row.values, name))
    for places in waiting.values():
        tensors = [values[name].reshape(()) for values, name in places]
        try:
            numbers = sys.modules["torch"].stack(tensors).tolist()
        except RuntimeError:  # the device broke: the loop's next call says so, and the record must still end
            numbers = [math.nan] * len(tensors)
        for (values, name), read in zip(places, numbers, strict=True):
            values[name] = float(read)


class Thinning:
    """Which values of a name are kept: all, until the record holds `full_bytes`; then one in 2, 4, 8..."""

    def __init__(self, full_bytes: int = FULL_BYTES, always_kept: int = ALWAYS_KEPT) -> None:
        self.one_in = 1
        self._full_bytes = full_bytes
        self._always_kept = always_kept
        self._seen: Counter[object] = Counter()

    def thin(self, kind: object, items: list[Item]) -> list[Item]:
        """Those of the next `items` of a kind that are kept."""
        seen = self._seen[kind]
        self._seen[kind] += len(items)
        if self.one_in == 1:
            return items
        return [
            item for number, item in enumerate(items, seen) if number < self._always_kept or number % self.one_in == 0
        ]

    def after(self, written_bytes: int) -> Note | None:
        """A Note when the record's growth calls for keeping fewer rows from now on."""
        times_thinned = self.one_in.bit_length() - 1
        if written_bytes < self._full_bytes + self._full_bytes // MORE * times_thinned:
            return None
        self.one_in *= 2
        return Note(
            level="info",
            text=f"The record has reached {written_bytes >> 20} MB: from here one step in {self.one_in} is kept.",
        )


def metrics(rows: Sequence[Row], thinning: Thinning, wall_ns: int) -> list[Metrics]:
    """`rows` as events; names that were logged in the same steps share one, so each name stays in order.

    `wall_ns` is Unix time minus perf_counter, in nanoseconds.
    """
    names = dict.fromkeys(name for row in rows for name in row.values)
    logged = {name: thinning.thin(name, [row for row in rows if name in row.values]) for name in names}
    blocks: dict[tuple[int, ...], tuple[list[Row], dict[str, list[Number]]]] = {}
    for name, kept in logged.items():
        _, columns = blocks.setdefault(tuple(map(id, kept)), (kept, {}))
        columns[name] = json_numbers([row.values[name] for row in kept])
    waited = thinning.thin(DATA_WAIT, [row for row in rows if row.wait_ns is not None])
    _, columns = blocks.setdefault(tuple(map(id, waited)), (waited, {}))
    columns[DATA_WAIT] = [row.wait_ns // 1000 / 1e6 for row in waited]  # type: ignore[operator]  # none without
    return [_block(kept, columns, wall_ns) for kept, columns in blocks.values() if kept]


def _block(rows: list[Row], columns: dict[str, list[Number]], wall_ns: int) -> Metrics:
    first_ns = rows[0].clock_ns
    return Metrics(
        at=(first_ns + wall_ns) / 1e9,
        steps=[row.step for row in rows],
        times_us=[(row.clock_ns - first_ns) // 1000 for row in rows],
        values=columns,
    )
