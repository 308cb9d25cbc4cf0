"""A package is loaded that this program does not need.

What it sees. The time under an `import` line or `importlib.import_module`, and what becomes of the package: its name is
read nowhere, only in annotations and questions about types, or only in functions, classes and branches that the program
was not seen to come to; and neither its code nor an object of its was seen at work. A package that is used, but was
never seen at work, counts where loading it takes a third of all time. A module loaded again by `importlib.reload` in a
loop is seen too.

Why it matters. torch takes two seconds to load, pandas half of one: each start of a command-line tool, a test or a
worker pays it.

Bad::

    import torch  # at the top; used in train(), while this run only lists files

Good::

    def train():
        import torch  # loaded by those who train

How the remedy is verified. The program is started without the import. What a package shares with others that are needed
is not counted as saved.

When it stays silent. For every package that is seen at work: loading it is the price of using it. For the imports of a
cell, which are there for other cells, and for those marked `noqa`, which are there for what they do.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.rules._packages import (
    AT_WORK_S,
    at_work_s,
    importer,
    is_import,
    loaded_first,
    modules_named,
    package,
    required_by,
)
from ds_notebook.profile.rules._reached import Reached
from ds_notebook.profile.rules._seconds import by, inside, name, through, total, with_imports_s
from ds_notebook.profile.rules._source import Code, called, code, loops

CODE = "import-time"

LITTLE_USE = 0.1
"""All else that the program does, as a share of the time that loading took."""
LITTLE_WORK = 0.05
"""Of the time that loading took, a package was seen at work."""
MUCH = 0.3
"""Of all time must go into loading what is used, or it is not worth a word."""
GONE = 50.0
"""A package that is not loaded takes no time."""
_LOADERS = ("import_module", "__import__")


def find(profile: Profile) -> Iterator[Found]:
    importing = through(profile.main(), is_import)
    lines = by(importing, lambda stack: importer(profile, stack))
    if any(spent.wall_s >= REMARKABLE_S for spent in lines.values()):
        yield from _unneeded(profile, Reached(profile), importing)
    yield from _reloaded(profile)


def _unneeded(profile: Profile, reached: Reached, importing: list[Stack]) -> Iterator[Found]:
    whole_s = with_imports_s(profile)
    rest_s = whole_s - total(importing).wall_s
    for at, spent in by(importing, lambda stack: importer(profile, stack)).items():
        use = _use(profile, reached, at)
        if use is None or spent.wall_s < REMARKABLE_S:
            continue
        mine = [stack for stack in importing if importer(profile, stack) == at]
        needed = required_by(profile, _needed_elsewhere(profile, reached, at))
        little_s = max(AT_WORK_S, LITTLE_WORK * spent.wall_s)
        own = [
            stack
            for stack in mine
            if not _for_another(stack, needed) and not _is_at_work(profile, stack, use, little_s)
        ]
        share = total(own).wall_s / whole_s
        if share * whole_s < REMARKABLE_S or (
            use == "used" and not (share >= MUCH or rest_s <= LITTLE_USE * spent.wall_s)
        ):
            continue
        yield Found(
            code=CODE,
            at=at,
            share=share,
            expected=expected_speedup(share, GONE),
            evidence=f"{share:.0%} of the time loads a package that {_WHY[use]}: {profile.line(at).strip()}.",
            advice=_ADVICE[use],
            fix="def needs_it():\n    " + profile.line(at).strip(),
        )


_WHY = {
    "unused": "is never used",
    "not reached": "only code uses that was not seen to run",
    "by name": "was not seen at work",
    "used": "is used for less time than it takes to load",
}
_ADVICE = {
    "unused": "Remove the import; for annotations it may stand under `if TYPE_CHECKING:`, and what is asked of types"
    " can be asked once the package is in sys.modules.",
    "not reached": "Import it inside the functions that use it.",
    "by name": "Load it when it is first asked for.",
    "used": "Use something lighter for it, or keep the process alive between runs.",
}


def _reloaded(profile: Profile) -> Iterator[Found]:
    whole_s = with_imports_s(profile)
    reloading = through(
        profile.main(), lambda frame: inside(frame, "importlib/__init__.py") and name(frame) == "reload"
    )
    for at, spent in by(reloading, lambda stack: importer(profile, stack)).items():
        if spent.wall_s >= REMARKABLE_S and loops(profile, at):
            share = spent.wall_s / whole_s
            yield Found(
                code=CODE,
                at=at,
                share=share,
                expected=expected_speedup(share, GONE),
                evidence=f"{share:.0%} of the time loads a module again, each time round a loop.",
                advice="Load it once, above the loop.",
            )


def _use(profile: Profile, reached: Reached, at: Frame) -> str | None:
    """How what a line imports is used, in the words of `_WHY`; None if the line is no import, or has its reasons."""
    tree = code(profile, at.place)
    statement = tree.statement(at.line) if tree else None
    if tree is None or "noqa" in profile.line(at) or _is_for_other_cells(tree, at):
        return None
    if any(called(call).rpartition(".")[2] in _LOADERS for call in tree.calls(at.line)):
        return "by name"
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return None
    names = {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    if "*" in names or (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
        return None
    uses = reached.uses(at.place, names)
    if not uses:
        return "unused"
    return "used" if any(reached.runs(use) for use in uses) else "not reached"


def _is_for_other_cells(tree: Code, at: Frame) -> bool:
    return at.place.startswith("cell ") and tree.function(at.line) is None


def _needed_elsewhere(profile: Profile, reached: Reached, at: Frame) -> set[str]:
    """Packages that other lines import and that were seen at work, or at least used."""
    found: set[str] = set()
    for place in profile.sources:
        tree = code(profile, place)
        for node in ast.walk(tree.tree) if tree else ():
            if not isinstance(node, ast.Import | ast.ImportFrom) or (place, node.lineno) == (at.place, at.line):
                continue
            if _use(profile, reached, Frame("", place, node.lineno)) in ("used", None):
                found |= modules_named(node)
    return found


def _for_another(stack: Stack, packages: set[str]) -> bool:
    return any(package(frame) in packages for frame in stack.frames if name(frame) == "<module>")


def _is_at_work(profile: Profile, stack: Stack, use: str, little_s: float) -> bool:
    """Whether the package that a stack loads has done something since; of one that is never named it is another's."""
    first = loaded_first(stack)
    return use != "unused" and bool(first) and at_work_s(profile, first) > little_s
