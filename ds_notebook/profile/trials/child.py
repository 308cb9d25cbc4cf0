"""`python -m ds_notebook.profile.trials.child TASK PROGRAM...`: runs a copy of a program, as the file TASK says."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from ds_notebook.profile.program import program_of
from ds_notebook.profile.trials.copied import Task, run_copy


def main() -> None:
    """Run what the arguments name; never returns."""
    told, *words = sys.argv[1:]
    program = program_of(words)
    sys.argv = program.arguments
    sys.path[0] = program.folder
    run_copy(
        msgspec.json.decode(Path(told).read_bytes(), type=Task), program.run, lambda: vars(sys.modules["__main__"])
    )


if __name__ == "__main__":
    main()
