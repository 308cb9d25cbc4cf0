"""The code blocks and tables of a documentation page."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_BAR = re.compile(r"(?<!\\)\|")


def section(page: str, heading: str) -> str:
    """The text under a heading of the second level; under no heading, what comes before the first."""
    before, *sections = re.split(r"^## ", (DOCS / page).read_text(encoding="utf-8"), flags=re.M)
    named = {text.partition("\n")[0]: text for text in sections}
    return named[heading] if heading else before


def blocks(text: str, language: str = "python") -> list[str]:
    """Its fenced blocks in a language; "" for those that name none."""
    return [code for found, code in _FENCED.findall(text) if found == language]


def cells(text: str) -> list[list[str]]:
    """The rows of its tables, without their heads."""
    rows = [[cell.strip() for cell in _BAR.split(line.strip()[1:-1])] for line in text.splitlines() if line[:1] == "|"]
    heads = {place - 1 for place, row in enumerate(rows) if set(row[0]) == {"-"}}
    return [row for place, row in enumerate(rows) if place not in heads and set(row[0]) != {"-"}]
