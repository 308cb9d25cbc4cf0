"""Fewer points that draw the same picture: extremes are kept, so a spike of one step stays visible."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import inf, isfinite, nan
from typing import NamedTuple, cast

from ds_notebook.draw.shapes import Series

Values = Sequence[float | None]


def min_max(x: Sequence[float], y: Values, buckets: int) -> tuple[list[float], list[float | None]]:
    """First, lowest, highest and last point of each of `buckets` equal parts of the x axis, in the order of x.

    At most five points a bucket: a NaN, an infinity or a None is kept as one None, which breaks the line there.
    Short series come back as they are. With one bucket a pixel column this draws the same pixels as all points
    (M4: Jugel et al., 2014). LTTB keeps the point with the largest triangle instead and may drop a spike or a dip
    of one step, which is what a person looks for in a loss curve.
    """
    points = sorted(zip(x, map(_finite, y), strict=True), key=_x)
    if len(points) > 4 * buckets:
        start, width = points[0][0], (points[-1][0] - points[0][0]) / buckets or 1.0
        grouped = groupby(points, key=lambda point: min(int((point[0] - start) / width), buckets - 1))
        points = [point for _, group in grouped for point in _outline(list(group))]
    return [point[0] for point in points], [point[1] for point in points]


class Envelope:
    """The lowest and highest points of a series that never ends, in at most `max_buckets` buckets.

    A bucket holds so many points in a row; when all are full, neighbours are merged and a bucket holds twice as many.
    So memory is bounded, and a point costs the same on the first day and on the tenth: `min()` and `max()` of a slice.
    """

    def __init__(self, max_buckets: int = 600) -> None:
        assert max_buckets >= 2 and max_buckets % 2 == 0, "buckets are merged in pairs"
        self.max_buckets = max_buckets
        self._buckets: list[_Bucket] = []
        self._width = 1
        self._room = 0
        self._last: _Point | None = None

    def add(self, xs: Sequence[float], ys: Values) -> None:
        """Take in a block of points; bulk is cheap, one at a time is not."""
        assert len(xs) == len(ys), f"{len(xs)} x for {len(ys)} y"
        start = 0
        while start < len(ys):
            if fresh := not self._room:
                self._make_room()
            stop = min(start + self._room, len(ys))
            bucket = _bucket(xs[start:stop], ys[start:stop])
            if fresh:
                self._buckets.append(bucket)
            else:
                self._buckets[-1] = _merge(self._buckets[-1], bucket)
            self._room -= stop - start
            start = stop
        if len(ys):
            self._last = (xs[-1], _finite(ys[-1]))

    def series(self, name: str, *, markers: bool = False, digits: int = 7) -> Series:
        """What is known so far as a curve of at most three points a bucket, the last point always among them.

        x is sorted, so a run that was resumed from an earlier step draws over itself. A bucket with a NaN, an infinity
        or a None in it has a None (a gap) as well as its extremes. Values are rounded to `digits`, as many as a float32
        has: that halves the saved scene.
        """
        points = [point for bucket in self._buckets for point in _corners(bucket)]
        if self._last and self._last not in points[-3:]:
            points.append(self._last)
        points.sort(key=_x)
        y = [None if value is None else float(f"{value:.{digits}g}") for _, value in points]
        return Series(name=name, x=[x for x, _ in points], y=y, markers=markers)

    def cut(self, x: float) -> None:
        """Forget the points at `x` and after it: a run that went back draws them anew."""
        self._buckets = [kept for bucket in self._buckets if (kept := _before(bucket, x))]
        self._room = 0
        self._last = next((point for bucket in self._buckets[-1:] for point in _corners(bucket)[-1:]), None)

    def _make_room(self) -> None:
        if len(self._buckets) == self.max_buckets:
            self._buckets = [_merge(*pair) for pair in zip(self._buckets[::2], self._buckets[1::2], strict=True)]
            self._width *= 2
        self._room = self._width


_Point = tuple[float, float | None]


class _Bucket(NamedTuple):
    """Points in a row as their extremes; low > high means that none of them was finite."""

    low_x: float
    low: float
    high_x: float
    high: float
    gap_x: float | None


def _bucket(xs: Sequence[float], ys: Values) -> _Bucket:
    try:
        total: float = sum(ys)  # type: ignore[arg-type]  # a None raises, and is rare
    except TypeError:
        total = nan
    if isfinite(total):  # then each of them is: one pass in C instead of a test for each point
        numbers = cast("Sequence[float]", ys)
        low, high = min(numbers), max(numbers)
        return _Bucket(xs[numbers.index(low)], low, xs[numbers.index(high)], high, None)
    finite = [(y, x) for x, y in zip(xs, ys, strict=True) if y is not None and isfinite(y)]
    gap_x = next((x for x, y in zip(xs, ys, strict=True) if y is None or not isfinite(y)), None)
    (low, low_x), (high, high_x) = min(finite, default=(inf, 0.0)), max(finite, default=(-inf, 0.0))
    return _Bucket(low_x, low, high_x, high, gap_x)


def _merge(left: _Bucket, right: _Bucket) -> _Bucket:
    lower = right if right.low < left.low else left
    higher = right if right.high > left.high else left
    gap_x = right.gap_x if left.gap_x is None else left.gap_x
    return _Bucket(lower.low_x, lower.low, higher.high_x, higher.high, gap_x)


def _before(bucket: _Bucket, x: float) -> _Bucket | None:
    """What of a bucket lies before `x`, as far as its extremes tell."""
    points = [point for point in _corners(bucket) if point[0] < x]
    return _bucket([point[0] for point in points], [point[1] for point in points]) if points else None


def _corners(bucket: _Bucket) -> list[_Point]:
    corners: list[_Point] = []
    if bucket.low <= bucket.high:
        corners.append((bucket.low_x, bucket.low))
    if bucket.low < bucket.high:
        corners.append((bucket.high_x, bucket.high))
    if bucket.gap_x is not None:
        corners.append((bucket.gap_x, None))
    return sorted(corners, key=_x)


def _outline(points: list[_Point]) -> list[_Point]:
    """First, lowest, highest, last and the first gap of `points`, in their order."""
    finite = [(y, at) for at, (_, y) in enumerate(points) if y is not None]
    gap = next((at for at, (_, y) in enumerate(points) if y is None), None)
    kept = set() if gap is None else {gap}
    if finite:
        kept |= {finite[0][1], min(finite)[1], max(finite)[1], finite[-1][1]}
    return [points[at] for at in sorted(kept)]


def _finite(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else value


def _x(point: _Point) -> float:
    return point[0]
