"""A run in a few words, for a list of many: read once when it is over, and only what is new while it goes on."""

from __future__ import annotations

import platform
import time
from pathlib import Path

from ds_notebook.draw import clean
from ds_notebook.draw.ticks import number, seconds
from ds_notebook.errors import RecordError
from ds_notebook.lab.drawn import damage_named
from ds_notebook.lab.folded import Folded
from ds_notebook.lab.messages import RunSummary
from ds_notebook.record.events import RunStarted
from ds_notebook.record.files import event_files
from ds_notebook.record.rows import DATA_WAIT
from ds_notebook.record.state import OVER

MOST_BYTES = 4 << 20
"""Of a longer file the end is read: a list of many long runs must not take minutes."""
SETTLED_NS = 2_000_000_000
"""A folder's time has steps of some milliseconds: what is younger may change again without another time."""
MOST_LETTERS = 200
MOST_TAGS = 20
SILENT_S = 40.0
"""A run of another host that is silent for so long may be lost: nobody here can know."""
_FIRST = ("val_accuracy", "accuracy", "val_loss", "loss")
_NEVER = {DATA_WAIT, "epoch", "lr", "grad_norm", "samples_per_s"}


class Brief:
    """One run of a list."""

    def __init__(self, folder: Path, path: str, most_bytes: int | None = MOST_BYTES) -> None:
        self._folder = folder
        self._path = path
        self._most_bytes = most_bytes
        self._grown_at = 0.0
        self._run: Folded | None = None
        self._kept: RunSummary | None = None
        self._kept_stamp_ns = 0

    def summary(self) -> RunSummary | None:
        """The run's line as it is now; None for a folder that holds no run, or one too damaged to tell."""
        try:
            stamp_ns = self._folder.stat().st_mtime_ns
        except OSError:  # deleted meanwhile
            return None
        if stamp_ns != self._kept_stamp_ns:
            self._kept, is_final = self._look()
            self._kept_stamp_ns = stamp_ns if is_final and time.time_ns() - stamp_ns > SETTLED_NS else 0
        if self._kept is not None:
            self._kept.silent_s = max(0.0, time.time() - self._grown_at)
        return self._kept

    def _look(self) -> tuple[RunSummary | None, bool]:
        """The line, and whether it stays so as long as no file is added to the folder."""
        run = self._run or Folded(self._folder, most_bytes=self._most_bytes)
        self._run = None
        try:
            with damage_named(self._folder):
                run.look()
                self._grown_at = _grown_at(self._folder)
                summary = _summary(run, self._path, time.time() - self._grown_at)
        except RecordError:  # no record, or nothing that a list could tell of it
            return None, True
        if run.ended is not None:  # who adds to it from now on, a gate or a producer, does so in a file of its own
            return summary, True
        self._run = run
        return summary, False


def _summary(run: Folded, path: str, silent_s: float) -> RunSummary | None:
    started = run.started
    if started is None:
        return None
    return RunSummary(
        id=clean(run.folder.name),
        path=path,
        name=_short(started.name),
        kind=_short(started.kind),
        state=run.state,
        words=_words(run, started, silent_s),
        headline=_headline(run.last),
        progress=_progress(run, started),
        started_at=started.at,
        silent_s=silent_s,
        tags=[_short(tag) for tag in started.tags[:MOST_TAGS]],
    )


def _words(run: Folded, started: RunStarted, silent_s: float) -> str:
    """The title of the run's view without the name, which has a place of its own."""
    words = run.scene().title.split(f"{started.name}: ", 1)[-1]
    if run.state not in OVER and started.host != platform.node() and silent_s > SILENT_S:
        words += f", silent for {seconds(silent_s // 10 * 10)}"
    return _short(words)


def _headline(last: dict[str, float]) -> str:
    names = [name for name in _FIRST if name in last] or [name for name in last if name not in _NEVER]
    return f"{_short(names[0])} {number(last[names[0]])}" if names else ""


def _progress(run: Folded, started: RunStarted) -> float | None:
    if not started.total_steps or started.total_steps < 0:
        return None
    return min(1.0, max(0.0, (run.last_step + 1) / started.total_steps))


def _grown_at(folder: Path) -> float:
    try:
        return max(path.stat().st_mtime for path in event_files(folder))
    except (OSError, ValueError):  # deleted meanwhile
        return time.time()


def _short(text: str) -> str:
    return clean(text[:MOST_LETTERS])
