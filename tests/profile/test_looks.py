"""Looks of hooks at the program, on a clock that the test turns."""

from __future__ import annotations

import sys

from ds_notebook.profile.capture.looks import Looks


def taken(looks: Looks, seconds: int) -> None:
    """A sample each hundredth of a second, and the looks that are due then."""
    frame = sys._getframe()
    for number in range(100 * seconds):
        if looks.are_due(number / 100):
            looks.call(frame, number / 100)


def test_looks_are_as_often_as_asked_at_first_and_ever_more_seldom_later():
    looks, times = Looks([]), []
    looks.add(0.1, lambda _, now_s: times.append(now_s))

    taken(looks, 60)

    assert 45 <= sum(time < 5 for time in times) <= 50
    assert 8 <= sum(time >= 50 for time in times) <= 10


def test_a_look_at_each_sample_never_fades():
    looks, times = Looks([]), []
    looks.add(0.0, lambda _, now_s: times.append(now_s))

    taken(looks, 60)

    assert len(times) == 6000


def test_a_look_that_fails_is_said_once_and_not_called_again():
    remarks: list[str] = []
    looks = Looks(remarks)

    def breaks(*_: object) -> None:
        raise ValueError("odd object")

    looks.add(0.0, breaks)
    taken(looks, 1)

    assert len(remarks) == 1
    assert remarks[0].endswith("gave up: ValueError: odd object.")
