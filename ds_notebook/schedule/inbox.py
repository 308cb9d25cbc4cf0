"""The commands in the scheduler's folder: also those that came while no scheduler was there."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ds_notebook.record.commands import AnyCommand, Unknown, read_commands

PRIORITY = ".priority"
"""`Set(name="JOB.priority", value=5)` changes a job's priority."""
_SETTLED_S = 0.1
"""A folder's time is coarse: a file that came right after the look may leave it as it is."""


class QueueInbox:
    """Reads every command once, from the first ever sent; who asks says which are answered already.

    A sender writes a file once and whole, so each is read once: with ten thousand of them a look costs one `stat`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: set[str] = set()
        self._seen_at_ns = -1

    def poll(self) -> list[AnyCommand | Unknown]:
        """What has come since the last call, oldest first."""
        try:
            changed_ns = os.stat(self._folder).st_mtime_ns
            if changed_ns == self._seen_at_ns:
                return []
            names = {name for name in os.listdir(self._folder) if name.startswith("commands-")}
        except OSError:  # a folder that is away for a while
            return []
        settled = abs(time.time_ns() - changed_ns) > _SETTLED_S * 1e9
        self._seen_at_ns = changed_ns if settled else -1
        new, self._read = names - self._read, self._read | names
        found = [command for name in new for command in read_commands(self._folder / name)[0]]
        return sorted(found, key=lambda command: getattr(command, "at", 0.0))
