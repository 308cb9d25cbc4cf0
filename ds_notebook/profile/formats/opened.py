"""A file that a person names as a profile: how large it may be, and the one sentence where it is none."""

from __future__ import annotations

from pathlib import Path

from ds_notebook.errors import UsageError

MOST_TEXT_BYTES = 256 << 20
"""Of collapsed stacks, which are read line by line."""
MOST_JSON_BYTES = 64 << 20
"""Of JSON, which takes about seven times its size in memory."""
MOST_PSTATS_BYTES = 16 << 20


def check_size(path: Path, most_bytes: int) -> None:
    """Raise UsageError for a file that is too large to be read."""
    size = path.stat().st_size
    if size > most_bytes:
        raise UsageError(
            f"{path.name} has {size >> 20} MB, and such a file may have {most_bytes >> 20} MB. Profile for a shorter "
            "time or at a lower rate, or let the tool write collapsed stacks."
        )


def broken(path: Path, what: str) -> UsageError:
    """The sentence for a file that is not what it seems."""
    return UsageError(
        f"{path.name} cannot be read as a profile: {what}. Collapsed stacks (py-spy's raw), speedscope's JSON and "
        "cProfile's .pstats can."
    )
