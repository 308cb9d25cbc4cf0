"""Training beside the notebook: in a thread of its process, so that the model stays at hand."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable

from ds_notebook.record import Run

LEAVE_S = 2.0
"""A kernel that is shut down or restarted waits so long for its trainings to save a checkpoint."""


class Worker(threading.Thread):
    """The thread of one training; what it raises is kept for whoever waits for it."""

    def __init__(self, run: Run, work: Callable[[], None]) -> None:
        super().__init__(name=f"ds-train {run.id}", daemon=True)  # daemon: a kernel must be able to leave
        self.error: BaseException | None = None
        self.run_in_work = run
        self._work = work

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error

    def wait(self, timeout_s: float | None = None) -> None:
        """Join, and raise what the work raised."""
        self.join(timeout_s)
        if not self.is_alive() and self.error is not None:
            raise self.error


def in_background(run: Run, work: Callable[[], None]) -> None:
    """Do `work` in a thread; `run.wait()` joins it. Interrupts are not for it, its commands are."""
    others = [worker.run_in_work.id for worker in _working if worker.is_alive()]
    if others:
        run.note(
            f"{', '.join(others)} trains in this process, too: they share its cores, so each takes longer, "
            "and its random numbers, so neither can be repeated exactly. `--background process` shares neither."
        )
    worker = Worker(run, work)
    run.waits_for(worker.wait)
    _working.add(worker)
    worker.start()


_working: weakref.WeakSet[Worker] = weakref.WeakSet()


def _leave() -> None:
    """At the process's end: each training finishes its step and saves a checkpoint, if there is time."""
    workers = [worker for worker in _working if worker.is_alive()]
    for worker in workers:
        worker.run_in_work.ask_to_end("interrupted")
    for worker in workers:
        worker.join(LEAVE_S)


atexit.register(_leave)
