"""Times as cron writes them: when the next one is, and what the notation says in words."""

from __future__ import annotations

import datetime
from importlib import import_module
from typing import Any

from ds_notebook.errors import UsageError, missing_extra

_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}
_EVEN_STEPS = ("*/5", "*/10", "*/15", "*/20", "*/30")
"""Minutes that divide an hour: the others are not the same all the time."""
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def next_time(every: str, after_s: float) -> float:
    """Unix seconds of the first time after `after_s`, by this machine's clock on the wall, summer or winter.

    Raises UsageError for what is not cron's notation.
    """
    try:  # neither has types, and only who asks for them needs them; the second comes with the first
        croniter: Any = import_module("croniter").croniter
        tzlocal: Any = import_module("dateutil.tz").tzlocal
    except ImportError:
        raise missing_extra("A job that comes again", "schedule") from None
    start = datetime.datetime.fromtimestamp(after_s, tzlocal())  # not `astimezone`, which keeps today's distance to UTC
    try:
        found: datetime.datetime = croniter(every, start).get_next(datetime.datetime)
    except (ValueError, KeyError):
        raise UsageError(
            f'every {every!r} is no time as cron writes it. Write it like "0 3 * * *", which is each night at three.'
        ) from None
    return found.timestamp()


def in_words(every: str) -> str:
    """`every day at 03:00`; what has no short words stays as it is written."""
    match _NAMED.get(every, every).split():
        case ["*", "*", "*", "*", "*"]:
            return "every minute"
        case [minute, "*", "*", "*", "*"] if minute in _EVEN_STEPS:
            return f"every {minute.removeprefix('*/')} minutes"
        case [minute, "*", "*", "*", "*"] if minute.isdecimal():
            return f"every hour at :{minute:0>2}"
        case [minute, hour, "*", "*", "*"] if time := _clock(hour, minute):
            return f"every day at {time}"
        case [minute, hour, "*", "*", day] if (time := _clock(hour, minute)) and day in set("01234567"):
            return f"every {_DAYS[int(day)]} at {time}"
        case [minute, hour, day, "*", "*"] if (time := _clock(hour, minute)) and day.isdecimal():
            return f"on day {day} of every month at {time}"
    return f'at "{every}"'


def _clock(hour: str, minute: str) -> str:
    return f"{hour:0>2}:{minute:0>2}" if hour.isdecimal() and minute.isdecimal() else ""
