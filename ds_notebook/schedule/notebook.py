"""The program of a notebook job: runs it through papermill, says how far it is, and why it failed in its last line.

`python -m ds_notebook.schedule.notebook`, started by a job's wrapper, which names the job in the environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import papermill
from nbclient.exceptions import DeadKernelError
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError

from ds_notebook.host.limits import MEMORY
from ds_notebook.host.memory_peak import resident_bytes
from ds_notebook.record import Run
from ds_notebook.schedule.attempt import read_attempt, whole_spec
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.tree import ATTEMPT, JOB

_ENGINE = "ds-notebook"
_LONGEST = 250


def main() -> int:
    """Exit status 1 where a cell failed or the kernel died; the last line of standard error says which and why."""
    folder = Path(os.environ[JOB])
    spec = whole_spec(folder, read_attempt(folder, int(os.environ[ATTEMPT])).spec)
    run = Run(folder, None)
    try:
        execute(spec, lambda done: run.log(progress=done))
    except PapermillExecutionError as error:
        print(_in_words(error), file=sys.stderr)
        return 1
    except DeadKernelError:
        print("the kernel died: killed, out of memory, or a crash in compiled code", file=sys.stderr)
        return 1
    finally:
        run.end()
    return 0


def execute(spec: JobSpec, report: Callable[[float], None]) -> None:
    """Run the notebook; its output is saved after each cell, and `report` gets the share of cells that are done."""
    _prepare(Path(spec.output))
    if told := os.environ.get(MEMORY):  # what is left for the kernel beside this process
        os.environ[MEMORY] = str(max(0, int(told) - resident_bytes()))
    papermill_engines.register(_ENGINE, _engine(report))
    papermill.execute_notebook(
        _verbatim(spec.notebook),
        _verbatim(spec.output),
        parameters=spec.parameters,
        engine_name=_ENGINE,
        progress_bar=False,
        stdout_file=sys.stdout,
        stderr_file=sys.stderr,
        cwd=spec.cwd or None,
        **_kernel(spec.notebook),
    )


def _verbatim(path: str) -> str:
    """As papermill takes it: it would fill parameters in where a path has braces."""
    return path.replace("{", "{{").replace("}", "}}")


def _kernel(notebook: str) -> dict[str, str]:
    """What the notebook says of its kernel; without a word it is Python, as for Jupyter."""
    metadata = json.loads(Path(notebook).read_bytes()).get("metadata", {})
    kernel = metadata.get("kernelspec", {})
    language = metadata.get("language_info", {}).get("name") or kernel.get("language")
    return {"kernel_name": kernel.get("name") or "python3", "language": language or "python"}


def _prepare(output: Path) -> None:
    """The folder of the output; one of our own keeps itself out of a repository."""
    output.parent.mkdir(parents=True, exist_ok=True)
    ignore = output.parent / ".gitignore"
    if output.parent.name == "ds_jobs" and not ignore.exists():
        ignore.write_text("*\n")


def _engine(report: Callable[[float], None]) -> type[NBClientEngine]:
    class Engine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
        """Papermill's own, which also tells how far it is."""

        @classmethod
        def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any) -> Any:
            complete = nb_man.cell_complete

            def cell_complete(cell: Any, cell_index: int | None = None, **more: Any) -> None:
                complete(cell, cell_index=cell_index, **more)
                if cell_index is not None:
                    report((cell_index + 1) / len(nb_man.nb.cells))

            nb_man.cell_complete = cell_complete
            return super().execute_managed_notebook(nb_man, kernel_name, **options)

    return Engine


def _in_words(error: PapermillExecutionError) -> str:
    """Such as `cell 7: GateFailed: val_accuracy >= 0.97: measured 0.953`; cells as Jupyter numbers them."""
    said = " ".join(str(error.evalue).split())
    return f"cell {error.exec_count or error.cell_index + 1}: {error.ename}: {said}"[:_LONGEST]


if __name__ == "__main__":
    sys.exit(main())
