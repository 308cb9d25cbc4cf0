"""The labelled programs: how one is read, and shuffled so that nothing can be keyed on its text.

A program is a plain Python file that runs for some seconds. Its first comments say what is wrong with it:

    # code: data-wait          the rule that must find it; "none" where there is nothing to find
    # kind: seeded             or healthy, or decoy: a smell that costs 1%
    # also: python-loop        further codes that would be right, too

`# HERE` at the end of a line marks where it is wrong. Names that begin with `any_` become other words at each load,
and `vary(1000)` a number within 20% of it. Line numbers stay.
"""

from __future__ import annotations

import ast
import random
import re
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
WORDS = (
    "amber basin cedar delta ember fjord grove heath inlet jetty knoll lagoon meadow north orchard prairie quarry "
    "ridge shore tundra upland valley willow yonder zephyr bramble copper dune estuary fern glacier harbour island "
    "juniper"
).split()

_NAME = re.compile(r"\bany_\w+")
_VARY = re.compile(r"\bvary\(([\d_]+)\)")
_HEADER = re.compile(r"# (code|kind|also): (.*)")


class Program(NamedTuple):
    """One program of the corpus, as it is run this time."""

    name: str
    source: str
    code: str
    kind: str
    also: frozenset[str]
    lines: frozenset[int]
    functions: frozenset[str]

    @property
    def truths(self) -> frozenset[str]:
        """The codes that may be found; none for a healthy program and a decoy."""
        return self.also | {self.code} if self.kind == "seeded" else frozenset()


def paths(folder: str) -> list[Path]:
    """The programs of "seen", "held_out", "held_out_2" and so on."""
    return sorted((FOLDER / folder).glob("*.py"))


def load(path: Path, rng: random.Random) -> Program:
    """A program with other names and numbers, and without its marks."""
    text = path.read_text()
    header = dict(found.groups() for line in text.splitlines() if (found := _HEADER.fullmatch(line.strip())))
    lines = frozenset(i for i, line in enumerate(text.splitlines(), 1) if line.rstrip().endswith("# HERE"))
    source = _shuffled("\n".join(_without_marks(line) for line in text.splitlines()) + "\n", rng)
    return Program(
        name=path.stem,
        source=source,
        code=header["code"],
        kind=header["kind"],
        also=frozenset(header.get("also", "").replace(",", " ").split()),
        lines=lines,
        functions=frozenset(_function_at(source, line) for line in lines),
    )


def _without_marks(line: str) -> str:
    if _HEADER.fullmatch(line.strip()):
        return ""
    return line.rstrip().removesuffix("# HERE").rstrip()


def _shuffled(source: str, rng: random.Random) -> str:
    words = rng.sample(WORDS, len(WORDS))
    names: dict[str, str] = {}
    for name in _NAME.findall(source):
        number = len(names)
        word = words[number % len(words)] + ("" if number < len(words) else str(number))
        names.setdefault(name, word.capitalize() if name[4:5].isupper() else word)
    source = _NAME.sub(lambda found: names[found[0]], source)
    return _VARY.sub(lambda found: str(round(int(found[1]) * rng.uniform(0.8, 1.2))), source)


def _function_at(source: str, line: int) -> str:
    around = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return max(around, key=lambda node: node.lineno).name if around else "<module>"
