"""Who goes first, who may overtake, who gives way: one policy after the other."""

import pytest

from ds_notebook.schedule.events import ChildSeen, Measured, PriorityChanged
from ds_notebook.schedule.forecast import remaining_s
from ds_notebook.schedule.policies import POLICIES
from tests.schedule.core.world import World, spec


def order_of_starts(world: World, *, run_s: float = 1.0) -> list[str]:
    """Let what runs end, one after the other, until all are done."""
    while world.at_work:
        world.tick(run_s)
        world.exit(min(world.at_work, key=lambda each: world.job(each).since_s))
    return [job for job, _ in world.started]


def test_fifo_lets_nobody_overtake() -> None:
    world = World("fifo")

    world.run(spec("a"), spec("wide", cpus=2), spec("b", priority=9))

    assert order_of_starts(world) == ["a", "wide", "b"]


def test_priority_lets_the_small_fill_a_gap() -> None:
    world = World("priority")

    world.run(spec("a"))
    world.run(spec("wide", cpus=2, priority=1), spec("b"))

    assert world.states() == {"a": "running", "wide": "waiting", "b": "running"}


def test_backfill_ends_when_the_first_has_waited_a_minute() -> None:
    world = World("priority")
    world.run(spec("a"), spec("wide", cpus=2))
    world.tick(59)
    world.run(spec("b"))
    assert world.job("b").state == "running"

    world.tick(2)
    world.exit("b")
    world.run(spec("c"))

    assert world.states() == {"a": "running", "wide": "waiting", "b": "succeeded", "c": "waiting"}


def test_a_job_that_surely_ends_in_time_fills_a_gap_all_the_same() -> None:
    world = World("priority")
    world.run(spec("a", timeout_s=600.0), spec("wide", cpus=2))
    world.tick(100)

    world.run(spec("short", timeout_s=60.0), spec("long", timeout_s=3000.0))

    assert (world.job("short").state, world.job("long").state) == ("running", "waiting")


def test_a_deadline_counts_once_it_is_in_danger() -> None:
    world = World("priority", cores=1)
    world.run(spec("a"))
    world.tick(1)
    world.submit(
        spec("early"),
        spec("next week", deadline=world.wall_s + 6e5),
        spec("soon", deadline=world.wall_s + 100, timeout_s=90.0),
    )

    assert order_of_starts(world) == ["a", "soon", "early", "next week"]


def test_a_new_priority_changes_the_order() -> None:
    world = World("priority", cores=1)
    world.run(spec("a"), spec("b"), spec("c"))

    world.tell(PriorityChanged(job="c", priority=1))

    assert order_of_starts(world) == ["a", "c", "b"]


def test_a_job_that_can_save_gives_way_to_a_higher_priority_and_goes_on_later() -> None:
    world = World("priority", cores=1)
    world.run(spec("train"))
    world.tell(ChildSeen(job="train"))
    world.tick(40)

    world.run(spec("urgent", priority=5))
    assert world.job("train").state == "stopping"
    assert world.job("train").reason == "saves and stops for urgent, which has priority 5"
    world.exit("train", "stopped")
    world.exit("urgent")

    assert (world.job("train").state, world.job("train").attempt, world.job("train").failures) == ("running", 2, 0)


def test_a_job_that_gave_way_and_whose_program_ended_well_has_not_succeeded_yet() -> None:
    world = World("priority", cores=1)
    world.run(spec("train"))
    world.tell(ChildSeen(job="train"))
    world.tick(40)
    world.run(spec("urgent", priority=5))
    world.exit("train", "succeeded", is_cut_short=True)
    world.exit("urgent")

    assert (world.job("train").state, world.job("train").attempt) == ("running", 2)


def test_a_job_that_had_ended_when_it_was_to_give_way_has_succeeded() -> None:
    world = World("priority", cores=1)
    world.run(spec("train"))
    world.tell(ChildSeen(job="train"))
    world.tick(40)
    world.run(spec("urgent", priority=5))
    world.exit("train", "succeeded")

    assert world.job("train").state == "succeeded"


@pytest.mark.parametrize("why", ["it cannot save", "it has just begun", "the other is no more urgent"])
def test_a_job_is_left_alone_if(why: str) -> None:
    world = World("priority", cores=1)
    world.run(spec("train"))
    if why != "it cannot save":
        world.tell(ChildSeen(job="train"))
    world.tick(5 if why == "it has just begun" else 40)

    world.run(spec("other", priority=0 if why == "the other is no more urgent" else 5))

    assert world.states() == {"train": "running", "other": "waiting"}


def test_nobody_is_asked_to_stop_who_would_not_make_enough_room() -> None:
    world = World("priority", cores=3)
    world.run(spec("small"), spec("large", cpus=2))
    for job_id in ("small", "large"):
        world.tell(ChildSeen(job=job_id))
    world.tick(40)

    world.run(spec("urgent", cpus=2, priority=5))

    assert world.states() == {"small": "running", "large": "stopping", "urgent": "waiting"}


def test_shortest_remaining_goes_by_timeout_and_progress() -> None:
    world = World("shortest_remaining", cores=1)
    world.run(spec("unknown"), spec("long", timeout_s=500.0), spec("short", timeout_s=50.0))

    assert order_of_starts(world) == ["short", "long", "unknown"]


def test_progress_tells_what_remains_also_of_a_job_that_went_on_from_its_save() -> None:
    world = World("priority", cores=1)
    world.run(spec("train"))
    world.tell(ChildSeen(job="train"))
    world.tick(60)
    world.tell(Measured(job="train", values={}, progress=0.5))
    assert remaining_s(world.job("train"), world.queue, world.now_s) == 60
    world.run(spec("urgent", priority=5))
    world.exit("train", "stopped")
    world.exit("urgent")

    world.tick(30)
    world.tell(Measured(job="train", values={}, progress=0.75))

    assert remaining_s(world.job("train"), world.queue, world.now_s) == 30


def test_waiting_makes_a_long_job_the_first_in_the_end() -> None:
    world = World("shortest_remaining", cores=1)
    world.run(spec("first"))
    world.run(spec("long", timeout_s=100.0))
    world.tick(95)

    world.submit(spec("short", timeout_s=10.0))

    assert order_of_starts(world) == ["first", "long", "short"]


def test_least_attained_pauses_the_long_for_the_new() -> None:
    world = World("least_attained", cores=1)
    world.run(spec("long"))
    world.tick(100)

    world.run(spec("new"))
    assert world.states() == {"long": "paused", "new": "running"}
    assert world.job("long").reason == "paused for new, which has had less"
    world.exit("new")

    assert world.states() == {"long": "running", "new": "succeeded"}
    assert world.job("long").attempt == 1


@pytest.mark.parametrize("asked", [{"kind": "service"}, {"gpus": 1}])
def test_least_attained_pauses_neither_services_nor_jobs_with_a_gpu(asked: dict[str, object]) -> None:
    world = World("least_attained", cores=1, gpus=1)
    world.run(spec("first", **asked))
    world.tick(100)

    world.run(spec("new"))

    assert world.states() == {"first": "running", "new": "waiting"}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_wide_job_starts_in_the_end_among_ever_new_urgent_small_ones(policy: str) -> None:
    world = World(policy, cores=2, checks=False)
    world.run(spec("first"), spec("second"))
    world.run(spec("wide", cpus=2, priority=-1, timeout_s=900.0))

    rounds = 0
    while world.job("wide").state == "waiting" and rounds < 300:
        rounds += 1
        world.run(spec(f"small {rounds}", timeout_s=30.0), spec(f"small {rounds} b", timeout_s=30.0))
        world.tick(10)
        world.exit(min(world.at_work, key=lambda each: world.job(each).since_s))

    assert world.job("wide").attempt == 1, f"still waits after {rounds} rounds"


def test_a_paused_job_goes_on_in_the_end_among_ever_new_ones() -> None:
    world = World("least_attained", cores=1, checks=False)
    world.run(spec("long"))
    world.tick(100)
    world.run(spec("new"))
    assert world.job("long").state == "paused"

    rounds = 0
    while world.job("long").state == "paused" and rounds < 100:
        rounds += 1
        world.run(spec(f"new {rounds}"))
        world.tick(10)
        world.exit(next(each for each in world.at_work if each not in world.paused))

    assert world.job("long").state == "running", f"still paused after {rounds} rounds"
