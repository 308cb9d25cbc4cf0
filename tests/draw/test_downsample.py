"""Fewer points that draw the same picture."""

import math

from hypothesis import given
from hypothesis import strategies as st

from ds_notebook.draw import Envelope, Series, min_max

finite = st.floats(-1e6, 1e6, width=32)
anything = st.floats(width=32) | st.none()
blocks = st.lists(st.lists(anything, max_size=40), max_size=12)


def finite_of(values):
    return [value for value in values if value is not None and math.isfinite(value)]


def fed(blocks: list[list[float | None]], max_buckets: int = 8) -> Series:
    envelope = Envelope(max_buckets)
    step = 0
    for block in blocks:
        envelope.add(list(range(step, step + len(block))), block)
        step += len(block)
    return envelope.series("loss", digits=17)


@given(st.lists(anything, max_size=200), st.integers(1, 20))
def test_min_max_keeps_the_extremes_and_the_ends(y, buckets):
    x, kept = min_max(range(len(y)), y, buckets)

    assert len(x) == len(kept) <= max(5 * buckets, 4)
    assert x == sorted(x)
    if finite_of(y):
        assert (min(finite_of(kept)), max(finite_of(kept))) == (min(finite_of(y)), max(finite_of(y)))
        assert (finite_of(kept)[0], finite_of(kept)[-1]) == (finite_of(y)[0], finite_of(y)[-1])


def test_min_max_shows_a_spike_of_one_step():
    y = [1.0] * 100_000
    y[54_321] = 50.0

    x, kept = min_max(range(len(y)), y, 300)

    assert x[kept.index(50.0)] == 54_321


def test_min_max_leaves_a_short_series_as_it_is():
    assert min_max([3, 1, 2], [0.3, 0.1, math.nan], 300) == ([1, 2, 3], [0.1, None, 0.3])


@given(blocks)
def test_envelope_keeps_the_extremes_and_the_last_point_of_whatever_came(blocks):
    y = [value for block in blocks for value in block]

    series = fed(blocks)

    assert series.x == sorted(series.x)
    assert finite_of(series.y) == [] if not finite_of(y) else min(finite_of(series.y)) == min(finite_of(y))
    assert finite_of(series.y) == [] if not finite_of(y) else max(finite_of(series.y)) == max(finite_of(y))
    if y:
        assert series.x[-1] == len(y) - 1


@given(blocks)
def test_envelope_holds_three_points_a_bucket_and_the_last_at_most(blocks):
    assert len(fed(blocks, max_buckets=8).x) <= 3 * 8 + 1


@given(st.lists(finite, min_size=1, max_size=300), st.integers(1, 300))
def test_envelope_does_not_depend_on_the_size_of_the_blocks(y, size):
    assert fed([y]) == fed([y[start : start + size] for start in range(0, len(y), size)])


@given(blocks)
def test_every_nan_infinity_and_none_leaves_a_gap(blocks):
    y = [value for block in blocks for value in block]

    assert (None in fed(blocks).y) == (len(finite_of(y)) < len(y))


def test_a_nan_hides_neither_the_lowest_nor_the_highest_of_its_bucket():
    series = fed([[5.0, math.nan, 1.0, 9.0] * 100], max_buckets=2)

    assert {1.0, 9.0, None} <= set(series.y)


def test_a_resumed_run_draws_over_itself():
    envelope = Envelope()
    envelope.add([0, 1, 2, 3], [4.0, 3.0, 2.0, 1.0])
    envelope.add([2, 3, 4], [2.5, 1.5, 0.5])

    series = envelope.series("loss")

    assert series.x == [0, 1, 2, 2, 3, 3, 4]
    assert series.y == [4.0, 3.0, 2.0, 2.5, 1.0, 1.5, 0.5]


def test_an_empty_envelope_is_an_empty_series():
    assert Envelope().series("loss") == Series(name="loss", x=[], y=[])
