"""The scheduler's queue in the panel: one line beside the runs, opened and ordered through the server half."""

from __future__ import annotations

import pytest

from ds_notebook.lab.listing import Listing
from ds_notebook.lab.messages import Order
from ds_notebook.lab.orders import Refused
from ds_notebook.lab.paths import Places
from ds_notebook.lab.service import Service
from ds_notebook.schedule.client import Schedule
from tests.schedule.jobs import shell, until

PATH = "@SCHEDULER/scheduler"


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("DS_SCHEDULER", str(tmp_path / "scheduler"))
    return Places.of(str(tmp_path / "root"), None, tmp_path / "scheduler")


@pytest.fixture
def schedule(places):
    """A scheduler with a job that runs and does not end."""
    schedule = Schedule()
    schedule.submit(shell("fit", "sleep 60"))
    until(lambda: schedule.job("fit").state == "running")
    yield schedule
    schedule.stop(jobs=True)


def test_where_no_scheduler_was_ever_started_there_is_no_queue(places):
    assert Listing(places).runs([]).queue is None


def test_the_queue_is_listed_beside_the_runs_with_its_jobs_in_words(places, schedule):
    schedule.submit(shell("done", "exit 0", cpus=0.1))
    schedule.wait("done", timeout_s=20)
    found = Listing(places).runs([])

    assert found.queue is not None
    assert (found.queue.path, found.queue.name, found.queue.words) == (PATH, "schedule", "1 running, 1 succeeded")
    assert found.runs == []


def test_a_priority_is_changed_and_a_job_cancelled_through_the_server(places, schedule):
    service = Service(places)
    ids = [
        service.command(PATH, order).id
        for order in (
            Order(command="priority", job="fit", value=7.0),
            Order(command="cancel", job="nothing"),
            Order(command="cancel", job="fit"),
        )
    ]
    job = schedule.wait("fit", timeout_s=20)[0]
    sent = {each.id: (each.word, each.verdict, each.reason) for each in service.scene(PATH, None, 800).commands}

    assert (job.state, job.priority) == ("cancelled", 7)
    assert [sent[id] for id in ids] == [
        ("set fit.priority=7", "applied", ""),
        ("cancel nothing", "refused", "there is no open job 'nothing'"),
        ("cancel fit", "applied", ""),
    ]


def test_the_queue_is_not_deleted_like_a_run(places, schedule):
    schedule.stop(jobs=True)
    with pytest.raises(Refused, match="belongs to the scheduler: `ds clean --queue` deletes what is over there"):
        Service(places).delete(PATH)
    with pytest.raises(Refused, match="nobody is there to obey"):
        Service(places).command(PATH, Order(command="cancel", job="fit"))
