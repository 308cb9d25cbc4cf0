"""Round ticks and readable numbers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds_notebook.draw.ticks import axis_of, labels, log_ticks, number, seconds, ticks

any_float = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (0.03125, "0.03125"),
        (0.123456, "0.1235"),
        (7, "7"),
        (5000, "5000"),
        (12_346, "12.35k"),
        (999_999, "1M"),
        (1_200_000, "1.2M"),
        (1e-5, "1e-5"),
        (-2.5e-7, "-2.5e-7"),
        (3e300, "3e300"),
        (math.nan, "nan"),
        (None, "nan"),
        (-math.inf, "-inf"),
    ],
)
def test_numbers_are_written_for_reading(value, written):
    assert number(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0 s"),
        (8.5e-4, "850 µs"),
        (0.0123, "12.3 ms"),
        (4.2, "4.2 s"),
        (59.99, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3900, "1 h 05 min"),
        (2e-9, "2 ns"),
    ],
)
def test_durations_are_written_in_the_unit_that_fits(value, written):
    assert seconds(value) == written


@pytest.mark.parametrize(
    ("positions", "written"),
    [
        ([0, 0.25, 0.5], ["0", "0.25", "0.50"]),
        ([0, 1000, 2000], ["0", "1000", "2000"]),
        ([0, 20_000, 40_000], ["0", "20k", "40k"]),
        ([0, 500_000, 1_000_000], ["0", "0.5M", "1.0M"]),
        ([1e-5, 2e-5], ["1e-5", "2e-5"]),
        ([0.01, 1, 100], ["0.01", "1", "100"]),
    ],
)
def test_labels_of_one_axis_look_alike(positions, written):
    assert labels(positions) == written


def test_ticks_are_round_numbers():
    assert ticks(0.3, 2.6) == [0.5, 1.0, 1.5, 2.0, 2.5]


def test_log_ticks_are_powers_of_ten():
    assert log_ticks(5e-4, 20) == [0.001, 0.01, 0.1, 1, 10]


@given(any_float, any_float, st.booleans())
def test_every_axis_has_few_ticks_all_of_them_on_it(one, other, log):
    if log:
        one, other = abs(one) or 1.0, abs(other) or 1.0
    axis = axis_of([one, other], log=log)

    positions = axis.ticks()

    assert axis.low <= min(one, other) <= max(one, other) <= axis.high
    assert len(labels(positions)) == len(positions) <= 12
    assert all(-0.01 <= axis.share(position) <= 1.01 for position in positions)


def test_no_values_make_no_axis():
    assert axis_of([]) is None
