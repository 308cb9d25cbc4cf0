"""What is let into the queue, and what becomes of those that wait for others."""

import pytest

from ds_notebook.schedule.events import End, Started
from tests.schedule.core.world import World, spec

GB = 1 << 30


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"cpus": 3}, "big asks for 3 cores; this machine has 2."),
        ({"cpus": 0}, "big asks for 0 cores; this machine has 2."),
        ({"gpus": 1}, "big asks for 1 GPU; this machine has 0."),
        ({"memory_bytes": 9 * 10**9}, "big asks for 9 GB of memory; this machine has 8.59 GB."),
        ({"max_cpus": 0.5}, "big asks for 1 cores and at most 0.5; the most cannot be less."),
        ({"after": ["ghost"]}, "big waits for 'ghost', and there is no such job. `ds jobs` lists them."),
        ({"after": ["big"]}, "big waits for itself, through big: break the circle."),
    ],
)
def test_a_job_that_can_never_run_is_refused_at_once_with_what_there_is(
    asked: dict[str, object], sentence: str
) -> None:
    world = World()

    world.submit(spec("big", **asked))

    assert (world.job("big").state, world.job("big").reason) == ("failed", sentence)


def test_a_circle_is_refused_with_all_in_it_and_cancels_those_that_wait_for_it() -> None:
    world = World()

    world.submit(spec("a", after=["b"]), spec("b", after=["a"]), spec("c", after=["a"]), spec("d"))

    assert world.states() == {"a": "failed", "b": "failed", "c": "cancelled", "d": "starting"}
    assert world.job("c").reason == "a failed, and c needs it"


def test_no_job_writes_the_notebook_that_another_one_is_to_write_unless_it_comes_after_it() -> None:
    world = World()
    world.run(spec("a", output="/out.ipynb"))

    world.submit(spec("b", output="/out.ipynb"), spec("c", output="/out.ipynb", after=["a"]))

    assert world.states() == {"a": "running", "b": "failed", "c": "waiting"}
    assert world.job("b").reason == "b would write /out.ipynb, as a (a) does: name another."
    world.exit("a")
    world.exit("c")
    world.submit(spec("d", output="/out.ipynb"))
    assert world.job("d").state == "starting"


def test_jobs_submitted_together_may_wait_for_one_another_in_any_order() -> None:
    world = World()

    world.run(spec("report", after=["clean"]), spec("clean"))

    assert (world.job("report").reason, world.job("clean").state) == ("waits for clean", "running")


def test_a_job_submitted_twice_runs_once() -> None:
    world = World()

    world.run(spec("a"), spec("a"))
    world.submit(spec("a"))

    assert len(world.queue.jobs) == 1
    assert world.started == {("a", 1): 1}


def test_a_job_starts_in_the_very_step_in_which_its_last_dependency_succeeds() -> None:
    world = World()
    world.run(spec("a"), spec("b"), spec("c", after=["a", "b"]))

    world.exit("a")
    assert world.job("c").reason == "waits for b"
    world.exit("b")

    assert world.job("c").state == "running"


def test_a_failed_job_cancels_all_that_wait_for_it_with_the_reason() -> None:
    world = World()
    world.run(spec("clean"), spec("fit", after=["clean"]), spec("report", after=["fit"]))

    world.exit("clean", "failed", "cell 3: KeyError: 'x'")

    assert world.job("clean").reason == "cell 3: KeyError: 'x'"
    assert world.job("fit").reason == "clean failed, and fit needs it"
    assert world.job("report").reason == "fit was cancelled, and report needs it"


def test_a_chain_of_a_thousand_jobs_is_cancelled_to_its_end_when_the_first_fails() -> None:
    world = World(checks=False)
    world.run(spec("0"), *[spec(str(number), after=[str(number - 1)]) for number in range(1, 1000)])

    world.exit("0", "failed")

    assert set(list(world.states().values())[1:]) == {"cancelled"}
    assert world.job("999").reason == "998 was cancelled, and 999 needs it"


def test_a_job_after_one_that_has_failed_is_cancelled_at_its_submit() -> None:
    world = World()
    world.run(spec("clean"))
    world.exit("clean", "failed", "it broke")

    world.submit(spec("report", after=["clean"]))

    assert world.states() == {"clean": "failed", "report": "cancelled"}


def test_a_failed_attempt_is_tried_again_as_often_as_asked() -> None:
    world = World()
    world.run(spec("a", retries=2))

    world.exit("a", "failed", "it broke")
    assert world.reasons("a")[-3] == "it broke; retry 1 of 2 waits for 1 core"
    world.exit("a", "failed", "it broke")
    world.exit("a", "failed", "it broke for good")

    assert (world.job("a").state, world.job("a").reason) == ("failed", "it broke for good")
    assert world.started == {("a", 1): 1, ("a", 2): 1, ("a", 3): 1}


def test_an_attempt_lost_with_its_machine_counts_as_no_failure_but_not_for_ever() -> None:
    world = World()
    world.run(spec("a"))

    for _ in range(3):
        world.exit("a", "lost")
        assert world.job("a").state == "running"
    world.exit("a", "lost")

    assert (world.job("a").state, world.job("a").reason) == ("failed", "was lost 4 times")


def test_an_attempt_that_never_began_is_made_again_under_a_new_number() -> None:
    world = World()
    world.submit(spec("a"))

    for _ in range(10):
        world.exit("a", "never_started")

    assert (world.job("a").state, world.job("a").attempt) == ("running", 11)


def test_a_job_that_runs_too_long_is_ended_and_says_so() -> None:
    world = World()
    world.run(spec("a", timeout_s=60.0))

    world.tick(59)
    assert not world.asked_to_end
    world.tick(2)
    world.exit("a", "stopped")

    assert (world.job("a").state, world.job("a").reason) == ("failed", "ran longer than its 60 s")


def test_a_cancelled_job_is_cancelled_when_its_processes_are_gone() -> None:
    world = World()
    world.run(spec("a"), spec("b", after=["a"]))

    world.cancel("a")
    assert world.states() == {"a": "stopping", "b": "waiting"}
    world.exit("a", "failed", "signal 15")

    assert world.states() == {"a": "cancelled", "b": "cancelled"}


def test_an_end_that_was_lost_with_a_scheduler_is_ordered_again_once_the_job_is_there() -> None:
    world = World()
    world.submit(spec("a"))
    world.cancel("a")

    assert End(job="a", attempt=1, reason="cancelled by its user") in world.tell(Started(job="a", attempt=1))


def test_a_job_does_not_start_before_its_time_by_the_wall_clock() -> None:
    world = World()
    world.run(spec("nightly", not_before=world.wall_s + 100))
    assert world.job("nightly").reason == "waits for its time"

    world.tick(60)
    assert world.job("nightly").state == "waiting"
    world.wall_s += 60  # someone sets the clock
    world.tick(0.25)

    assert world.job("nightly").state == "running"
