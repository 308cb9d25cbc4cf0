"""A package is loaded that this program does not need.

What it sees. The time under an `import` line, and whether the name it binds is used: nowhere, only in functions that
did not run, or for less than a tenth of the time that loading took in a program that does little else. A module
loaded again by `importlib.reload` in a loop is seen too.

Why it matters. torch takes two seconds to load, pandas half of one: each start of a command-line tool, a test or a
worker pays it.

Bad::

    import torch  # at the top; used in train(), while this run only lists files

Good::

    def train():
        import torch  # loaded by those who train

How the remedy is verified. The program is started without the import. What a package shares with others that are needed
is not counted as saved.

When it stays silent. For every package that is used: loading it is the price of using it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.rules._seconds import by, inside, name, through, total, wall_s
from ds_notebook.profile.rules._source import Code, Function, code, loops

CODE = "import-time"

LITTLE_USE = 0.1
"""All else that the program does, as a share of the time that loading took."""
GONE = 50.0
"""A package that is not loaded takes no time."""


def find(profile: Profile) -> Iterator[Found]:
    yield from _unneeded(profile)
    yield from _reloaded(profile)


def _unneeded(profile: Profile) -> Iterator[Found]:
    whole_s = wall_s(profile)
    importing = through(profile.main(), _imports)
    lines = by(importing, lambda stack: _importer(profile, stack))
    rest_s = whole_s - total(importing).wall_s
    for at, spent in lines.items():
        use = _use(profile, at)
        if use is None or (use == "used" and rest_s > LITTLE_USE * spent.wall_s):
            continue
        needed = _packages_of_other_lines(profile, at)
        own = [stack for stack in importing if _importer(profile, stack) == at and not _for_another(stack, needed)]
        seconds = total(own).wall_s
        if seconds < REMARKABLE_S:
            continue
        share = seconds / whole_s
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
    "not reached": "only functions use that did not run",
    "used": "is used for less time than it takes to load",
}
_ADVICE = {
    "unused": "Remove the import.",
    "not reached": "Import it inside the functions that use it.",
    "used": "Use something lighter for it, or keep the process alive between runs.",
}


def _reloaded(profile: Profile) -> Iterator[Found]:
    whole_s = wall_s(profile)
    reloading = through(
        profile.main(), lambda frame: inside(frame, "importlib/__init__.py") and name(frame) == "reload"
    )
    for at, spent in by(reloading, lambda stack: _importer(profile, stack)).items():
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


def _imports(frame: Frame) -> bool:
    return frame.place.startswith("<frozen importlib")


def _importer(profile: Profile, stack: Stack) -> Frame | None:
    """The user's line that imports, if nothing of the user's ran for it; a library's late import is its own."""
    caller, loading = None, False
    for frame in stack.frames:
        if frame.place in profile.sources:
            caller, loading = frame, False
        elif _imports(frame):
            loading = True
        elif not loading and not inside(frame, "importlib/__init__.py"):
            return None
    return caller if loading else None


def _use(profile: Profile, at: Frame) -> str | None:
    """How what a line imports is used: "unused", "not reached", "used"; None if the line is no import."""
    tree = code(profile, at.place)
    statement = tree.statement(at.line) if tree else None
    if tree is None or not isinstance(statement, ast.Import | ast.ImportFrom):
        return None
    names = {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    if "*" in names or (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
        return None
    uses = [node for node in ast.walk(tree.tree) if isinstance(node, ast.Name) and node.id in names and _is_read(node)]
    if not uses:
        return "unused"
    ran = {name(frame) for stack in profile.stacks for frame in stack.frames if frame.place == at.place}
    here = tree.function(at.line)
    functions = [tree.function(node.lineno) for node in uses]
    unreached = all(each is not None and each is not here and not _ran(tree, each, ran) for each in functions)
    return "not reached" if unreached else "used"


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _ran(tree: Code, function: Function, ran: set[str]) -> bool:
    """Whether a function was sampled, or may have been too short for it: one that is named by what ran."""
    called = getattr(function, "name", "")
    if not called or called in ran or function.decorator_list:  # type: ignore[union-attr]
        return True
    return any(
        _ran_by(tree, node, ran) for node in ast.walk(tree.tree) if isinstance(node, ast.Name) and node.id == called
    )


def _ran_by(tree: Code, node: ast.Name, ran: set[str]) -> bool:
    around = tree.function(node.lineno)
    return around is None or getattr(around, "name", "") in ran


def _packages_of_other_lines(profile: Profile, at: Frame) -> set[str]:
    """Top-level packages that other import lines name and the program needs."""
    found: set[str] = set()
    for place in profile.sources:
        tree = code(profile, place)
        for node in ast.walk(tree.tree) if tree else ():
            if not isinstance(node, ast.Import | ast.ImportFrom) or (place, node.lineno) == (at.place, at.line):
                continue
            if _use(profile, Frame("", place, node.lineno)) == "used":
                found |= {module.partition(".")[0] for module in _modules(node)}
    return found


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]


def _for_another(stack: Stack, packages: set[str]) -> bool:
    return any(
        f"/{package}/" in frame.place for package in packages for frame in stack.frames if name(frame) == "<module>"
    )
