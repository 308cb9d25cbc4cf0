"""A warning before a cell that touches what is being trained in the background."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from ds_notebook.record import Run


def warn_of_touching(shell: InteractiveShell, run: Run | None, names: Sequence[str]) -> None:
    """Until `run` is over, a cell that has one of `names` in it is warned of before it runs."""
    if run is None:
        return

    def look(info: Any) -> None:  # IPython's ExecutionInfo
        if run.status is not None:
            shell.events.unregister("pre_run_cell", look)
            return
        touched = _names_in(shell.transform_cell(str(info.raw_cell))) & set(names)
        if touched:
            print(
                f"{' and '.join(sorted(touched))}: {run.id} is training it in the background, so it changes while this "
                "cell runs. `run.wait()` waits for the end.",
                file=sys.stderr,  # not a warning, which would be shown once, under a line of IPython's own
            )

    shell.events.register("pre_run_cell", look)


def _names_in(source: str) -> set[str]:
    try:
        return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    except SyntaxError:  # IPython will say so
        return set()
