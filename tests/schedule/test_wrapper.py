"""One attempt at a job, through its wrapper: how it ended is in the record, and nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ds_notebook.record import Record
from ds_notebook.record.commands import Pause, Resume, Stop, send
from ds_notebook.record.events import Decision
from ds_notebook.schedule import limits
from ds_notebook.schedule.attempt import Outcome, keep_spec, recorded
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.limits import ByCgroup, memory_limit
from ds_notebook.schedule.tree import descendants, marked
from tests.schedule.jobs import outcome, python, run, shell, start_wrapper, until

MB = 1 << 20
EAT = "held = []\nwhile True: held.append(b'x' * (4 << 20))"


@pytest.fixture
def folder(home: Path) -> Path:
    """A job's folder."""
    return home / "job"


def test_a_job_that_ends_well_succeeds(folder):
    assert run(folder, shell("job", "exit 0")) == Outcome("succeeded")


def test_a_failure_is_told_with_status_and_last_line(folder):
    assert run(folder, shell("job", "echo 'no such column' >&2; exit 3")) == Outcome(
        "failed", "exit status 3: no such column"
    )


def test_a_signal_is_told_by_its_name(folder):
    assert run(folder, shell("job", "kill -SEGV $$")) == Outcome("failed", "SIGSEGV ended it")


def test_a_working_folder_that_is_not_there_is_said(folder):
    assert run(folder, shell("job", "exit 0", cwd="/no/such")) == Outcome(
        "failed", "its working folder /no/such could not be entered: No such file or directory"
    )


def test_a_program_that_is_not_there_is_said(folder):
    spec = shell("job", "")
    spec.command[0] = "/no/such/program"

    assert run(folder, spec) == Outcome(
        "failed", "/no/such/program could not be started: No such file or directory: /no/such/program"
    )


def test_a_command_that_no_program_can_be_given_fails_and_is_not_lost(folder):
    found = run(folder, JobSpec(id="job", name="job", kind="command", command=["/bin/sh", "\0"]))

    assert found == Outcome("failed", "/bin/sh could not be started: embedded null byte")


def test_what_a_job_prints_is_kept_beside_its_record(folder):
    run(folder, shell("job", "echo out; echo err >&2"))

    assert (folder / "stdout-1.log").read_text() + (folder / "stderr-1.log").read_text() == "out\nerr\n"


def test_the_environment_says_which_job_it_is_what_it_may_use_and_what_it_was_given(folder):
    spec = shell(
        "job",
        "echo $DS_NOTEBOOK_JOB $DS_NOTEBOOK_ATTEMPT $OMP_NUM_THREADS $OMP_WAIT_POLICY $MINE $CUDA_VISIBLE_DEVICES",
    )
    spec.env["MINE"] = "yes"
    run(folder, spec, cores=(0,), threads=2, gpus=(1,))

    assert (folder / "stdout-1.log").read_text().split() == [str(folder), "1", "2", "PASSIVE", "yes", "1"]


def test_it_runs_on_the_cores_that_it_was_promised_as_weak_as_it_was_placed(folder):
    core = max(os.sched_getaffinity(0))
    run(folder, python("job", "import os; print(os.sched_getaffinity(0), os.nice(0) - 0)"), cores=(core,), nice=3)

    assert (folder / "stdout-1.log").read_text() == f"{{{core}}} {os.nice(0) + 3}\n"


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        (["run", "--password", "x1", "--lr", "x2"], ["run", "--password", "***", "--lr", "x2"]),
        (["run", "--api-key=x1", "lr=x2"], ["run", "--api-key=***", "lr=x2"]),
        (["run", "Bearer abc", "-c", "tokens = 3"], ["run", "Bearer ***", "-c", "tokens = 3"]),
        (["run", "https://u:p@host/?a=b"], ["run", "***"]),
    ],
)
def test_a_command_is_recorded_without_what_looks_like_a_secret(command, kept):
    spec = JobSpec(id="job", name="job", kind="command", command=command, parameters={"token": "abc"})

    assert recorded(spec).command == kept


def test_a_secret_is_given_to_the_job_and_is_not_in_its_record(folder):
    spec = shell("job", "echo $TOKEN")
    spec.env["TOKEN"] = "hf_0123456789abcdef"
    keep_spec(folder, spec)
    run(folder, recorded(spec))

    assert (folder / "stdout-1.log").read_text() == "hf_0123456789abcdef\n"
    assert not any(b"0123456789abcdef" in file.read_bytes() for file in folder.glob("events-*"))


def test_a_secret_among_the_last_words_of_a_job_is_not_in_the_reason(folder):
    spec = shell("job", 'echo "$TOKEN is refused by db://me:secret@host with $LEVEL" >&2; exit 1')
    spec.env.update(TOKEN="open-sesame", LEVEL="high")
    keep_spec(folder, spec)

    assert run(folder, recorded(spec)) == Outcome("failed", "exit status 1: *** is refused by db***host with high")


def test_a_job_that_forks_turns_daemon_and_exits_leaves_nothing(folder):
    daemon = "import os, time\nif os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n  time.sleep(60)"
    found = run(folder, python("job", daemon))

    assert (found, marked(folder), ended_with_it(folder) > 0) == (Outcome("succeeded"), [], True)


def ended_with_it(folder: Path) -> int:
    """How many processes the wrapper has ended, as it says."""
    (exit_,) = [event for event in Record(folder).decisions if event.policy == "exit"]
    return int(exit_.evidence["ended_with_it"])


def test_a_job_that_ignores_sigterm_is_killed_after_its_grace(folder):
    code = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready')\ntime.sleep(60)"
    with start_wrapper(folder, python("job", code)) as wrapper:
        until(lambda: (folder / "stdout-1.log").exists())
        tell(wrapper, folder, Stop())

    assert (outcome(folder), marked(folder)) == (Outcome("stopped"), [])


def tell(wrapper: subprocess.Popen[bytes], folder: Path, command: Stop | Pause | Resume) -> None:
    send(folder, command)
    wrapper.send_signal(signal.SIGUSR1)


def test_a_timeout_ends_it_also_without_a_scheduler(folder, monkeypatch):
    started = time.monotonic()
    found = run(folder, shell("job", "sleep 60", timeout_s=0.1))

    assert found == Outcome("failed", "it took longer than its timeout of 0.1 s")
    assert time.monotonic() - started < 10


def test_a_paused_job_stands_still_and_goes_on(folder):
    with start_wrapper(folder, shell("job", "echo ready; sleep 0.4; sleep 0.4")) as wrapper:
        until(lambda: (folder / "stdout-1.log").exists())
        tell(wrapper, folder, Pause())
        until(lambda: Record(folder).state == "paused")
        # what waits for a core is still "R"; a parent whose child was stopped before its exec is "D"
        until(lambda: {stat_of(pid) for pid in descendants(wrapper.pid)} <= {"T", "D"})
        tell(wrapper, folder, Resume())

    assert outcome(folder) == Outcome("succeeded")


def stat_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_job_that_eats_memory_fails_with_that_reason(folder):
    found = run(folder, python("job", EAT, memory_bytes=100 * MB))

    assert found == Outcome("failed", "it held more than its limit of 105 MB of memory")


def test_a_watch_keeps_the_limit_where_no_cgroup_can_be_made(tmp_path):
    limit = memory_limit("job", 100 * MB, root=tmp_path)
    with subprocess.Popen(
        ["/bin/sh", "-c", "tail -c 150000000 /dev/zero | tail -c 150000000 >/dev/null; sleep 5"]
    ) as eater:
        until(lambda: limit.exceeded(os.getpid()))
        for pid in [*descendants(eater.pid), eater.pid]:
            os.kill(pid, signal.SIGKILL)

    assert (limit.how, limit.watches) == ("by a look four times a second", True)


def test_a_job_is_told_what_it_may_hold_however_that_is_kept(folder):
    run(folder, shell("job", "echo $DS_NOTEBOOK_MEMORY_BYTES", memory_bytes=200 * MB))

    assert (folder / "stdout-1.log").read_text() == f"{200 * MB}\n"


def test_a_cgroup_is_gone_after_its_job(folder):
    limit = memory_limit("job", 100 * MB)
    if not isinstance(limit, ByCgroup):
        pytest.skip("this user may make no cgroup here")
    group = limit.group
    limit.close()

    assert not group.exists()


def test_a_cgroup_of_v2_without_a_controller_for_memory_is_not_taken(tmp_path):
    v2 = Path("/sys/fs/cgroup/unified")
    if not os.access(v2, os.W_OK) or "memory" in (v2 / "cgroup.controllers").read_text():
        pytest.skip("needs root, and a machine where cgroup v1 has the memory")
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/\n")
    (tmp_path / "sys/fs").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup").symlink_to(v2)
    limit = memory_limit("job", 100 * MB, root=tmp_path)

    assert (limit.how, list(v2.glob("ds-job-*"))) == ("by a look four times a second", [])


def test_a_cgroup_of_v2_is_written_and_read_in_the_kernels_words(tmp_path):
    """Files alone: tried on no machine whose v2 has the controller for memory."""
    for name in ("memory.max", "memory.swap.max", "memory.oom.group", "cgroup.procs"):
        (tmp_path / name).touch()
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 7\noom 1\noom_kill 0\noom_group_kill 0\n")
    limit = ByCgroup(tmp_path)
    limit.set(100 * MB)
    limit.enter()
    before = limit.exceeded(os.getpid())
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 9\noom 2\noom_kill 1\noom_group_kill 1\n")
    written = {path.name: path.read_text() for path in tmp_path.iterdir() if path.name != "memory.events"}

    assert written == {
        "memory.max": str(100 * MB),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "cgroup.procs": "0",
    }
    assert (before, limit.exceeded(os.getpid())) == (False, True)


def test_the_cgroup_of_another_job_is_left_alone():
    limit = memory_limit("net-2", 100 * MB)
    if not isinstance(limit, ByCgroup):
        pytest.skip("this user may make no cgroup here")
    limits.remove_groups("net")
    is_there = limit.group.exists()
    limits.remove_groups("net-2")

    assert (is_there, limit.group.exists()) == (True, False)


def test_a_full_disk_is_the_reason(folder):
    found = run(folder, python("job", "open('/dev/full', 'w').write('x' * 100_000)"))

    assert found == Outcome("failed", "exit status 1: OSError: [Errno 28] No space left on device (a disk is full)")


def test_the_end_is_in_the_record_though_the_job_has_filled_the_disk_of_the_record(tmp_path, home):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "small", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        found = run(disk / "job", shell("job", f"cat /dev/zero > {disk}/filler"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)

    assert found is not None and found.status == "failed" and "No space left on device" in found.reason


def test_two_wrappers_of_one_attempt_begin_it_once(folder):
    spec = shell("job", "echo begun; sleep 0.3")
    with start_wrapper(folder, spec), start_wrapper(folder, spec), start_wrapper(folder, spec):
        pass

    assert ((folder / "stdout-1.log").read_text(), outcome(folder)) == ("begun\n", Outcome("succeeded"))


def test_an_attempt_that_has_ended_is_not_begun_again(folder):
    spec = shell("job", "echo begun")
    run(folder, spec)
    run(folder, spec)

    assert (folder / "stdout-1.log").read_text() == "begun\n"


def test_a_job_started_while_another_of_it_ends_waits_for_its_lock(folder):
    spec = shell("job", "sleep 0.3; echo $DS_NOTEBOOK_ATTEMPT")
    with start_wrapper(folder, spec, 1):
        until(lambda: any(folder.glob("events-*")))
        run(folder, spec, 2)

    assert (outcome(folder, 1), outcome(folder, 2)) == (Outcome("succeeded"), Outcome("succeeded"))


def test_a_wrapper_that_is_asked_to_end_says_that_the_job_was_lost(folder):
    with start_wrapper(folder, shell("job", "sleep 60")) as wrapper:
        until(lambda: descendants(wrapper.pid))
        wrapper.terminate()

    assert (outcome(folder), marked(folder)) == (
        Outcome("lost", "its wrapper was asked to end, as when the machine shuts down"),
        [],
    )


def test_a_job_that_runs_on_is_no_outcome_yet(folder):
    with start_wrapper(folder, shell("job", "sleep 0.5")):
        until(lambda: any(folder.glob("events-*")))
        while_it_runs = outcome(folder)

    assert while_it_runs is None


def test_the_way_a_limit_is_kept_is_said_in_the_record(folder):
    run(folder, shell("job", "exit 0", memory_bytes=100 * MB))

    assert [
        note.text.startswith("Its limit of 104,857,600 bytes of memory is kept by ") for note in Record(folder).notes
    ] == [True]


def test_an_order_that_a_job_does_not_take_is_refused(folder):
    from ds_notebook.record.commands import Save

    with start_wrapper(folder, shell("job", "echo ready; sleep 0.5")) as wrapper:
        until(lambda: (folder / "stdout-1.log").exists())
        tell(wrapper, folder, Save())  # type: ignore[arg-type]

    answers = [event for event in Record(folder).decisions if isinstance(event, Decision) and event.policy == "command"]
    assert [(each.verdict, each.reason) for each in answers] == [("refused", "a job takes stop, pause and resume")]
