"""A finding about a small program, and what its trial came to."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.observed import Observed
from ds_notebook.profile.trials.script import ScriptBench
from ds_notebook.profile.trials.trial import Trial, trials

Tried = Callable[..., Trial]


def found_in(source: str, place: str, code: str, *, inside: str = "<module>", fix: str = "", **facts: Any) -> Found:
    """A finding of rule `code` on the line that ends in `# HERE`, in the function `inside`."""
    line = next(number for number, text in enumerate(source.splitlines(), 1) if "# HERE" in text)
    return Found(
        code=code,
        at=Frame(inside, place, line),
        share=0.8,
        expected=2.0,
        evidence="80% of the time.",
        advice="Do better.",
        fix=fix,
        facts=dict(facts),
    )


def profile_with(source: str, place: str, observed: Observed | None = None) -> Profile:
    """The profile of a program that took a second."""
    return Profile(stacks=[], observed=observed or Observed(wall_s=1.0), sources={place: source.splitlines()})


@pytest.fixture
def tried(tmp_path: Path) -> Tried:
    """Runs the trial of a remedy on a program in a file."""

    def run(source: str, code: str, observed: Observed | None = None, **about: Any) -> Trial:
        source = textwrap.dedent(source)
        path = tmp_path / "prog.py"
        path.write_text(source)
        found = found_in(source, str(path), code, **{name: _placed(value, path) for name, value in about.items()})
        bench = ScriptBench([sys.executable, str(path)])
        (trial,) = trials([found], profile_with(source, str(path), observed), bench, patience_s=0)
        return trial

    return run


def _placed(value: Any, path: Path) -> Any:  # a fact; PLACE in it is where the program is
    return value.replace("PLACE", str(path)) if isinstance(value, str) else value
