"""`ds schedule` and `ds jobs`, as a program and as a person reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ds_notebook.cli import jobs as ds_jobs
from ds_notebook.cli import main
from ds_notebook.cli import schedule as ds_schedule
from ds_notebook.errors import UsageError
from ds_notebook.schedule.client import Schedule


def schedule_says(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert ds_schedule.COMMAND.main("schedule", "queue jobs", words) == 0
    return capsys.readouterr().out


def jobs_say(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    command = ds_jobs.COMMAND
    assert command.run(command.parser("jobs", "the jobs").parse_args(words)) == 0
    return capsys.readouterr().out


def test_submit_and_jobs_speak_json(home, capsys):
    first = json.loads(schedule_says(capsys, "submit", "--json", "--name", "one", "--", "/bin/sh", "-c", "exit 0"))
    second = json.loads(schedule_says(capsys, "submit", "--after", first["id"], "--json", "--", "/bin/false"))
    Schedule().wait(timeout_s=30)
    jobs: list[dict[str, Any]] = json.loads(jobs_say(capsys, "--json"))["jobs"]

    assert [[job[name] for name in ("id", "name", "state", "reason", "after")] for job in jobs] == [
        [first["id"], "one", "succeeded", "", []],
        [second["id"], "false", "failed", "exit status 1", [first["id"]]],
    ]


def test_a_sweep_has_an_id_for_each_job(home, capsys):
    found = json.loads(schedule_says(capsys, "submit", "-p", "x", "1,2", "--json", "--", "/bin/echo", "{x}"))

    assert found["ids"] == [found["id"], found["id"].removesuffix("1") + "2"]


def test_start_and_stop_may_be_repeated_and_status_tells(home, capsys):
    states = [
        json.loads(schedule_says(capsys, word, "--json"))["state"]
        for word in ("start", "start", "status", "stop", "stop")
    ]

    assert states == ["running", "running", "running", "stopped", "stopped"]


def test_jobs_are_a_table_and_may_be_cancelled_and_put_ahead(home, capsys):
    Schedule().submit(
        *ds_schedule.jobs_asked({"parameters": [], "notebook": None, "id": "nap"}, ["/bin/sleep", "60"]), start=False
    )
    jobs_say(capsys, "priority", "nap", "7")
    jobs_say(capsys, "cancel", "nap")
    schedule_says(capsys, "start")
    Schedule().wait("nap", timeout_s=20)
    said = jobs_say(capsys)

    assert "nap" in said and "cancelled" in said


def test_help_behind_two_dashes_is_the_commands_own(home, capsys):
    schedule_says(capsys, "submit", "--id", "asks", "--", "/bin/sh", "-c", "echo $1", "sh", "--help")
    (job,) = Schedule().wait("asks", timeout_s=20)

    assert (Path(job.folder) / "stdout-1.log").read_text() == "--help\n"


def test_help_shows_options_and_an_example(capsys):
    said = schedule_says(capsys, "submit", "--help")

    assert "--latency-target-ms" in said and "example: ds schedule submit nightly.ipynb -p lr 0.1,0.01" in said


def test_an_unknown_action_is_refused(capsys):
    with pytest.raises(UsageError, match=r"Action 'begin' is not known. Choose submit, start, stop, status"):
        ds_schedule.COMMAND.main("schedule", "", ["begin"])


def test_an_unknown_job_is_refused(home):
    with pytest.raises(UsageError, match=r"There is no job 'nothing'. `ds jobs` lists them"):
        Schedule().cancel("nothing")


def test_a_start_changes_only_the_options_that_it_names(home, capsys):
    schedule_says(capsys, "start", "--policy", "fifo")
    schedule_says(capsys, "stop")
    schedule_says(capsys, "start", "--grace-s", "5")

    assert Schedule().record.started.config == {"policy": "fifo", "grace_s": 5.0, "idle_s": 600.0}
    schedule_says(capsys, "start", "--policy", "fifo")
    with pytest.raises(UsageError, match="A scheduler runs with other options: `ds schedule stop` first"):
        ds_schedule.COMMAND.main("schedule", "", ["start", "--policy", "priority"])


def test_an_order_that_nobody_takes_yet_or_that_comes_too_late_says_so(home, capsys):
    Schedule().submit(*ds_schedule.jobs_asked({"parameters": [], "notebook": None, "id": "nap"}, ["true"]), start=False)
    main(["jobs", "cancel", "nap"])
    early = capsys.readouterr().err
    schedule_says(capsys, "start")
    Schedule().wait("nap", timeout_s=20)
    main(["jobs", "cancel", "nap"])

    assert early == "No scheduler runs: `ds schedule start` goes on with the queue.\n"
    assert capsys.readouterr().err == "Job nap is done already: cancelled.\n"
