"""The page on profiling against the profiler's options."""

from dataclasses import fields
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.profile import ProfileConfig
from tests.docs.pages import blocks, cells, section

_IN_WORDS = {"": "none", "False": "off"}


def test_the_page_names_every_option_with_its_default() -> None:
    told = {row[0].strip("`").split()[0]: row[1] for row in cells(section("profile.md", "Options"))}

    assert told == {
        "--" + field.name.replace("_", "-"): _IN_WORDS.get(str(field.default), str(field.default))
        for field in fields(ProfileConfig)
    }


def test_the_example_in_python_runs(runs: Path) -> None:
    (code,) = blocks(section("profile.md", ""))

    exec(code, {})

    (record,) = ds.runs()
    assert record.started is not None and (record.started.name, record.state) == ("features", "finished")


@pytest.mark.parametrize("kind", ["main", "thread", "process"])
def test_the_page_names_the_lanes(kind: str) -> None:
    assert f"`{kind}" in section("profile.md", "What is recorded")
