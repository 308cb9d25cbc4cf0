"""Random lives of a queue: whatever happens in them, what a user relies on holds after each step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ds_notebook.schedule.events import ChildSeen, LatencyMeasured, Measured, PriorityChanged
from ds_notebook.schedule.job import DONE, JobSpec
from ds_notebook.schedule.policies import POLICIES
from tests.schedule.core.world import World, spec

GB = 1 << 30
ROUNDS = 400
"""Enough for each job of a trace, its retries and its quanta of waiting."""


@st.composite
def jobs(draw: st.DrawFn, number: int) -> JobSpec:
    """A job that may wait for some before it, for one that never was, or for one that comes with it."""
    is_service = draw(st.booleans()) and draw(st.booleans())
    cpus = draw(st.sampled_from([0.25, 0.5, 1, 1, 2, 3]))
    others = [f"job{each}" for each in range(number + 2)] + ["nobody"]
    after = draw(st.lists(st.sampled_from(others), max_size=2, unique=True)) if draw(st.booleans()) else []
    return spec(
        f"job{number}",
        kind="service" if is_service else "command",
        cpus=cpus,
        max_cpus=draw(st.sampled_from([None, cpus, cpus + 1, cpus + 4])),
        gpus=draw(st.sampled_from([0, 0, 0, 1, 2])),
        memory_bytes=draw(st.sampled_from([None, GB, 3 * GB])),
        priority=draw(st.integers(-2, 2)),
        deadline=draw(st.sampled_from([None, None, 1100.0, 5000.0])),
        not_before=draw(st.sampled_from([None, None, None, 1030.0])),
        after=after,
        retries=draw(st.integers(0, 2)),
        timeout_s=draw(st.sampled_from([None, None, 20.0])),
        latency_target_ms=draw(st.sampled_from([None, 150.0])) if is_service else None,
    )


def submit(world: World, data: st.DataObject) -> None:
    known = len({each for each in world.queue.jobs if each.startswith("job")})
    world.run(*(data.draw(jobs(known + each)) for each in range(data.draw(st.integers(1, 3)))))


def submit_plain(world: World, data: st.DataObject) -> None:
    """Jobs that only want room, many of them elastic."""
    known = len(world.queue.jobs)
    cpus = data.draw(st.integers(1, 3))
    more = data.draw(st.integers(0, 2))
    world.run(*(spec(f"job{known + each}", cpus=cpus, max_cpus=cpus + more) for each in range(3)))


def submit_service(world: World, data: st.DataObject) -> None:
    more = data.draw(st.integers(0, 2))
    name = f"job{len(world.queue.jobs)}"
    world.run(spec(name, kind="service", cpus=1, max_cpus=1 + more, latency_target_ms=150.0))


def submit_urgent(world: World, data: st.DataObject) -> None:
    """While all others run, and can save."""
    for job_id in sorted(world.at_work):
        world.tell(ChildSeen(job=job_id))
    world.tick(70.0)
    world.run(spec(f"job{len(world.queue.jobs)}", cpus=data.draw(st.integers(1, 2)), priority=9))


def submit_again(world: World, data: st.DataObject) -> None:
    if world.queue.jobs:
        before = world.states()
        world.submit(spec(data.draw(st.sampled_from(sorted(world.queue.jobs)))))
        assert world.states() == before


def exit(world: World, data: st.DataObject) -> None:
    able = [each for each in world.at_work if each not in world.paused]
    if able:
        status = data.draw(st.sampled_from(["succeeded", "succeeded", "failed", "stopped", "lost", "never_started"]))
        world.exit(data.draw(st.sampled_from(sorted(able))), status)


def cancel(world: World, data: st.DataObject) -> None:
    if world.queue.jobs:
        world.cancel(data.draw(st.sampled_from(sorted(world.queue.jobs))))


def change_priority(world: World, data: st.DataObject) -> None:
    if world.queue.jobs:
        job_id = data.draw(st.sampled_from(sorted(world.queue.jobs)))
        world.tell(PriorityChanged(job=job_id, priority=data.draw(st.integers(-3, 3))))


def measure(world: World, data: st.DataObject) -> None:
    for job_id in sorted(world.at_work):
        if data.draw(st.booleans()):
            world.tell(ChildSeen(job=job_id))
        world.tell(Measured(job=job_id, values={}, progress=data.draw(st.sampled_from([None, 0.0, 0.5, 1.0]))))
        p99_ms = data.draw(st.sampled_from([None, 5.0, 100.0, 400.0]))
        world.tell(LatencyMeasured(job=job_id, p99_ms=p99_ms, load=data.draw(st.sampled_from([None, 0.0, 0.7, 3.0]))))


def tick(world: World, data: st.DataObject) -> None:
    world.tick(data.draw(st.sampled_from([0.25, 1.0, 10.0, 70.0, 70.0])))


def jump(world: World, data: st.DataObject) -> None:
    """The wall clock is set; the steady one, which is not to do so, goes back all the same."""
    world.wall_s += data.draw(st.sampled_from([-1e6, -10.0, 1e6]))
    if data.draw(st.booleans()):
        world.now_s -= 5.0


def restart(world: World, data: st.DataObject) -> None:
    world.now_s = max(world.now_s, world.queue.last_s) + data.draw(st.sampled_from([0.0, 3.0, 1e7]))
    world.restart()


DEEDS: list[Callable[[World, st.DataObject], None]] = [
    *[submit] * 2,
    *[submit_plain] * 2,
    submit_service,
    submit_urgent,
    *[exit] * 4,
    *[tick] * 4,
    *[measure] * 2,
    submit_again,
    cancel,
    change_priority,
    jump,
    restart,
]


def let_all_end(world: World) -> None:
    """Nobody submits any more: what runs ends, whoever was asked to stop does, services are not needed any more."""
    for job in world.queue.open_jobs():
        if job.spec.kind == "service":
            world.cancel(job.id)
    world.wall_s = max(world.wall_s, 1100.0)
    for _ in range(ROUNDS):
        if not world.queue.open:
            return
        world.tick(15.0)
        able = sorted(each for each in world.at_work if each not in world.paused)
        ending = sorted(each for each in world.at_work if each in world.asked_to_end | world.asked_to_save)
        for job_id in ending or able[:1]:
            if job_id in world.at_work:
                world.exit(job_id, "stopped" if ending else "succeeded")
    raise AssertionError(f"still open: {[(job.id, job.state, job.reason) for job in world.queue.open_jobs()]}")


def live(policy: str, data: st.DataObject) -> None:
    """One random life, in which the world checks each step, and its end."""
    world = World(policy, cores=data.draw(st.integers(1, 4)), gpus=data.draw(st.integers(0, 2)), memory_bytes=4 * GB)
    for _ in range(data.draw(st.integers(1, 25))):
        data.draw(st.sampled_from(DEEDS))(world, data)

    let_all_end(world)

    assert all(job.state in DONE for job in world.queue.jobs.values())


ALL_CHECKS = list(HealthCheck)


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=ALL_CHECKS)
@given(data=st.data())
def test_whatever_happens_each_job_ends_once_and_nothing_is_promised_twice(policy: str, data: st.DataObject) -> None:
    live(policy, data)


@pytest.mark.soak
@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=1000, deadline=None, phases=[Phase.generate], suppress_health_check=ALL_CHECKS)
@given(data=st.data())
def test_the_same_holds_in_a_thousand_lives_that_are_new_each_time(policy: str, data: st.DataObject) -> None:
    live(policy, data)
