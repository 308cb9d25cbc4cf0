"""The code blocks of a documentation page."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def section(page: str, heading: str) -> str:
    """The text under a heading of the second level; under no heading, what comes before the first."""
    before, *sections = re.split(r"^## ", (DOCS / page).read_text(encoding="utf-8"), flags=re.M)
    named = {text.partition("\n")[0]: text for text in sections}
    return named[heading] if heading else before


def blocks(text: str, language: str = "python") -> list[str]:
    """Its fenced blocks in a language; "" for those that name none."""
    return [code for found, code in _FENCED.findall(text) if found == language]
