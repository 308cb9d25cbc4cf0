"""Where an axis has its ticks, and how a number is written: the same in pictures and in text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from itertools import pairwise
from math import ceil, floor, inf, isfinite, isnan, log10
from typing import NamedTuple

_LARGEST, _SMALLEST = sys.float_info.max, 1e-300
_SUFFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_FACTORS = ((1, 1.5), (2, 3.5), (5, 7.5))
"""A tick step, and the largest wish that it still serves."""
_DURATIONS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def number(value: float | None, digits: int = 4) -> str:
    """A number for reading: 0.03125, 12.5k, 1.2M, 1e-5, nan; `digits` significant ones at most."""
    if value is None or isnan(value):
        return "nan"
    if not isfinite(value):
        return "inf" if value > 0 else "-inf"
    rounded = float(f"{value:.{digits}g}")
    size = abs(rounded)
    if rounded == 0:
        return "0"
    if size < 1e-3 or size >= 1e15:
        return _short_exponent(f"{value:.{max(digits - 2, 0)}e}")
    scale, suffix = _unit(size)
    return f"{rounded / scale:.{max(digits, 4)}g}{suffix}"


def seconds(value: float) -> str:
    """A duration for reading: 850 µs, 12.3 ms, 4.2 s, 3 min 20 s, 1 h 05 min."""
    size = abs(value)
    if not isfinite(value):
        return number(value)
    if size == 0:
        return "0 s"
    if size < 59.95:
        scale, unit = next((pair for pair in _DURATIONS if size >= pair[0] * 0.9995), _DURATIONS[-1])
        return f"{number(value / scale, 3)} {unit}"
    sign, whole = "-" if value < 0 else "", round(size)
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{sign}{hours} h {minutes:02} min" if hours else f"{sign}{minutes} min {whole % 60:02} s"


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round positions (1, 2 or 5 times a power of ten) from `low` to `high`."""
    step = (high / count) - (low / count)
    if not isfinite(step) or step <= 0:
        return [low]
    magnitude = 10.0 ** floor(log10(step))
    step = next((factor * magnitude for factor, top in _FACTORS if step <= top * magnitude), 10 * magnitude)
    if step == 0 or not isfinite(step) or abs(low) / step > 1e15 or abs(high) / step > 1e15:
        return [low]
    return [float(f"{at * step:.15g}") for at in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Powers of ten from `low` to `high`, thinned to about `count`; round numbers within one decade."""
    first, last = ceil(log10(low) - 1e-9), floor(log10(high) + 1e-9)
    if last - first < 1:
        return [tick for tick in ticks(low, high, count) if tick > 0]
    return [10.0**power for power in range(first, last + 1, ceil((last - first + 1) / count))]


def labels(positions: list[float]) -> list[str]:
    """The positions as words: one unit and as many decimals as tell them apart."""
    largest = max(map(abs, positions), default=0.0)
    if len(positions) < 2 or largest >= 1e15 or largest < 1e-3 or _decades(positions):
        return [number(position) for position in positions]
    step = min(after - before for before, after in pairwise(positions))
    scale, suffix = _unit(largest)
    if step / scale < 1e-3:
        scale, suffix = 1.0, ""
    for decimals in range(16):
        texts = [f"{position / scale:.{decimals}f}" for position in positions]
        if all(abs(float(text) * scale - at) <= step * 1e-2 for text, at in zip(texts, positions, strict=True)):
            break
    return ["0" if position == 0 else text + suffix for text, position in zip(texts, positions, strict=True)]


class Axis(NamedTuple):
    """A stretch of numbers laid along a line; on a log axis both ends are above zero."""

    low: float
    high: float
    log: bool = False

    def share(self, value: float) -> float:
        """How far along the axis `value` lies, from 0 to 1."""
        return self.onto(0.0, 1.0)(value)

    def onto(self, start: float, end: float) -> Callable[[float], float]:
        """The function from a value to its place on a line from `start` to `end` pixels."""
        if self.log:
            first, per_decade = log10(self.low), (end - start) / ((log10(self.high) - log10(self.low)) or 1.0)
            return lambda value: start + (log10(value) - first) * per_decade
        half, per_half = (
            self.low / 2,
            (end - start) / (self.high / 2 - self.low / 2),
        )  # halves: -1e308 to 1e308 is a span
        return lambda value: start + (value / 2 - half) * per_half

    def ticks(self, count: int = 5) -> list[float]:
        """Round positions along the axis."""
        return (log_ticks if self.log else ticks)(self.low, self.high, count)


def axis_of(values: Iterable[float], *, log: bool = False, padding: float = 0.05) -> Axis | None:
    """The axis that shows all of `values` with room at both ends; None where there is nothing to show."""
    low, high = inf, -inf
    for value in values:
        low, high = min(low, value), max(high, value)
    if low > high:
        return None
    if log:
        room = max((high / low) ** padding, 1.2 if high / low < 1.01 else 1.0) if isfinite(high / low) else 10.0
        return Axis(max(low / room, 5e-324), min(high * room, _LARGEST), log=True)
    size = max(abs(low), abs(high))
    if high / 2 - low / 2 <= max(1e-12 * size, _SMALLEST):
        room = size * 0.1 if size > 1e12 * _SMALLEST else 1.0
        return Axis(max(low - room, -_LARGEST), min(high + room, _LARGEST))
    room = (high * padding) - (low * padding)
    bottom = 0.0 if low >= 0 > low - room else low - room
    return Axis(max(bottom, -_LARGEST), min(high + room, _LARGEST))


def _unit(size: float) -> tuple[float, str]:
    return (1.0, "") if size < 1e4 else next(pair for pair in _SUFFIXES if size >= pair[0])


def _decades(positions: list[float]) -> bool:
    return min(positions) > 0 and max(positions) / min(positions) >= 100 and positions[0] * 5 <= positions[1]


def _short_exponent(text: str) -> str:
    mantissa, exponent = text.split("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(exponent)}"
