"""Whose code it is, and what its place is called."""

import json
import os
import site
import sys
import threading
from pathlib import Path

import pytest

from ds_notebook.profile.capture import places as module
from ds_notebook.profile.capture.places import Places


@pytest.mark.parametrize(
    ("filename", "whose"),
    [
        (__file__, "users"),
        (os.path.join(os.getcwd(), "prog.py"), "users"),
        ("/tmp/someones/train.py", "users"),
        (json.__file__, "library"),
        (os.path.join(site.getsitepackages()[0], "numpy", "core.py"), "library"),
        ("<frozen importlib._bootstrap>", "library"),
        ("<string>", "library"),
        (threading.__file__, "launcher"),
        (module.__file__, "ours"),
    ],
)
def test_whose_a_file_is(filename: str, whose: str) -> None:
    assert Places().of(filename).whose == whose


def test_a_file_below_the_working_folder_is_named_from_there() -> None:
    assert Places().of(os.path.join(os.getcwd(), "parts", "prog.py")).name == os.path.join("parts", "prog.py")
    assert Places().of("/tmp/prog.py").name == "/tmp/prog.py"


def test_the_code_of_a_command_is_the_users_where_it_is_said_so() -> None:
    assert Places("<string>").of("<string>").whose == "users"


def test_a_cell_that_the_shell_no_longer_knows_is_a_cell_all_the_same() -> None:
    assert Places().of("/tmp/ipykernel_42/123456789.py") == ("<cell>", "users")


def test_a_frame_is_named_by_its_function_and_line() -> None:
    frame = sys._getframe()

    text = Places().text(frame.f_code, frame.f_lineno)

    assert text == f"test_a_frame_is_named_by_its_function_and_line ({os.path.relpath(__file__)}:{frame.f_lineno - 2})"


def test_sources_are_those_of_the_users_places_alone(tmp_path: Path) -> None:
    program = tmp_path / "prog.py"
    program.write_text("one\n\ntwo")
    places = Places()
    places.of(str(program))
    places.of(json.__file__)

    assert places.sources() == {str(program): ["one", "", "two"]}
