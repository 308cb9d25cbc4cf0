"""Starting a run: what is in its first event, and what a slip is answered with."""

from __future__ import annotations

import argparse
import os

import pytest

import ds_notebook as ds
from ds_notebook.record import Record, Run
from ds_notebook.start import JOB_FOLDER, announce


def test_the_first_event_says_what_the_run_is_and_who_produces_it(runs):
    with ds.start_run("mine", kind="study", parent="p", tags=["a"], notes="n", total_steps=9, config={"lr": 1}) as run:
        started = run.record.started

    told = (started.name, started.kind, started.parent, started.tags, started.notes, started.total_steps)
    assert told == ("mine", "study", "p", ["a"], "n", 9)
    assert (started.pid, started.config, started.version) == (os.getpid(), {"lr": 1}, ds.__version__)


def test_the_facts_of_the_host_are_in_the_record(runs):
    with ds.start_run() as run:
        pass

    assert run.record.started.host_facts["threads"] >= 1


def test_a_config_that_is_no_dict_is_refused_before_a_folder_is_made(runs):
    with pytest.raises(ds.UsageError, match=r"config takes a dict, got a Namespace\. Use vars\(config\)"):
        ds.start_run(config=argparse.Namespace(lr=1))

    assert not runs.exists()


def test_who_listens_is_told_of_each_run(runs):
    told: list[Run] = []
    announce.append(told.append)
    with ds.start_run() as run:
        announce.remove(told.append)

    assert told == [run]


def test_a_run_in_a_job_of_the_scheduler_is_its_child_and_tells_it_where_it_is(runs, tmp_path, monkeypatch):
    job = tmp_path / "job-1"
    job.mkdir()
    monkeypatch.setenv(JOB_FOLDER, str(job))

    with ds.start_run() as run:
        pass

    (said,) = Record(job).decisions
    assert run.record.started.parent == "job-1"
    assert (said.policy, said.subject, said.evidence) == (
        "child-run",
        run.id,
        {"path": str(run.path), "pid": os.getpid()},
    )
