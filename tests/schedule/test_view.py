"""A queue's events become a scene: the answer first, then who was where, the numbers and all jobs."""

import msgspec

from ds_notebook.draw import Lines, Scene, Table, Text, Timeline, text
from ds_notebook.record.events import AnyEvent, Usage
from ds_notebook.rooms import new_view
from ds_notebook.schedule.events import LatencyMeasured
from ds_notebook.schedule.gauges import METRICS
from ds_notebook.schedule.timetable import Timetable
from ds_notebook.schedule.view import ScheduleView, scene
from tests.schedule.core.world import World, spec


def only(drawn: Scene, kind: type) -> list[object]:
    return [panel for panel in drawn.panels if isinstance(panel, kind)]


def answer(drawn: Scene) -> str:
    panel = drawn.panels[0]
    assert isinstance(panel, Text)
    return panel.lines[0]


def rows(drawn: Scene) -> list[list[object]]:
    table = next(panel for panel in drawn.panels if isinstance(panel, Table))
    return [list(row) for row in table.rows]


def timeline(drawn: Scene) -> Timeline:
    return next(panel for panel in drawn.panels if isinstance(panel, Timeline))


def usage(world: World, device: str, **values: float) -> Usage:
    return Usage(at=world.now_s, device=device, values=values)


def test_the_first_line_is_the_answer() -> None:
    world = World()
    world.run(spec("clean"), spec("fit"), spec("report", after=["clean"]), spec("big", cpus=2))

    drawn = scene(world.record, "running")

    assert drawn.title == "schedule: 2 running, 2 waiting"
    assert answer(drawn) == "2 running, 2 waiting: report waits for clean; big waits for 2 cores."


def test_what_failed_is_said_with_its_reason() -> None:
    world = World()
    world.run(spec("clean"))
    world.exit("clean", "failed", "cell 3: KeyError: 'x'")

    first = scene(world.record, "running").panels[0]

    assert isinstance(first, Text)
    assert first.lines == ["1 failed.", "Failed: clean: cell 3: KeyError: 'x'."]


def test_a_queue_without_a_scheduler_says_how_to_go_on() -> None:
    world = World()
    world.run(spec("clean"))

    drawn = scene(world.record, "lost")

    assert drawn.title == "schedule: 1 running, no scheduler runs"
    assert "`ds schedule start` goes on with the queue" in text(drawn)
    assert drawn.commands == []


def test_an_empty_queue_says_what_to_type() -> None:
    drawn = scene(World().record, "running")

    assert answer(drawn) == "No job yet. Try: %ds_schedule submit nightly.ipynb -p lr 0.1"


def test_the_table_says_what_each_job_got_and_why() -> None:
    world = World()
    world.run(spec("train", max_cpus=2))
    world.tick(5)
    world.run(spec("report"))

    drawn = scene([*world.record, usage(world, "job train", progress=0.4)], "running")

    assert rows(drawn) == [
        ["train", "train", "running", "40%", "core 0", "5 s", "gave 1 core to report, which waited"],
        ["report", "report", "running", "", "core 1", "", "was first in line"],
    ]


def test_the_time_line_shows_each_job_on_its_cores_from_start_to_end() -> None:
    world = World(gpus=1)
    world.run(spec("a", gpus=1), spec("b"))
    world.tick(10)
    world.exit("b")
    world.tick(10)
    world.exit("a")

    drawn = timeline(scene(world.record, "running"))

    assert drawn.lanes == ["core 0", "core 1", "GPU 0"]
    assert [(each.lane, each.start, each.end, each.label) for each in drawn.blocks] == [
        ("GPU 0", 0.0, 20.0, "a"),
        ("core 0", 0.0, 20.0, "a"),
        ("core 1", 0.0, 10.0, "b"),
    ]


def test_a_lent_core_has_a_lane_of_its_own_and_ends_where_it_was_taken_back() -> None:
    world = World("qos")
    world.run(spec("serve", kind="service", latency_target_ms=150.0))
    world.run(spec("train", max_cpus=2))
    world.tick(10)
    world.tell(LatencyMeasured(job="serve", p99_ms=210.0))

    drawn = scene(world.record, "running")

    assert ("core 0, lent", 0.0, 10.0) in [(each.lane, each.start, each.end) for each in timeline(drawn).blocks]
    assert "10 s: train: gave 1 core from train to serve: p99 was 210 ms, target 150" in text(drawn, width=200)


def test_each_metric_that_was_measured_has_a_panel_on_the_time_lines_axis() -> None:
    world = World()
    world.run(spec("train"))
    events: list[AnyEvent] = list(world.record)
    for _ in range(3):
        world.tick(5)
        events += [
            usage(world, "machine", cpu_busy_pct=50.0, memory_bytes=2e9),
            usage(world, "job train", step_time_s=0.1),
        ]

    panels = only(scene(events, "running"), Lines)

    assert [(each.heading, each.series[0].name, each.series[0].x, each.series[0].y) for each in panels] == [  # type: ignore[attr-defined]
        ("CPU busy", "machine", [5.0, 10.0, 15.0], [50.0] * 3),
        ("memory", "machine", [5.0, 10.0, 15.0], [2.0] * 3),
        ("a step", "train", [5.0, 10.0, 15.0], [100.0] * 3),
    ]
    assert {each.x_label for each in panels} == {"seconds"}  # type: ignore[attr-defined]


def test_a_thousand_jobs_and_all_metrics_fit_into_50_kilobytes() -> None:
    world = World(cores=8, gpus=2, checks=False)
    names = [f"a notebook with a rather long name, lr={number / 1000}" for number in range(1000)]
    world.run(*(spec(f"sweep-{number:04}", name=name, retries=1) for number, name in enumerate(names)))
    view = ScheduleView()
    seen = 0
    for round in range(100):
        world.tick(5)
        status = "failed" if round % 7 == 0 else "succeeded"
        world.exit(sorted(world.at_work)[0], status, "cell 12: ValueError: " + "something was wrong with it " * 9)
        for event in [*world.record[seen:], *all_usage(world)]:
            view.add(event)
        seen = len(world.record)

    drawn = view.scene("running")

    assert len(msgspec.json.encode(drawn)) < 50_000
    assert len(only(drawn, Lines)) == 12


def all_usage(world: World) -> list[Usage]:
    devices = ["machine", "gpu0", "gpu1", *(f"job {job}" for job in world.at_work)]
    return [usage(world, each, **{name: 12345.678 + 7.1 * world.now_s for name in METRICS}) for each in devices]


def test_the_same_record_gives_the_same_scene_whether_read_at_once_or_as_it_grew() -> None:
    world = World()
    world.run(spec("a", max_cpus=2), spec("b"))
    view = ScheduleView()
    for event in world.record:
        view.add(event)
        view.scene("running")

    assert view.scene("running") == scene(world.record, "running")


def test_after_an_hour_without_jobs_the_picture_begins_anew() -> None:
    world = World()
    world.run(spec("a"))
    world.tick(5)
    world.exit("a")
    world.tick(7200)
    world.run(spec("b"))
    world.tick(5)

    drawn = scene(world.record, "running")

    assert [(each.label, each.start) for each in timeline(drawn).blocks] == [("b", 0.0)]
    assert [row[1] for row in rows(drawn)] == ["b", "a"]


def test_the_table_of_rooms_knows_the_view() -> None:
    assert isinstance(new_view("schedule"), ScheduleView)


def test_each_open_job_can_be_cancelled_and_put_ahead_while_a_scheduler_runs() -> None:
    world = World()
    world.run(spec("clean"), spec("fit", priority=3))
    world.exit("clean", "succeeded")

    assert scene(world.record, "running").commands == ["cancel fit", "priority fit 3"]
    assert scene(world.record, "stopped").commands == scene(world.record).commands == []


def test_what_comes_again_has_a_row_with_its_next_time_and_a_cancel_of_its_own() -> None:
    world = World()
    world.run(spec("fit", cpus=2), spec("report"))
    nightly = Timetable(())
    planned = nightly.add(spec("nightly", every="0 3 * * *"), world.now_s)

    drawn = scene([*world.record, *planned], "running")
    cancelled = scene([*world.record, *planned, nightly.cancel("nightly")], "running")

    assert [row[1:3] for row in rows(drawn)] == [["fit", "running"], ["nightly", "waiting"], ["report", "waiting"]]
    assert str(rows(drawn)[1][-1]).startswith("comes every day at 03:00, next 19")
    assert answer(drawn).startswith("1 running, 2 waiting: report waits for 1 core; nightly comes every day at 03:00")
    assert [word for word in drawn.commands if "nightly" in word] == ["cancel nightly"]
    assert rows(cancelled)[-1][2:] == ["cancelled", "", "", "", "cancelled by its user"]
    assert [word for word in cancelled.commands if "nightly" in word] == []


def test_what_comes_again_is_waited_for_by_a_scheduler() -> None:
    drawn = scene(Timetable(()).add(spec("nightly", every="0 3 * * *"), 1000.0), "stopped")

    assert drawn.title == "schedule: 1 waiting, no scheduler runs"
    assert "`ds schedule start` goes on with the queue" in text(drawn)
