"""The still picture as PNG, read back without an imaging library."""

import struct
import zlib

import pytest

from ds_notebook.draw import Scene, Text, png
from tests.draw.scenes import EMPTY_SCENES, scene_of_everything, training_scene


def size_of(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def rows_of(picture: bytes) -> list[bytes]:
    """The filtered rows: enough to tell a blank picture from a drawn one."""
    at, packed = 8, b""
    while at < len(picture):
        length, kind = struct.unpack(">I4s", picture[at : at + 8])
        packed += picture[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += length + 12
    raw = zlib.decompress(packed)
    stride = len(raw) // size_of(picture)[1]
    return [raw[start : start + stride] for start in range(0, len(raw), stride)]


@pytest.mark.parametrize("scale", [1, 1.5, 2])
def test_a_picture_has_the_width_asked_for(scale):
    assert size_of(png(training_scene(), width=760, scale=scale))[0] == 760 * scale


def test_a_training_picture_is_drawn_and_small():
    picture = png(training_scene())

    assert len(set(rows_of(picture))) > 300
    assert len(picture) < 100_000


def test_words_are_drawn_with_the_fonts_of_the_package():
    blank, drawn = (
        png(Scene(title="", panels=[Text(lines=["·"])])),
        png(Scene(title="", panels=[Text(lines=["Wörter"])])),
    )

    assert size_of(blank) == size_of(drawn)
    assert len(set(rows_of(drawn))) > len(set(rows_of(blank)))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_shape_is_drawn(theme):
    assert len(set(rows_of(png(scene_of_everything(), scale=1, theme=theme)))) > 300


@pytest.mark.parametrize("scene", [*EMPTY_SCENES, Scene(title="損失", panels=[])])
def test_an_empty_scene_is_a_picture(scene):
    assert size_of(png(scene, scale=1))[0] == 760


def test_a_picture_that_is_too_large_loses_the_soft_edges_of_its_letters_and_then_pixels():
    scene = scene_of_everything()
    sharp = png(scene)

    smaller = png(scene, most_bytes=len(sharp) - 1)
    smallest = png(scene, most_bytes=1)

    assert size_of(smaller) == size_of(sharp) and len(smaller) < len(sharp)
    assert size_of(smallest)[0] == 760 * 1.5 and len(smallest) < len(smaller)
