"""Runs a command as a demo host would: in the memory of a control group, on one core, without ptrace.

python tests/host/demo_host.py CGROUP COMMAND...
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

MEMORY = Path("/sys/fs/cgroup/memory")


@contextlib.contextmanager
def memory_group(name: str, limit_bytes: int) -> Iterator[Path]:
    """A control group (version 1) whose processes together have `limit_bytes`; raises OSError where there is none."""
    group = MEMORY / name
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(limit_bytes))
        yield group
    finally:
        group.rmdir()


def main(group: str, command: list[str]) -> None:
    from refuse_ptrace import refuse  # beside this file, which is run as a script

    (Path(group) / "cgroup.procs").write_text(str(os.getpid()))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    refuse()
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
