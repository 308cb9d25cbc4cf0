"""A run's events become a scene: the state in words, the curves that are worth drawing, the numbers."""

import msgspec

from ds_notebook.draw import Lines, Scene, Table, Text
from ds_notebook.record.events import AnyEvent, Decision, Metrics, Note, RunEnded, RunStarted
from ds_notebook.train.view import TrainingView, duration, scene


def started(**more: object) -> RunStarted:
    return msgspec.structs.replace(
        RunStarted(at=0.0, kind="train", name="digits", host="h", boot_id="b", pid=1, process_started=0.0), **more
    )


def rows(at: float, steps: list[int], **values: list[float]) -> Metrics:
    return Metrics(at=at, steps=steps, times_us=[i * 1000 for i in range(len(steps))], values=dict(values))


def headings(drawn: Scene) -> list[str]:
    return [panel.heading for panel in drawn.panels if isinstance(panel, Lines)]


def sentences(drawn: Scene) -> list[str]:
    return [line for panel in drawn.panels if isinstance(panel, Text) for line in panel.lines]


def test_a_running_training_says_its_epoch_and_the_time_left() -> None:
    events: list[AnyEvent] = [
        started(config={"epochs": 5}, total_steps=100),
        rows(1.0, [0], epoch=[1.0]),
        rows(20.0, [0, 1, 19], loss=[1.0, 0.9, 0.8]),
    ]

    assert scene(events, "running").title == "digits: running, epoch 1 of 5, 1 min 20 s left"


def test_an_ended_run_says_how_and_after_how_long() -> None:
    events: list[AnyEvent] = [
        started(),
        rows(1.0, [0], loss=[1.0]),
        RunEnded(at=4.0, status="failed", error="KeyError: 1"),
    ]

    drawn = scene(events)

    assert drawn.title == "digits: failed, step 0, after 4.0 s"
    assert sentences(drawn)[0] == "KeyError: 1"


def test_a_loop_of_ones_own_says_how_many_of_its_steps_are_done() -> None:
    drawn = scene([started(total_steps=40), rows(1.0, [0, 1, 2], loss=[3, 2, 1])], "paused")

    assert drawn.title.startswith("digits: paused, 3 of 40 steps")


def test_a_gate_that_failed_is_in_the_title_and_its_measure_beneath() -> None:
    gate = Decision(policy="gate", subject="loss < 0", verdict="failed", reason="loss < 0: measured 1")

    drawn = scene([started(), RunEnded(at=1.0, status="finished"), gate])

    assert drawn.title == "digits: finished, after 1.0 s, gate failed"
    assert "loss < 0: measured 1" in sentences(drawn)


def test_training_and_validation_share_a_panel_and_loss_comes_first() -> None:
    events = [rows(1.0, [0, 1], grad_norm=[1, 2], accuracy=[0, 1], val_loss=[3, 2], loss=[3, 1])]

    drawn = scene(events)

    assert headings(drawn) == ["loss", "accuracy", "grad_norm"]


def test_a_learning_rate_is_drawn_only_where_it_moves() -> None:
    still = scene([rows(1.0, [0, 1], lr=[0.1, 0.1])])
    moving = scene([rows(1.0, [0, 1], lr=[0.1, 0.2])])

    assert headings(still) == [] and [p.rows for p in still.panels if isinstance(p, Table)] == [[["lr", 0.1]]]
    assert headings(moving) == ["lr"]


def test_a_run_of_one_step_is_a_table_once_it_is_over() -> None:
    events: list[AnyEvent] = [started(), rows(1.0, [0], found=[3], equal=[2]), RunEnded(at=2.0, status="finished")]

    assert headings(scene(events)) == []
    assert [panel.rows for panel in scene(events).panels if isinstance(panel, Table)] == [[["found", 3], ["equal", 2]]]


def test_waiting_for_data_is_said_as_a_share_of_the_time() -> None:
    waits = Metrics(
        at=0.0, steps=[0, 1, 2, 3], times_us=[0, 10_000, 20_000, 40_000], values={"data_wait_s": [0.005] * 4}
    )

    assert sentences(scene([waits]))[-1] == "50% of the time was spent waiting for data; a step took 10 ms."


def test_folding_as_it_comes_gives_the_same_scene_as_all_at_once() -> None:
    events: list[AnyEvent] = [started(), *(rows(i, [i], loss=[1 / (i + 1)]) for i in range(3000))]
    view = TrainingView()
    for event in events:
        view.add(event)
        view.scene("running") if event.at % 1000 == 0 else None

    assert view.scene("running") == scene(events, "running")


def test_a_scene_of_a_long_run_stays_within_50_kb() -> None:
    events = [
        rows(i, list(range(i * 1000, i * 1000 + 1000)), **{n: [i % 7 + j / 1e3 for j in range(1000)] for n in "abcd"})
        for i in range(100)
    ]

    assert len(msgspec.json.encode(scene(events))) < 50_000


def test_what_an_earlier_start_said_of_itself_does_not_stand_over_a_later_one() -> None:
    fresh = Decision(policy="resume", subject="r", verdict="fresh start", reason="a fresh start.")

    assert "a fresh start." not in sentences(scene([started(), fresh, started(at=9.0, first_step=5)], "running"))


def test_only_a_run_that_goes_on_offers_commands() -> None:
    assert scene([started()], "running").commands == ["pause", "resume", "stop", "save", "set"]
    assert scene([started()], "lost").commands == []


def test_notes_are_shown_newest_three() -> None:
    assert sentences(scene([Note(level="info", text=str(i)) for i in range(5)])) == ["2", "3", "4"]


def test_durations_are_said_as_a_person_does() -> None:
    assert [duration(s) for s in (4.25, 59.6, 70, 11100)] == ["4.2 s", "1 min 0 s", "1 min 10 s", "3 h 5 min"]
