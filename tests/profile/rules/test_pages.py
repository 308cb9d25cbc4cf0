"""The rules' page is what their docstrings say."""

from __future__ import annotations

from pathlib import Path

from ds_notebook.profile.rules._pages import page

PAGE = Path(__file__).parents[3] / "docs" / "rules.md"


def test_the_page_of_the_rules_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "Run: python -m ds_notebook.profile.rules > docs/rules.md"
