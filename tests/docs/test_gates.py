"""The page on gates: each example is read, each refused one is refused."""

import pytest

from ds_notebook import UsageError
from ds_notebook.record.gate import parse_gate
from tests.docs.pages import blocks, cells, section


def lines(heading: str, kind: str) -> list[str]:
    return [line for block in blocks(section("gates.md", heading), kind) for line in block.splitlines()]


@pytest.mark.parametrize("gate", lines("What can be said", "gates"))
def test_a_gate_on_the_page_is_read(gate: str) -> None:
    assert parse_gate(gate).expression == gate


@pytest.mark.parametrize("gate", lines("What is refused", "refused"))
def test_a_gate_that_the_page_calls_refused_is_refused(gate: str) -> None:
    with pytest.raises(UsageError):
        parse_gate(gate)


@pytest.mark.parametrize("words", [row[0] for row in cells(section("gates.md", "What can be said"))])
def test_each_word_on_the_page_may_stand_in_a_gate(words: str) -> None:
    for word in words.split("`")[1::2]:
        assert "measured" in parse_gate(f"{word} < 9").check({"loss": [0.5], "val/loss": [0.5]}).sentence
