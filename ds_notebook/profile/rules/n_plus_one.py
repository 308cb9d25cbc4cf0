"""One statement a row: the same SQL goes to the database again and again from one line.

What it sees. Statements by shape (values as `?`) and by the line that sent them: ten or more alike from one line.

Why it matters. Each one pays the way to the database and back. Where that is a network it is most of the time; in a
file on this machine it is the cost of starting a statement, and little may be gained: the number of statements and
the time are told apart.

Bad::

    for order in orders:
        customer = db.execute("SELECT name FROM customers WHERE id = ?", (order.customer_id,)).fetchone()

Good::

    ids = [order.customer_id for order in orders]
    marks = ", ".join("?" * len(ids))
    names = dict(db.execute(f"SELECT id, name FROM customers WHERE id IN ({marks})", ids))

How the remedy is verified. By the number of statements; it is rewritten by hand, and never run by a trial.

When it stays silent. Where the statements take under 5% of the time, as polling and retries do, and for fewer than ten.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.observed import Statement
from ds_notebook.profile.rules._seconds import Spent, blocked_s, by, critical, through, total, wall_s
from ds_notebook.profile.rules._source import Function, code, dotted, loops

CODE = "n-plus-one"

FEWEST = 10
"""Statements of one shape from one line."""

WAITING_LOCAL = 20.0
"""Behind a round trip n statements take n times as long as one; what is left is the rows."""
READING_LOCAL = 4.0
"""Of an SQLite here, one row a statement: 5 times as fast by one IN, with statements of 2 to 8 microseconds."""
WRITING_LOCAL = 1.4
"""Of an SQLite here by executemany."""


_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


_FETCHES = ("fetch", "all", "one", "first", "scalar", "mappings", "tuples")
"""How the methods of cursors and results begin that give rows."""


def find(profile: Profile) -> Iterator[Found]:
    whole_s = wall_s(profile)
    stacks = critical(profile)
    for statement in _heaviest_by_site(profile):
        at, spent = _in_its_loop(profile, stacks, Frame.parse(statement.site))
        seconds = max(min(statement.seconds, whole_s), spent.wall_s)
        if at.place not in profile.sources or seconds < REMARKABLE_S:
            continue
        reads = _reads(statement.shape)
        if reads and "?" not in statement.shape:  # the same question again, not one for each row
            continue
        share = min(seconds / whole_s, 1.0)
        waits = blocked_s(profile, spent) > 0.5 * spent.wall_s
        local = min(_local(statement, waits), statement.count)
        yield Found(
            code=CODE,
            at=at,
            share=share,
            expected=expected_speedup(share, local),
            evidence=f"{share:.0%} of the time goes into {statement.count} statements of one shape from one line: "
            f"{_shortened(statement.shape)}.",
            advice="Ask for all of them at once, by IN (...) or a JOIN."
            if reads
            else "Write them all at once, by executemany or one INSERT of many rows.",
            fix=_fix(reads),
            facts={"count": statement.count, "seconds": seconds},
        )


def _heaviest_by_site(profile: Profile) -> list[Statement]:
    """One a line: SQLAlchemy and the driver beneath it may both have counted the same."""
    best: dict[str, Statement] = {}
    for each in profile.observed.statements:
        most = best.get(each.site)
        asks = each.count >= FEWEST and not each.shape.upper().startswith(_TRANSACTIONS)
        if asks and (most is None or each.count > most.count):
            best[each.site] = each
    return list(best.values())


def _in_its_loop(profile: Profile, stacks: list[Stack], site: Frame) -> tuple[Frame, Spent]:
    """The line that a loop repeats: the site, or what calls the function that it lies in; and the time at the site and
    where its rows are fetched."""
    asking = _asking_lines(profile, site)
    at_site = through(stacks, lambda frame: frame.place == site.place and frame.line in asking)
    callers = by(at_site, lambda stack: _repeating_caller(profile, stack, site))
    inside = loops(profile, site) or not callers
    return site if inside else next(iter(callers)), total(at_site)


def _asking_lines(profile: Profile, site: Frame) -> set[int]:
    """That of the statement at `site`, and those in its function that fetch rows from its cursor or result."""
    tree = code(profile, site.place)
    statement = tree.statement(site.line) if tree else None
    if tree is None or statement is None:
        return {site.line}
    results = {dotted(call.func.value) for call in tree.calls(site.line) if isinstance(call.func, ast.Attribute)}
    results |= {dotted(target) for target in statement.targets} if isinstance(statement, ast.Assign) else set()
    function = tree.function(site.line)
    if function and any(_passes_on(call, function) for call in tree.calls(site.line)):
        return set(range(function.lineno, (function.end_lineno or function.lineno) + 1))
    nodes = list(ast.walk(function or tree.tree))
    calls = [node.func for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    fetched = [function.value for function in calls if function.attr.startswith(_FETCHES)]
    fetched += [node.iter for node in nodes if isinstance(node, ast.For)]
    return {site.line} | {node.lineno for node in fetched if dotted(node) in results - {""}}


def _passes_on(call: ast.Call, function: Function) -> bool:
    """Whether a function hands the statement that it was given to the driver: all that it does is part of asking."""
    given = function.args
    own = {each.arg for each in (*given.args, *given.kwonlyargs, given.vararg, given.kwarg) if each}
    first = call.args[0].value if call.args and isinstance(call.args[0], ast.Starred) else next(iter(call.args), None)
    return isinstance(first, ast.Name) and first.id in own


def _repeating_caller(profile: Profile, stack: Stack, site: Frame) -> Frame | None:
    caller = None
    for frame in profile.users(stack.frames):
        if frame.place == site.place and frame.function == site.function:
            return caller
        caller = frame if loops(profile, frame) else caller
    return None


def _local(statement: Statement, waits: bool) -> float:
    if waits:
        return WAITING_LOCAL
    return READING_LOCAL if _reads(statement.shape) else WRITING_LOCAL


def _reads(shape: str) -> bool:
    return shape.lstrip(" (").upper().startswith(("SELECT", "WITH"))


def _shortened(shape: str) -> str:
    plain = " ".join(shape.split()).rstrip(".")
    return plain if len(plain) <= 80 else plain[:77] + "..."


def _fix(reads: bool) -> str:
    if reads:
        return (
            'marks = ", ".join("?" * len(ids))\nrows = db.execute(f"SELECT ... WHERE id IN ({marks})", ids).fetchall()'
        )
    return 'db.executemany("INSERT INTO ... VALUES (?, ?)", rows)'
