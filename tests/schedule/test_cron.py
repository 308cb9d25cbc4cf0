"""Times as cron writes them, and in words."""

from __future__ import annotations

import time

import pytest

from ds_notebook.schedule.cron import in_words, next_time

NOON = time.mktime((2026, 11, 25, 12, 0, 0, 0, 0, -1))


@pytest.fixture
def clock_of_berlin(monkeypatch):
    """It is set to summer time in March, and back in October."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_times_are_those_of_this_machine():
    assert next_time("0 15 * * *", NOON) - NOON == 3 * 3600


@pytest.mark.parametrize(
    ("today", "next_hour"),
    [((2027, 3, 27, 3), "03-28 03:00 CEST"), ((2027, 10, 30, 3), "10-31 03:00 CET")],
    ids=["spring", "autumn"],
)
def test_a_time_is_that_of_the_clock_on_the_wall_also_when_it_is_set_in_between(clock_of_berlin, today, next_hour):
    found = next_time("0 3 * * *", time.mktime((*today, 0, 0, 0, 0, -1)))

    assert time.strftime("%m-%d %H:%M %Z", time.localtime(found)) == next_hour


@pytest.mark.parametrize(
    ("every", "words"),
    [
        ("0 3 * * *", "every day at 03:00"),
        ("@daily", "every day at 00:00"),
        ("30 9 * * 1", "every Monday at 09:30"),
        ("0 4 15 * *", "on day 15 of every month at 04:00"),
        ("5 * * * *", "every hour at :05"),
        ("*/10 * * * *", "every 10 minutes"),
        ("* * * * *", "every minute"),
        ("*/7 * * * *", 'at "*/7 * * * *"'),
        ("0 9 * * 1-5", 'at "0 9 * * 1-5"'),
    ],
)
def test_what_is_common_is_said_in_words(every, words):
    assert in_words(every) == words
