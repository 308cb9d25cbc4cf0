"""Times as cron writes them, and in words."""

from __future__ import annotations

import time

import pytest

from ds_notebook.schedule.cron import in_words, next_time

NOON = time.mktime((2026, 11, 25, 12, 0, 0, 0, 0, -1))


def test_times_are_those_of_this_machine():
    assert next_time("0 15 * * *", NOON) - NOON == 3 * 3600


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
