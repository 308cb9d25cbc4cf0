"""Jobs that come again at times as cron writes them."""

from __future__ import annotations

import time

import msgspec

from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.timetable import Timetable

NOON = time.mktime((2026, 11, 25, 12, 0, 0, 0, 0, -1))


def hourly(**more: float) -> JobSpec:
    return JobSpec(id="report", name="report", kind="command", command=["true"], every="0 * * * *", **more)


def test_each_time_is_a_job_of_its_own_named_by_it():
    timetable = Timetable(())
    timetable.add(hourly(submitted_at=NOON + 60), NOON + 60)
    found = [job.id for minute in range(0, 130, 5) for job in timetable.due(NOON + 60 * minute)]

    assert found == ["report.20261125-130000", "report.20261125-140000"]


def test_the_record_tells_what_comes_again():
    timetable = Timetable(())
    events = [
        *timetable.add(hourly(), NOON),
        *timetable.add(JobSpec(id="x", name="x", kind="command", every="@daily"), NOON),
    ]
    again = Timetable([*events, timetable.cancel("x")])

    assert [(job.id, job.state, job.reason) for job in again.jobs()] == [
        ("report", "waiting", "comes every hour at :00, next 2026-11-25 13:00"),
        ("x", "cancelled", "cancelled by its user"),
    ]
    assert [again.next_at(job) for job in ("report", "x")] == [NOON + 3600, None]


def test_the_next_time_is_said_only_where_it_is_another_one():
    timetable = Timetable(())
    events = timetable.add(hourly(submitted_at=NOON), NOON)
    later = Timetable(events)
    said = []
    for minute in (1, 2, 61):
        later.due(NOON + 60 * minute)
        said.append([event.reason for event in later.take_unsaid()])

    assert said == [[], [], ["next 2026-11-25 14:00"]]


def test_a_time_just_missed_is_made_up_for_and_older_ones_are_not():
    taken_up = Timetable(Timetable(()).add(hourly(submitted_at=NOON), NOON))

    assert [job.id for job in taken_up.due(NOON + 3 * 3600 + 30)] == ["report.20261125-150000"]
    assert taken_up.due(NOON + 3 * 3600 + 40) == []


def test_a_missed_time_of_an_hour_ago_is_passed_over():
    taken_up = Timetable(Timetable(()).add(hourly(submitted_at=NOON), NOON))

    assert taken_up.due(NOON + 3.5 * 3600) == []


def test_after_the_clock_was_set_back_it_comes_by_the_time_that_is_now():
    timetable = Timetable(())
    next_year = NOON + 365 * 86400
    timetable.add(hourly(submitted_at=next_year), next_year)
    timetable.due(next_year + 60)
    found = [job.id for minute in (1, 61) for job in timetable.due(NOON + 60 * minute)]

    assert found == ["report.20261125-130000"]
    assert timetable.next_at("report") == NOON + 7200


def test_each_time_has_a_result_of_its_own_unless_it_was_named():
    timetable = Timetable(())
    for id, output in (("report", "/x/nightly.report.ipynb"), ("latest", "/x/latest.ipynb")):
        timetable.add(msgspec.structs.replace(hourly(submitted_at=NOON), id=id, output=output), NOON)

    assert [job.output for job in timetable.due(NOON + 3601)] == [
        "/x/nightly.report.20261125-130000.ipynb",
        "/x/latest.ipynb",
    ]


def test_what_was_cancelled_is_still_known():
    timetable = Timetable(Timetable(()).add(hourly(), NOON))
    timetable.cancel("report")

    assert (timetable.has_had("report"), "report" in timetable) == (True, False)


def test_each_time_has_its_own_deadline():
    timetable = Timetable(())
    timetable.add(hourly(submitted_at=NOON, deadline=NOON + 600, not_before=NOON + 60), NOON)
    found = [job for hour in (1, 2) for job in timetable.due(NOON + 3600 * hour)]

    assert [(job.deadline - job.submitted_at, job.not_before - job.submitted_at) for job in found] == [(600, 60)] * 2
