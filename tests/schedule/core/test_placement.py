"""Who gets which cores, GPUs and memory."""

from tests.schedule.core.world import World, spec

GB = 10**9


def test_whole_cores_are_promised_to_one_job_each() -> None:
    world = World(cores=4)

    world.run(spec("a", cpus=2), spec("b"), spec("c", cpus=2))

    assert (world.cores("a"), world.cores("b")) == ((0, 1), (2,))
    assert (world.job("c").state, world.job("c").reason) == ("waiting", "waits for 2 cores")


def test_jobs_of_less_than_a_core_share_one() -> None:
    world = World(cores=2)

    world.run(spec("a", cpus=0.5), spec("b", cpus=0.25), spec("c", cpus=0.25), spec("d"), spec("e", cpus=0.1))

    assert [world.cores(each) for each in "abcd"] == [(0,), (0,), (0,), (1,)]
    assert world.job("e").reason == "waits for 0.1 of a core"


def test_gpus_are_promised_by_number_and_memory_by_bytes() -> None:
    world = World(cores=4, gpus=2, memory_bytes=4 * GB)

    world.run(
        spec("a", gpus=1), spec("b", gpus=1, memory_bytes=3 * GB), spec("c", gpus=1), spec("d", memory_bytes=2 * GB)
    )

    assert (world.job("a").placement.gpus, world.job("b").placement.gpus) == ((0,), (1,))
    assert world.job("c").reason == "waits for 1 core and 1 GPU"
    assert world.job("d").reason == "waits for 1 core and 2 GB"


def test_an_elastic_job_starts_with_all_that_nobody_waits_for() -> None:
    world = World(cores=4)

    world.run(spec("train", max_cpus=3))

    assert (world.cores("train"), world.job("train").placement.threads) == ((0, 1, 2), 3)


def test_two_elastic_jobs_share_what_is_left() -> None:
    world = World(cores=4)

    world.run(spec("a", max_cpus=4), spec("b", max_cpus=4))

    assert len(world.cores("a")) == len(world.cores("b")) == 2


def test_an_elastic_job_gives_back_what_a_new_one_needs_and_says_to_whom() -> None:
    world = World(cores=3)
    world.run(spec("train", max_cpus=3))

    world.run(spec("report", cpus=2))

    assert (world.cores("train"), world.cores("report")) == ((0,), (1, 2))
    assert world.job("train").reason == "gave 2 cores to report, which waited"


def test_an_elastic_job_grows_when_others_have_ended_a_little_later() -> None:
    world = World(cores=2)
    world.run(spec("train", max_cpus=2), spec("report"))
    world.tick(1.0)

    world.exit("report")
    world.tick(2.0)

    assert world.cores("train") == (0, 1)
    assert world.job("train").reason == "got 2 cores: nobody waits for them"


def test_a_job_that_a_smaller_machine_cannot_take_waits_and_holds_up_nobody() -> None:
    world = World("fifo", cores=4)
    world.run(spec("wide", cpus=4, not_before=2000.0), spec("narrow", not_before=2000.0))
    world.machine = World(cores=2).machine  # the scheduler comes back in a smaller container

    world.restart()
    world.tick(1000)

    assert world.states() == {"wide": "waiting", "narrow": "running"}
