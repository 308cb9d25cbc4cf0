"""A service with a latency target beside a training: who has which core, when, and why."""

from __future__ import annotations

import msgspec
import pytest

from ds_notebook.record.events import Decision
from ds_notebook.schedule.events import LatencyMeasured
from ds_notebook.schedule.forecast import measured, needed_cores
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.state import Demand, Job
from tests.schedule.core.world import World, spec

SERVE = spec("serve", kind="service", cpus=1, latency_target_ms=150.0)
TRAIN = spec("train", cpus=1, max_cpus=2)


def side_by_side(serve: JobSpec = SERVE, train: JobSpec = TRAIN, cores: int = 2) -> World:
    world = World("qos", cores=cores)
    world.run(serve)
    world.run(train)
    world.tick(5)
    return world


def look(world: World, p99_ms: float | None, load: float = 0.1, seconds: float = 0.25) -> None:
    """One look at the service's latency, some time after the last."""
    world.now_s += seconds
    world.tell(LatencyMeasured(job="serve", p99_ms=p99_ms, load=load))


def test_a_training_uses_the_services_core_while_it_is_idle_and_is_the_weaker_there() -> None:
    world = side_by_side()

    placement = world.job("train").placement

    assert (placement.cores, placement.borrowed, placement.threads, placement.nice) == ((1,), (0,), 2, 10)
    assert world.job("train").reason == "may use 1 core of serve while it is idle"


def test_a_service_may_run_on_any_core_and_has_threads_for_its_own() -> None:
    placement = side_by_side().job("serve").placement

    assert (placement.affinity, placement.threads, placement.nice) == ((0, 1), 1, 0)


def test_a_breach_takes_the_core_back_in_the_same_step_and_says_why() -> None:
    world = side_by_side()

    look(world, 210.0)

    assert world.job("train").placement.borrowed == ()
    assert world.job("train").placement.threads == 1
    assert world.job("train").reason == "gave 1 core from train to serve: p99 was 210 ms, target 150"


def test_the_measurement_behind_a_change_is_in_the_record() -> None:
    world = side_by_side()

    look(world, 210.0)

    said = [event for event in world.record if isinstance(event, Decision) and event.policy == "qos"]
    assert [(event.subject, event.verdict) for event in said] == [("serve", "more")]
    assert said[0].evidence["p99_ms"] == 210.0 and said[0].evidence["target_ms"] == 150.0


def test_a_latency_on_its_way_to_the_target_is_acted_upon() -> None:
    world = side_by_side()

    look(world, 80.0)

    assert world.job("train").placement.borrowed == ()


def test_cores_to_spare_go_to_the_service_up_to_what_it_can_use() -> None:
    world = side_by_side(
        serve=msgspec.structs.replace(SERVE, max_cpus=3.0), train=msgspec.structs.replace(TRAIN, max_cpus=4.0), cores=4
    )
    assert len(world.cores("train")) == 3

    for _ in range(12):
        look(world, 210.0)

    assert (len(world.cores("serve")), len(world.cores("train"))) == (3, 1)


def test_a_training_that_gave_its_borrowed_core_back_stays_the_weaker() -> None:
    world = side_by_side()

    look(world, 210.0)

    assert world.job("train").placement.nice == 10


@pytest.mark.parametrize(("nice_goes_back", "nice"), [(True, 0), (False, 10)])
def test_a_training_whose_service_has_ended_is_as_strong_as_before_where_the_machine_lets_it(
    nice_goes_back: bool, nice: int
) -> None:
    world = side_by_side()
    world.queue.machine = world.machine = msgspec.structs.replace(world.machine, nice_goes_back=nice_goes_back)

    world.exit("serve")
    world.tick()

    assert world.job("train").placement.nice == nice


def test_a_promised_core_is_never_taken() -> None:
    world = side_by_side()

    for _ in range(100):
        look(world, 900.0)

    assert len(world.cores("train")) == 1


def test_where_there_is_nothing_more_to_take_others_are_made_weaker() -> None:
    world = side_by_side()

    for _ in range(40):
        look(world, 210.0)

    assert world.job("train").placement.nice == 19


@pytest.mark.parametrize(("nice_goes_back", "nice"), [(True, 10), (False, 19)])
def test_strength_comes_back_only_where_the_machine_lets_it(nice_goes_back: bool, nice: int) -> None:
    world = side_by_side()
    world.queue.machine = world.machine = msgspec.structs.replace(world.machine, nice_goes_back=nice_goes_back)
    for _ in range(40):
        look(world, 210.0)

    for _ in range(500):
        look(world, 5.0)
    world.tick(5)

    assert world.job("train").placement.nice == nice


def test_a_core_comes_back_slowly_once_the_service_is_well() -> None:
    world = side_by_side()
    look(world, 210.0)

    look(world, 5.0, seconds=1.0)
    assert world.job("train").placement.borrowed == ()
    for _ in range(400):
        look(world, 5.0)
    world.tick(5)

    assert world.job("train").placement.borrowed == (0,)


def test_a_service_without_requests_gives_its_core_back() -> None:
    world = side_by_side()
    look(world, 210.0)

    for _ in range(100):
        world.tick(1)

    assert world.job("train").placement.borrowed == (0,)


def test_a_second_breach_leaves_a_larger_margin() -> None:
    first = _after_breach(Demand(), 10.0)
    second = _after_breach(first, 40.0)

    assert needed_cores(second) > needed_cores(first) > 0.9


def test_a_rising_load_is_provided_for_before_anyone_waits() -> None:
    world = side_by_side()

    for _ in range(8):
        look(world, 8.0, load=1.5)

    assert world.job("train").placement.borrowed == ()


def test_under_another_policy_a_service_is_a_job_like_others() -> None:
    world = World("priority")
    world.run(SERVE)
    world.run(TRAIN)

    look(world, 900.0)

    assert (world.cores("serve"), world.cores("train")) == ((0,), (1,))
    assert world.job("train").placement.borrowed == ()


def test_a_new_scheduler_leaves_cores_as_they_are_until_it_has_measured() -> None:
    world = side_by_side()
    look(world, 210.0)

    world.restart()

    assert world.job("train").state == "running"
    assert world.cores("train") == (1,)


def _after_breach(demand: Demand, now_s: float) -> Demand:
    job = Job(spec=msgspec.structs.replace(SERVE, max_cpus=4.0), number=0)
    return measured(demand, job, 210.0, 0.7, now_s)
