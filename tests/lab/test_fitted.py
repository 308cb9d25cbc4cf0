"""Whatever a record holds, what is sent is clean and bounded."""

from __future__ import annotations

import msgspec

from ds_notebook.draw import Lines, Scene, Series, Table, Text
from ds_notebook.lab.fitted import MOST_BYTES, fitted


def curve(num_points):
    return Series(name="loss", x=list(map(float, range(num_points))), y=[float(at % 7) for at in range(num_points)])


def test_a_small_scene_is_sent_as_it_is():
    scene = Scene(title="run: running", panels=[Lines(series=[curve(50)]), Table(columns=["a"], rows=[[1], [None]])])

    assert fitted(scene, 800) == scene


def test_curves_share_the_points_and_keep_their_ends():
    panels = [Lines(series=[curve(5000), curve(5000)]) for _ in range(6)]

    sent = fitted(Scene(title="", panels=panels), 2000)

    assert len(msgspec.json.encode(sent)) < 60_000
    assert sent.panels[0].series[0].x[-1] == 4999


def test_text_is_clean_wherever_it_stands():
    table = Table(heading="\x1b[2Jhead", columns=["co\x00l"], rows=[["ce\u202ell", 1.5]])

    sent = fitted(Scene(title="ti\x07tle", panels=[table]), 800)

    assert sent == Scene(title="title", panels=[Table(heading="head", columns=["col"], rows=[["cell", 1.5]])])


def test_what_is_too_large_gives_way_to_a_sentence():
    panels = [Text(lines=["x" * 900] * 100) for _ in range(10)]

    sent = fitted(Scene(title="", panels=panels), 800)

    assert len(msgspec.json.encode(sent)) < MOST_BYTES + 1000
    assert "ds show" in sent.panels[-1].lines[0]
