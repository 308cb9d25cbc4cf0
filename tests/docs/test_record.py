"""The page on the record against the events themselves, and its code against a run."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import ds_notebook as ds
from ds_notebook.record.events import AnyEvent, Event
from ds_notebook.record.state import State
from tests.docs.pages import blocks, cells, section


def test_the_page_names_every_event_with_its_fields() -> None:
    told = {row[0].strip("`"): row[2] for row in cells(section("record.md", "What can happen"))}

    assert told == {str(kind.__struct_config__.tag): fields_of(kind) for kind in get_args(AnyEvent)}


def fields_of(kind: type[Event]) -> str:
    """The fields as the page lists them: those that may be missing with a question mark."""
    fields = [field for field in msgspec.structs.fields(kind) if field.name != "at"]
    return ", ".join(f"`{field.name}`{'' if field.required else '?'}" for field in fields)


def test_the_page_names_every_state() -> None:
    assert {row[0] for row in cells(section("record.md", "States"))} == set(get_args(State))


def test_the_code_on_the_page_reads_a_run(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ds.start_run("read by the page") as run:
        for step in run.steps(range(3)):
            run.log(loss=1 / (step + 1))

    for code in blocks(section("record.md", "Reading it")):
        exec(code, {})

    assert re.match("finished read by the page\n.*RunStarted", capsys.readouterr().out, re.S)
