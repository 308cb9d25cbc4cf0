"""Scenes for the tests of the still picture and the text."""

import math

from ds_notebook.draw import (
    Bars,
    Block,
    Edge,
    Envelope,
    Flame,
    Graph,
    Heatmap,
    Lines,
    Node,
    Scene,
    Series,
    Table,
    Text,
    Timeline,
)


def training_scene() -> Scene:
    """Two curves of 5,000 noisy steps, a validation point an epoch, and a table."""
    steps = list(range(5_000))
    loss, accuracy = Envelope(), Envelope()
    loss.add(steps, [2 * math.exp(-step / 900) + 0.1 + 0.05 * math.sin(step * 12.9898) for step in steps])
    accuracy.add(steps, [1 - 0.9 * math.exp(-step / 700) - 0.02 * abs(math.sin(step * 7.1)) for step in steps])
    epochs = [1000.0, 2000.0, 3000.0, 4000.0, 5000.0]
    val_loss = Series(name="val", x=epochs, y=[0.9, 0.42, 0.25, 0.19, 0.17], markers=True)
    val_accuracy = Series(name="val", x=epochs, y=[0.71, 0.85, 0.93, 0.96, 0.97], markers=True)
    return Scene(
        title="running, epoch 5 of 5, 1 min 10 s left",
        panels=[
            Lines(heading="Loss", series=[loss.series("train"), val_loss]),
            Lines(heading="Accuracy", series=[accuracy.series("train"), val_accuracy]),
            Table(heading="Epochs", columns=["epoch", "loss"], rows=[[1, 0.9], [2, 0.42]]),
        ],
    )


def scene_of_everything() -> Scene:
    """Each shape once."""
    blocks = [Block(lane="loop", start=at / 10, end=at / 10 + 0.08, kind=("a", "b")[at % 2]) for at in range(30)]
    return Scene(
        title="finished after 3.4 s",
        panels=[
            *training_scene().panels,
            Bars(heading="Time", names=["data", "forward"], values=[61.0, -3.5], unit="%"),
            Timeline(heading="Steps", lanes=["loop"], blocks=blocks),
            small_flame(),
            Heatmap(heading="Confusion", rows=["cat", "dog"], columns=["cat", "dog"], values=[[5.0, 1.0], [None, 7.0]]),
            small_graph(),
            Text(heading="Findings", lines=["61% of each step waits for data."]),
        ],
    )


def small_flame() -> Flame:
    """`main` calls `load` and `fit`; `fit` calls `fit` again and `load`."""
    names, name, parent = ["main", "load", "fit"], [0, 1, 2, 2, 1], [-1, 0, 0, 2, 2]
    return Flame(heading="Where time went", names=names, name=name, parent=parent, weight=[10.0, 3.0, 6.0, 2.0, 1.0])


def small_graph() -> Graph:
    """Three jobs in a row, and an arrow to a job that is not there."""
    nodes = [
        Node(name="fetch", kind="finished"),
        Node(name="train", kind="running", note="epoch 3"),
        Node(name="report"),
    ]
    edges = [Edge(source="fetch", target="train"), Edge(source="train", target="report"), Edge(source="x", target="y")]
    return Graph(heading="Jobs", nodes=nodes, edges=edges)


def one_curve(*y: float | None, name: str = "loss", log_y: bool = False, markers: bool = False) -> Scene:
    """A scene of one curve over 0, 1, 2…"""
    series = Series(name=name, x=[float(at) for at in range(len(y))], y=list(y), markers=markers)
    return Scene(title="running", panels=[Lines(heading="Loss", series=[series], log_y=log_y)])


EMPTY_SCENES = [
    Scene(title="", panels=[]),
    Scene(title="queued", panels=[Lines(series=[])]),
    Scene(title="queued", panels=[Lines(series=[Series(name="loss", x=[], y=[])])]),
    Scene(title="queued", panels=[Bars(names=[], values=[])]),
    Scene(title="queued", panels=[Timeline(lanes=[], blocks=[])]),
    Scene(title="queued", panels=[Timeline(lanes=["loop"], blocks=[])]),
    Scene(title="queued", panels=[Flame(names=[], name=[], parent=[], weight=[])]),
    Scene(title="queued", panels=[Heatmap(rows=[], columns=[], values=[])]),
    Scene(title="queued", panels=[Heatmap(rows=["a"], columns=[], values=[[]])]),
    Scene(title="queued", panels=[Graph(nodes=[], edges=[])]),
    Scene(title="queued", panels=[Table(columns=[], rows=[])]),
    Scene(title="queued", panels=[Table(columns=["epoch"], rows=[])]),
    Scene(title="queued", panels=[Text(lines=[])]),
]

ODD_CURVES = {
    "one point": one_curve(0.5),
    "constant": one_curve(0.5, 0.5, 0.5),
    "all NaN": one_curve(math.nan, math.nan),
    "gaps": one_curve(1.0, math.nan, 2.0, None, math.inf, 3.0, 2.0),
    "huge": one_curve(-1.7e308, 1.7e308),
    "tiny": one_curve(5e-324, 0.0),
    "hardly different": one_curve(1.0, 1.0 + 2e-16),
    "log without positives": one_curve(0.0, -1.0, log_y=True),
    "log over all there is": one_curve(5e-324, 1.7e308, log_y=True),
    "a long name": one_curve(1.0, 2.0, name="layer." * 200),
}
