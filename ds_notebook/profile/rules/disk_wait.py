"""The program waits for a disk.

What it sees. Samples in which the thread waited for a disk, or without a core on a line that opens, reads, writes,
flushes or commits, by the user's line; and what is made safe on the disk each time round a loop, also of a caller's:
`fsync`, `flush`, `commit`, the end of a `with connection`, a statement of SQLite's outside of a transaction.

Why it matters. A write that must be safe on the disk takes a tenth of a millisecond on a fast one and ten on a slow
one, however little is written.

Bad::

    for row in rows:
        file.write(row)
        file.flush()
        os.fsync(file.fileno())

Good::

    file.writelines(rows)
    file.flush()
    os.fsync(file.fileno())  # once

How the remedy is verified. By reading the same file twice (the second time it is in memory), never by writing.

When it stays silent. Where the thread had a core: a file that is in memory already is not waited for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import LEAST_SHARE, REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.rules._seconds import Spent, blocked_s, by, critical, innermost, inside, lanes, total, wall_s
from ds_notebook.profile.rules._source import called, code, loops

CODE = "disk-wait"

ONCE_LOCAL = 20.0
"""A flush to the disk once instead of each time round."""
READ_LOCAL = 2.0
"""Reading ahead in a thread hides at most the shorter of reading and working."""
OTHERS = 0.2
"""Of the time, with a core for other threads of Python: who comes back from a file then waits for Python's lock."""
WAITED = 0.3
"""Of its time, at least, a line must have been without a core."""

WAITED_TO_BE_SAFE = 0.1
"""Of a line that makes things safe in a loop: all of its time goes with it, also that of the system calls."""

_NETWORK = ("/socket.py", "/ssl.py", "/selectors.py")
_NOTHING_BUT_SAFE = {"fsync", "fdatasync"}
"""They do nothing else, so all of their time is the disk's; on a busy machine it cannot be told from other waiting."""
_SAFE = {"fsync", "fdatasync", "flush", "commit", "sync"}
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
_CONNECTIONS = ("Connection", "Session")
_FILE_CALLS = {
    *(
        "open",
        "read",
        "readline",
        "readlines",
        "readinto",
        "write",
        "writelines",
        "pread",
        "pwrite",
        "copy",
        "copyfile",
    ),
    *("load", "save", "savez", "fromfile", "tofile", "read_bytes", "read_text", "write_bytes", "write_text", "unlink"),
    *("read_csv", "to_csv", "read_parquet", "to_parquet", "memmap", "stat", "close", "rename", "replace"),
}


def find(profile: Profile) -> Iterator[Found]:
    whole_s = wall_s(profile)
    others = (stack for stacks in lanes(profile, "thread").values() for stack in stacks)
    others_compute = total(others).cpu_s > OTHERS * whole_s
    for at, spent in by(critical(profile), lambda stack: _file_line(profile, stack)).items():
        if spent.wall_s < max(REMARKABLE_S, LEAST_SHARE * whole_s):
            break
        waited_s = spent.disk_s if others_compute else blocked_s(profile, spent)
        is_for_the_disk = bool(_names(profile, at) & _NOTHING_BUT_SAFE)
        if waited_s < WAITED_TO_BE_SAFE * spent.wall_s and not is_for_the_disk:
            continue
        made_safe = _makes_safe(profile, at) and _is_repeated(profile, at)
        if not made_safe and (waited_s < WAITED * spent.wall_s or not _is_of_disk(profile, at, spent)):
            continue
        share = (spent.wall_s if made_safe else waited_s) / whole_s
        yield Found(
            code=CODE,
            at=at,
            share=share,
            expected=expected_speedup(share, ONCE_LOCAL if made_safe else READ_LOCAL),
            evidence=f"{share:.0%} of the time waits for the disk at {profile.line(at).strip()}.",
            advice="Write many rows and make them safe once, after the loop."
            if made_safe
            else "Read ahead in a thread while the last piece is worked on, or keep the data in memory.",
            fix="for row in rows:\n    file.write(row)\nos.fsync(file.fileno())  # once" if made_safe else "",
        )


def _file_line(profile: Profile, stack: Stack) -> Frame | None:
    """A line of the user's with nothing between it and the disk but the standard library and numpy."""
    at = innermost(profile, stack)
    if at is None:
        return None
    between = stack.frames[stack.frames.index(at) + 1 :]
    asks_a_database = any(inside(frame, "/sqlalchemy/") for frame in between) and not _makes_safe(profile, at)
    elsewhere = any(inside(frame, "torch/", *_NETWORK) for frame in between)
    return None if asks_a_database or elsewhere else at


def _is_of_disk(profile: Profile, at: Frame, spent: Spent) -> bool:
    """Seen to wait for a disk, or named so."""
    return _makes_safe(profile, at) or bool(_names(profile, at) & _FILE_CALLS) or spent.disk_s >= WAITED * spent.wall_s


def _makes_safe(profile: Profile, at: Frame) -> bool:
    return bool(_names(profile, at) & _SAFE) or _ends_transaction(profile, at) or _writes_into_a_file(profile, at)


def _ends_transaction(profile: Profile, at: Frame) -> bool:
    """A `with` over a connection, whose end commits."""
    tree = code(profile, at.place) if profile.observed.statements else None
    statement = tree.statement(at.line) if tree else None
    kinds = profile.observed.types.get(str(at), {}).values()
    return isinstance(statement, ast.With) and any(kind.partition(" ")[0] in _CONNECTIONS for kind in kinds)


def _writes_into_a_file(profile: Profile, at: Frame) -> bool:
    """A statement of SQLite's that changes something; in a transaction it waits for nothing, and nothing is said."""
    written = (each for each in profile.observed.statements if each.site == str(at) and each.driver == "sqlite3")
    return any(each.shape.lstrip().upper().startswith(_WRITES) for each in written)


def _is_repeated(profile: Profile, at: Frame) -> bool:
    """Whether a loop goes round the line, in its function or in what calls that."""
    stacks = (stack for stack in critical(profile) if at in stack.frames)
    return any(loops(profile, frame) for stack in stacks for frame in profile.users(stack.frames))


def _names(profile: Profile, at: Frame) -> set[str]:
    tree = code(profile, at.place)
    statement = tree.statement(at.line) if tree else None
    if tree is None or statement is None:
        return set()
    nodes: list[ast.AST] = list(tree.calls(at.line))
    return {called(node).rpartition(".")[2] for node in nodes if isinstance(node, ast.Call)}
