"""The queue from submit to end: what is asked for is done once, in order, by one scheduler, and told by the record."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from ds_notebook.errors import RecordError, UsageError
from ds_notebook.record.commands import Cancel, Set, Stop, Submit, send
from ds_notebook.record.events import Decision, JobChanged
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.config import SchedulerConfig
from ds_notebook.schedule.home import job_folder, open_home
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.view import scene
from tests.schedule.conftest import QUICK, processes_of
from tests.schedule.jobs import shell, until


def states(schedule: Schedule, *ids: str) -> list[str]:
    return [job.state for job in schedule.wait(*ids, timeout_s=30)]


def test_a_submit_starts_the_scheduler_and_the_job_runs(home):
    schedule = Schedule()
    ids = schedule.submit(shell("job", "exit 0"))

    assert (states(schedule, *ids), schedule.is_running) == (["succeeded"], True)


def test_a_job_waits_for_those_it_names_and_is_cancelled_when_one_fails(schedule):
    schedule.submit(
        shell("first", "exit 0"),
        shell("second", "exit 1", after=["first"]),
        shell("third", "exit 0", after=["second"]),
    )
    jobs = schedule.wait(timeout_s=30)

    assert [(job.state, job.reason) for job in jobs] == [
        ("succeeded", ""),
        ("failed", "exit status 1"),
        ("cancelled", "second failed, and third needs it"),
    ]


def test_a_job_that_fails_is_tried_again_as_often_as_it_asks_for(schedule, tmp_path):
    (id,) = schedule.submit(shell("job", f"echo . >> {tmp_path}/tries; [ $(wc -l < {tmp_path}/tries) = 3 ]", retries=5))
    job = schedule.wait(id, timeout_s=30)[0]

    assert (job.state, job.attempt) == ("succeeded", 3)


def test_a_cancelled_job_ends_with_all_its_processes(schedule):
    schedule.submit(shell("job", "setsid sleep 60 & sleep 60"))
    until(lambda: schedule.job("job").state == "running")
    schedule.cancel("job")
    job = schedule.wait("job", timeout_s=20)[0]

    assert (job.state, job.reason, len(processes_of(schedule.folder))) == ("cancelled", "cancelled by its user", 1)


def test_a_job_cancelled_before_it_began_never_begins(home, tmp_path):
    schedule = Schedule()
    schedule.submit(shell("job", f"touch {tmp_path}/began"), start=False)
    schedule.cancel("job")
    schedule.start(QUICK)

    assert (states(schedule, "job"), (tmp_path / "began").exists()) == (["cancelled"], False)


def test_a_higher_priority_is_seen_by_who_asks(schedule):
    schedule.submit(shell("job", "sleep 5"))
    schedule.set_priority("job", 7)
    until(lambda: schedule.job("job").priority == 7)


def test_an_id_that_is_submitted_again_runs_once(schedule, tmp_path):
    spec = shell("job", f"echo . >> {tmp_path}/began")
    schedule.submit(spec)
    schedule.submit(spec)
    schedule.wait(timeout_s=30)
    schedule.submit(spec)

    assert ((tmp_path / "began").read_text(), len(schedule.jobs())) == (".\n", 1)


def test_what_the_machine_can_never_run_is_refused_with_what_is_there(home):
    with pytest.raises(UsageError, match=r"^job asks for 1000 cores; this machine has \d+\.$"):
        Schedule().submit(shell("job", "exit 0", cpus=1000))


def test_a_circle_of_jobs_is_refused(home):
    with pytest.raises(UsageError, match="waits for itself, through second: break the circle"):
        Schedule().submit(shell("first", "", after=["second"]), shell("second", "", after=["first"]))


def test_a_job_after_one_that_is_not_known_is_refused(home):
    with pytest.raises(UsageError, match="waits for 'nothing', and there is no such job"):
        Schedule().submit(shell("job", "", after=["nothing"]))


def test_a_scheduler_whose_folder_was_deleted_ends_and_starts_nothing_in_one_made_anew(schedule, tmp_path):
    schedule.submit(shell("job", f"echo . >> {tmp_path}/began; sleep 0.5"))
    until(lambda: schedule.job("job").state == "running")
    until(lambda: subprocess.run(["rm", "-rf", schedule.folder]).returncode == 0)  # it may write in that very moment
    anew = Schedule()
    until(lambda: not processes_of(schedule.folder))

    assert (list((anew.folder / "runs").iterdir()), (tmp_path / "began").read_text()) == ([], ".\n")


def test_a_second_scheduler_on_the_folder_is_refused(schedule):
    second = subprocess.run([sys.executable, "-m", "ds_notebook.schedule.server"], capture_output=True, text=True)

    assert (second.returncode, second.stderr) == (
        1,
        f"A scheduler serves {schedule.folder} already, process {schedule.pid}.\n",
    )


def test_start_and_stop_may_be_repeated(home):
    schedule = Schedule()

    assert [schedule.start(QUICK), schedule.start(), schedule.stop(), schedule.stop()] == [True, False, True, False]


def test_a_scheduler_that_cannot_start_is_told_at_once_with_its_last_words(home):
    schedule = Schedule()
    (home / "lock").mkdir()
    started = time.monotonic()
    with pytest.raises(
        RecordError, match=r"^The scheduler did not start\. Its log: .*/server\.log says last: .* no lock"
    ):
        schedule.start()

    assert time.monotonic() - started < 20


def test_what_runs_goes_on_without_a_scheduler_and_is_taken_over_by_the_next(schedule, tmp_path):
    schedule.submit(shell("job", f"echo . >> {tmp_path}/began; sleep 1; touch {tmp_path}/done"))
    until(lambda: schedule.job("job").state == "running")
    schedule.stop()
    went_on = len(processes_of(schedule.folder)) > 0
    schedule.start(QUICK)

    assert (went_on, states(schedule, "job"), (tmp_path / "began").read_text()) == (True, ["succeeded"], ".\n")


def test_an_end_that_no_scheduler_saw_is_found_by_the_next(schedule, tmp_path):
    schedule.submit(shell("job", "sleep 0.5; exit 3"))
    until(lambda: schedule.job("job").state == "running")
    schedule.stop()
    until(lambda: not processes_of(schedule.folder))
    schedule.start(QUICK)
    job = schedule.wait("job", timeout_s=20)[0]

    assert (job.state, job.reason) == ("failed", "exit status 3")


def test_stop_with_jobs_cancels_them_first(schedule):
    schedule.submit(shell("one", "sleep 60"), shell("two", "sleep 60", after=["one"]))
    until(lambda: schedule.job("one").state == "running")
    schedule.stop(jobs=True)
    until(lambda: not processes_of(schedule.folder))

    assert [job.state for job in schedule.jobs()] == ["cancelled", "cancelled"]


def test_a_stop_with_a_job_that_takes_its_time_to_end_stops_the_scheduler_all_the_same(home):
    schedule = Schedule()
    schedule.start(SchedulerConfig(grace_s=2.0))
    schedule.submit(shell("stubborn", "trap '' TERM; while :; do sleep 0.1; done"))
    until(lambda: schedule.job("stubborn").state == "running")

    assert (schedule.stop(jobs=True, timeout_s=1.0), schedule.is_running) == (True, False)


def test_a_scheduler_without_jobs_ends_by_itself(home):
    schedule = Schedule()
    schedule.start(SchedulerConfig(idle_s=0.1))
    until(lambda: not schedule.is_running)
    ended = schedule.record.ended

    assert ended is not None and ended.status == "finished"


def test_a_stop_from_a_button_ends_it_too(schedule):
    send(schedule.folder, Stop())
    until(lambda: not schedule.is_running)
    ended = schedule.record.ended

    assert ended is not None and ended.status == "stopped"


def test_what_is_no_order_for_a_scheduler_is_refused_in_the_record(schedule):
    orders = [
        Cancel(job="nothing"),
        Set(name="lr", value=1.0),
        Submit(job={"id": "job"}),
        Submit(job={"id": "../x", "name": "x", "kind": "command"}),
    ]
    for order in orders:
        send(schedule.folder, order)
    until(lambda: len(answers(schedule)) == 4)

    assert [answers(schedule)[order.id] for order in orders] == [
        "there is no open job 'nothing'",
        "only JOB.priority of an open job can be set, not 'lr'",
        "it is no job: Object missing required field `name`",
        "'../x' cannot be a job's id: take letters, digits, dots, dashes and underscores, at most 120",
    ]


def test_what_is_no_job_is_refused_at_the_door_and_stops_nobody_from_reading(schedule):
    send(schedule.folder, Submit(job={"id": "job"}))
    no_json = shell("job", "exit 0", parameters={"x": {"a": 1}})

    assert schedule.jobs() == []
    for wrong, sentence in [
        (no_json, "Job 'job' cannot be kept as JSON: Expected"),
        (shell("job", "\udcff"), "Job 'job' cannot be kept as JSON: 'utf-8' codec can't encode"),
        (shell("job", "\0"), "job has a zero byte in its command"),
        (shell("job", "", env={"": "x"}), "'' cannot be the name of a variable"),
        (shell("job", "", every="often"), "every 'often' is no time as cron writes it"),
        (JobSpec(id="job", name="job", kind="command"), "job has no command"),
    ]:
        with pytest.raises(UsageError, match=sentence):
            schedule.submit(wrong)


def test_a_job_that_this_scheduler_cannot_take_fails_with_the_reason_and_ends_nothing(schedule):
    (schedule.folder / "runs" / "taken").touch()
    orders = [
        Submit(job={"id": "again", "name": "", "kind": "command", "command": ["true"], "every": "often"}),
        Submit(job={"id": "taken", "name": "", "kind": "command", "command": ["true"], "env": {"A": "secret"}}),
    ]
    for order in orders:
        send(schedule.folder, order)
    until(lambda: len(schedule.record.decisions) == 2)

    assert [(job.id, job.state, job.reason) for job in schedule.jobs()] == [
        (
            "again",
            "failed",
            "every 'often' is no time as cron writes it. Write it like \"0 3 * * *\", which is each night at three.",
        ),
        ("taken", "failed", "its folder cannot be written: File exists"),
    ]
    assert schedule.is_running


def test_a_job_that_submits_starts_no_scheduler_that_would_end_with_it(schedule, monkeypatch):
    code = (
        "from ds_notebook.schedule import JobSpec, Schedule\n"
        "Schedule().submit(JobSpec(id='wide', name='wide', kind='command', command=['true'], cpus=2))"
    )
    schedule.submit(shell("outer", f'until [ -e go ]; do sleep 0.02; done; {sys.executable} -c "{code}"'))
    until(lambda: schedule.job("outer").state == "running")
    schedule.stop()
    (schedule.folder / "go").touch()
    until(lambda: not processes_of(schedule.folder))
    left = [(job.id, job.state) for job in schedule.jobs()]
    monkeypatch.setenv("DS_NOTEBOOK_JOB", str(schedule.folder / "runs" / "outer"))

    assert left == [("outer", "running"), ("wide", "waiting")]
    with pytest.raises(RecordError, match="A scheduler that a job starts would end with it"):
        schedule.start()


def answers(schedule: Schedule) -> dict[str, str]:
    found = [event for event in schedule.record.events() if isinstance(event, Decision) and event.policy == "command"]
    return {event.subject: event.reason for event in found if event.verdict == "refused"}


def test_who_is_about_to_show_the_record_can_wait_until_it_tells_of_what_was_submitted(home):
    schedule = Schedule()
    schedule.submit(shell("job", "exit 0"))
    schedule.start()
    schedule.wait_until_taken()

    assert "job" in {event.job for event in schedule.record.events() if isinstance(event, JobChanged)}


def test_a_thousand_jobs_are_one_append(home):
    schedule = Schedule()
    schedule.submit(*[shell(f"job-{number}", "exit 0") for number in range(1000)], start=False)

    assert (len(list(schedule.folder.glob("commands-*"))), len(schedule.jobs())) == (1, 1000)


def test_who_waits_for_one_of_a_thousand_jobs_leaves_the_cores_to_them(home):
    schedule = Schedule()
    schedule.submit(*[shell(f"job-{number}", "exit 0") for number in range(1000)], start=False)
    schedule.wait("job-1", timeout_s=0)
    started = time.process_time()
    schedule.wait("job-1", timeout_s=1)

    assert time.process_time() - started < 0.1


def test_jobs_never_have_more_cores_than_there_are(schedule):
    schedule.submit(*[shell(f"job-{number}", "sleep 0.05") for number in range(6)])
    schedule.wait(timeout_s=60)
    held: dict[str, set[int]] = {}
    for event in schedule.record.events():
        if isinstance(event, JobChanged):
            active = event.after in ("starting", "running", "stopping")
            held[event.job] = set(event.placement.get("cores", ())) if active else set()
            assert sum(map(len, held.values())) == len(set().union(*held.values()))


def test_a_folder_that_others_may_write_in_is_refused(home):
    home.mkdir()
    home.chmod(0o777)

    with pytest.raises(RecordError, match=f"Others may write in {home}: .* Try: chmod 700 {home}"):
        open_home()


def test_a_folder_that_is_a_link_is_refused(home, tmp_path):
    home.symlink_to(tmp_path)

    with pytest.raises(RecordError, match="is a link, not a folder"):
        open_home()
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_a_folder_of_another_user_is_refused(home):
    home.mkdir(mode=0o700)
    os.chown(home, 12345, -1)

    with pytest.raises(RecordError, match="belongs to another user"):
        open_home()


def test_a_folder_that_others_could_read_is_made_the_users_own(home):
    home.mkdir()
    home.chmod(0o755)

    assert open_home().stat().st_mode & 0o777 == 0o700


def test_the_folder_is_the_users_own(home):
    assert (open_home().stat().st_mode & 0o777, job_folder(home, "job").parent.stat().st_mode & 0o777) == (0o700, 0o700)


def test_a_submit_computes_for_less_than_ten_milliseconds(schedule):
    """Of the 20 ms that it may take; the rest is the disk's."""
    times = []
    for number in range(10):
        started = time.process_time()
        schedule.submit(shell(f"job-{number}", "exit 0"))
        times.append(time.process_time() - started)

    assert sorted(times)[5] < 0.01


def test_a_job_that_comes_again_comes_until_it_is_cancelled(schedule):
    schedule.submit(shell("each", "exit 0", every="* * * * * *"))
    until(lambda: sum(job.state == "succeeded" for job in schedule.jobs()) >= 2)
    schedule.cancel("each")
    until(lambda: schedule.job("each").is_done)
    schedule.wait(timeout_s=20)
    before = len(schedule.jobs())
    time.sleep(1.5)

    assert len(schedule.jobs()) == before


def test_what_comes_again_is_no_job_to_wait_for_or_to_put_further_ahead(schedule):
    each, report = shell("each", "exit 0", every="0 3 * * *"), shell("report", "exit 0", after=["each"])
    never = r"^each comes again, and is never done: wait for one of its times\.$"
    with pytest.raises(UsageError, match=never):
        schedule.submit(each, report)
    schedule.submit(each)
    with pytest.raises(UsageError, match=never):
        schedule.submit(report)
    with pytest.raises(UsageError, match=r"^Job each comes again, each time as a job of its own"):
        schedule.set_priority("each", 5)


def test_a_job_that_is_done_takes_no_priority(schedule):
    schedule.submit(shell("job", "exit 0"))
    schedule.wait("job", timeout_s=20)

    with pytest.raises(
        UsageError, match=r"^Job job is done \(succeeded\): its priority counts for nothing any more\.$"
    ):
        schedule.set_priority("job", 5)


def test_what_came_again_and_was_cancelled_stays_so_for_whoever_asks_and_after_a_restart(schedule):
    schedule.submit(shell("each", "exit 0", every="0 3 * * *"))
    until(lambda: schedule.job("each").reason.startswith("comes every day at 03:00, next 2"))
    schedule.cancel("each")
    until(lambda: schedule.job("each").is_done)
    before = Schedule().jobs()
    schedule.stop()
    schedule.start(QUICK)

    assert [(job.state, job.reason, job.next_at) for job in before] == [("cancelled", "cancelled by its user", None)]
    assert Schedule().jobs() == before


def test_without_its_extra_what_comes_again_halts_with_a_sentence_and_others_go_on(schedule, monkeypatch, tmp_path):
    schedule.submit(shell("each", "exit 0", every="* * * * * *"))
    until(lambda: schedule.job("each").next_at is not None)
    schedule.stop()
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "croniter.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "without"))
    schedule.start(QUICK)
    schedule.submit(shell("job", "exit 0"))
    done = states(schedule, "job")
    until(lambda: schedule.job("each").next_at is None)
    reason = 'does not come again: A job that comes again needs an extra: pip install "ds-notebook[schedule]"'

    assert (done, schedule.is_running) == (["succeeded"], True)
    assert schedule.job("each").reason == f"{reason}."
    assert f"each {reason}" in scene(schedule.record.events(), "running").panels[0].lines[0]


def test_a_stop_with_its_jobs_cancels_what_comes_again_too(schedule):
    schedule.submit(shell("each", "exit 0", every="0 3 * * *"))
    until(lambda: schedule.job("each").next_at is not None)
    schedule.stop(jobs=True)

    assert [job.state for job in schedule.jobs()] == ["cancelled"]


def test_a_stop_with_its_jobs_asks_a_scheduler_that_does_not_answer_once(schedule):
    schedule.submit(shell("each", "exit 0", every="0 3 * * *"))
    until(lambda: schedule.job("each").next_at is not None)
    os.kill(schedule.pid, signal.SIGSTOP)
    with pytest.raises(RecordError):
        schedule.stop(jobs=True, timeout_s=0.5)

    assert sum(path.read_text().count('"cancel"') for path in schedule.folder.glob("commands-*")) == 1
