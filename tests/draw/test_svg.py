"""The still picture as SVG."""

import math
import re
from xml.etree import ElementTree

import pytest

from ds_notebook.draw import (
    Bars,
    Block,
    Edge,
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
    svg,
)
from ds_notebook.draw._layout import layout
from ds_notebook.draw._words import clean, fit, width_of, wrap
from tests.draw.scenes import EMPTY_SCENES, ODD_CURVES, one_curve, scene_of_everything, small_flame, training_scene

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('x')</script>&\"\x00\x1b[31mred\x1b[0m\u202eback\ud800\n"


def parsed(scene: Scene) -> ElementTree.Element:
    return ElementTree.fromstring(svg(scene))


def all_words(scene: Scene) -> str:
    return " ".join(parsed(scene).itertext())


def paths(scene: Scene) -> list[str]:
    return [path.get("d", "") for path in parsed(scene).iter(f"{SVG}path") if path.get("stroke-linejoin")]


def test_a_training_scene_is_small():
    assert len(svg(training_scene())) < 30_000


def test_the_title_says_the_state_to_eyes_and_screen_readers():
    root = parsed(training_scene())

    assert root.get("aria-label") == root.findtext(f"{SVG}title") == "running, epoch 5 of 5, 1 min 10 s left"
    assert "running, epoch 5 of 5, 1 min 10 s left" in [text.text for text in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_shape_draws_valid_xml_on_its_own_paper(theme):
    root = ElementTree.fromstring(svg(scene_of_everything(), theme=theme))

    assert root.get("width") == root.find(f"{SVG}rect").get("width") == "760"
    assert root.get("height") == root.find(f"{SVG}rect").get("height")


@pytest.mark.parametrize("scene", EMPTY_SCENES)
def test_an_empty_scene_is_a_valid_picture(scene):
    assert parsed(scene).tag == f"{SVG}svg"


@pytest.mark.parametrize("scene", ODD_CURVES.values(), ids=ODD_CURVES.keys())
def test_odd_curves_are_drawn_without_a_nan_in_the_picture(scene):
    attributes = " ".join(" ".join(element.attrib.values()) for element in parsed(scene).iter())

    assert not re.search(r"\b(nan|inf)\b", attributes)


def test_no_word_from_a_user_becomes_markup():
    block = Block(lane=HOSTILE, start=0, end=1, label=HOSTILE, kind=HOSTILE)
    scene = Scene(
        title=HOSTILE,
        panels=[
            Lines(heading=HOSTILE, x_label=HOSTILE, y_label="y" + HOSTILE, series=[Series(name=HOSTILE, x=[1], y=[1])]),
            Bars(names=[HOSTILE], values=[1], unit=HOSTILE),
            Timeline(lanes=[HOSTILE], blocks=[block]),
            Flame(heading=HOSTILE, names=[HOSTILE], name=[0], parent=[-1], weight=[1.0], unit=HOSTILE),
            Heatmap(rows=[HOSTILE], columns=[HOSTILE], values=[[1.0]], x_label=HOSTILE, y_label=HOSTILE, unit=HOSTILE),
            Graph(nodes=[Node(name=HOSTILE, kind=HOSTILE, note=HOSTILE)], edges=[]),
            Table(columns=[HOSTILE], rows=[[HOSTILE]]),
            Text(lines=[HOSTILE]),
        ],
    )

    assert not list(parsed(scene).iter(f"{SVG}script"))
    assert "<script>alert('x')</script>&\"redback" in all_words(scene)


def test_a_gap_breaks_the_line():
    assert paths(one_curve(1.0, 2.0, None, 3.0, 4.0))[0].count("M") == 2


def test_a_point_between_two_gaps_is_a_dot():
    assert len(list(parsed(one_curve(1.0, 2.0, None, 3.0, math.nan, 4.0, 5.0)).iter(f"{SVG}circle"))) == 1


def test_a_spike_of_one_step_in_a_dense_curve_reaches_the_top():
    y = [1.0] * 3_000
    y[1_234] = 9.0
    band = next(path for path in parsed(one_curve(*y)).iter(f"{SVG}path") if path.get("fill-opacity"))
    steps = [int(step) for step in re.findall(r"[+-]\d+", band.get("d"))[1::2]]

    assert max(map(abs, steps)) > 1_000  # tenths of a pixel


def test_no_data_is_said_in_words():
    assert "no data yet" in all_words(one_curve())
    assert "nothing finite to draw" in all_words(one_curve(math.nan))


def test_curves_differ_without_their_colours():
    names = "abcdefg"
    lines = Lines(series=[Series(name=name, x=[0, 1], y=[0, at]) for at, name in enumerate(names)])
    drawn = list(parsed(Scene(title="", panels=[lines])).iter(f"{SVG}path"))
    looks = {(path.get("stroke"), path.get("stroke-dasharray")) for path in drawn if path.get("stroke-linejoin")}

    assert len(looks) == len(names)
    assert len({dash for _, dash in looks}) == 6


def test_one_name_has_one_colour_in_all_panels():
    first = Lines(series=[Series(name="train", x=[0, 1], y=[0, 1]), Series(name="val", x=[0, 1], y=[0, 2])])
    second = Lines(series=[Series(name="val", x=[0, 1], y=[0, 3])])
    drawn = [path for path in parsed(Scene(title="", panels=[first, second])).iter(f"{SVG}path")]
    train, val, val_again = [path.get("stroke") for path in drawn if path.get("stroke-linejoin")]

    assert train != val == val_again


def test_more_bars_and_rows_than_fit_are_counted():
    bars = Bars(names=[f"n{at}" for at in range(100)], values=[1.0] * 100)
    table = Table(columns=["row"], rows=[[at] for at in range(100)])

    assert "… and 70 more" in all_words(Scene(title="", panels=[bars]))
    assert "… and 76 more rows" in all_words(Scene(title="", panels=[table]))


def test_ten_thousand_blocks_are_merged_to_what_a_screen_shows():
    blocks = [Block(lane="loop", start=at, end=at + 0.9, kind="step") for at in range(10_000)]

    assert len(svg(Scene(title="", panels=[Timeline(lanes=["loop"], blocks=blocks)]))) < 60_000


def widths(scene: Scene) -> list[float]:
    return [float(box.get("width")) for box in parsed(scene).iter(f"{SVG}rect")][1:]


def test_a_flame_is_as_wide_as_its_weights():
    whole, fit, load, inner_fit, inner_load = widths(Scene(title="", panels=[small_flame()]))

    assert fit / whole == pytest.approx(0.6, abs=0.01)
    assert (load / whole, inner_fit / whole, inner_load / whole) == pytest.approx((0.3, 0.2, 0.1), abs=0.01)


def test_fifty_thousand_flame_boxes_make_a_small_picture():
    count = 50_000
    flame = Flame(
        names=["f"], name=[0] * count, parent=[-1, *[0] * (count - 1)], weight=[1.0, *[1 / count] * (count - 1)]
    )

    assert len(svg(Scene(title="", panels=[flame]))) < 5_000


def test_a_spike_in_a_heatmap_of_many_columns_is_seen():
    values = [0.0] * 5_000
    values[1_234] = 9.0
    flat, spiked = (
        Scene(title="", panels=[Heatmap(rows=["r"], columns=list(range(5_000)), values=[row])])
        for row in ([0.0] * 5_000, values)
    )

    assert len(list(parsed(spiked).iter(f"{SVG}path"))) == len(list(parsed(flat).iter(f"{SVG}path"))) + 1


def test_a_hole_in_a_heatmap_stays_clear():
    drawn = [
        path.get("d")
        for path in parsed(
            Scene(title="", panels=[Heatmap(rows=["r"], columns=["a", "b"], values=[[None, 1.0]])])
        ).iter(f"{SVG}path")
    ]

    assert len(drawn) == 1 and drawn[0].count("M") == 1


def test_a_graph_stands_in_layers_and_a_cycle_does_not_hang_it():
    nodes = [Node(name=name) for name in "abcd"]
    edges = [Edge(source=source, target=target) for source, target in ("ab", "bc", "ac", "cd", "db")]

    layers = {placed.node.name: placed.layer for placed in layout(Graph(nodes=nodes, edges=edges))}

    assert layers["a"] < layers["b"] < layers["c"] < layers["d"]


def test_a_long_name_is_cut_with_an_ellipsis_to_the_room_it_has():
    cut = fit("a very long name indeed", 60, 12)

    assert cut.startswith("a very") and cut.endswith("…")
    assert width_of(cut, 12) <= 60


def test_a_long_sentence_is_wrapped_between_words():
    assert wrap("one two three four", 60, 12) == ["one two", "three four"]


def test_words_of_every_script_stay_as_they_are():
    assert clean("größer · 損失 ≥ λ") == "größer · 損失 ≥ λ"


def test_rows_of_a_flame_that_hold_hardly_anything_take_no_height():
    tower = [
        Flame(names=["a", "b"], name=[0, 1, *[0] * 15], parent=list(range(-1, 16)), weight=[100.0, 50, *[w] * 15])
        for w in (1.0, 50.0)
    ]

    thin, thick = (float(parsed(Scene(title="", panels=[flame])).get("height")) for flame in tower)

    assert thin < thick - 200


def test_functions_of_one_package_share_a_colour_in_a_flame():
    names = ["f (pandas/a.py)", "g (pandas/b.py)", "h (json/c.py)"]
    flame = Flame(names=names, name=[0, 1, 2], parent=[-1, -1, -1], weight=[1.0, 1.0, 1.0])

    fills = [box.get("fill") for box in parsed(Scene(title="", panels=[flame])).iter(f"{SVG}rect")][-3:]

    assert fills[0] == fills[1] != fills[2]


def test_the_seventh_kind_of_a_time_line_differs_from_the_first():
    blocks = [Block(lane="a", start=float(at), end=at + 1.0, kind=f"kind {at}") for at in range(7)]
    root = parsed(Scene(title="", panels=[Timeline(lanes=["a"], blocks=blocks)]))

    looks = [(rect.get("height"), rect.get("fill")) for rect in root.iter(f"{SVG}rect")]
    patterns = {fill for height, fill in looks if height == "20" and str(fill).startswith("url")}
    assert len(patterns) == 5 and len(list(root.iter(f"{SVG}pattern"))) == 5
    assert len([fill for height, fill in looks if height == "20" and str(fill).startswith("url")]) == 6
