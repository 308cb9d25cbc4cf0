"""The runs beside open notebooks: which folders, and what lies in them; and the queue of this machine."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from ds_notebook.errors import RecordError, UsageError
from ds_notebook.lab.brief import Brief
from ds_notebook.lab.messages import Folder, RunList, RunSummary
from ds_notebook.lab.paths import PathRefused, Places
from ds_notebook.record.files import event_files

MOST_FOLDERS = 20
MOST_RUNS = 200
MOST_LOOKED_AT = 1000
"""Of one folder, the last by name, which begins with the day: nobody waits for the runs of years."""


class Listing:
    """The lists of one server; a run that is in several is read once."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._briefs: dict[Path, Brief] = {}
        self._queue_brief: Brief | None = None
        self._lock = threading.Lock()

    def runs(self, notebook_folders: list[str]) -> RunList:
        """The newest runs of the runs folders of notebooks in these folders, and of DS_RUNS.

        Raises UsageError for more than 20 folders; a folder that cannot be shown has its sentence in the answer.
        """
        if len(notebook_folders) > MOST_FOLDERS:
            raise UsageError(f"{len(notebook_folders)} folders are too many: ask for {MOST_FOLDERS} at most.")
        with self._lock:
            found = dict(map(self._folder, notebook_folders))
            if self._places.ds_runs is not None:
                found.update([self._looked_at(self._path_of_ds_runs())])
            summaries: dict[str, RunSummary] = {}
            for _, folder in found.values():
                summaries.update((run.path, run) for run in self._summaries(folder))
            queue = self._queue()
        newest = sorted(summaries.values(), key=lambda run: (run.started_at, run.id), reverse=True)
        return RunList(folders=[folder for folder, _ in found.values()], runs=newest[:MOST_RUNS], queue=queue)

    def _queue(self) -> RunSummary | None:
        """Read whole: of a part of its record, nobody could tell which jobs there are."""
        folder = self._places.scheduler
        if folder is None or not event_files(folder):
            return None
        if self._queue_brief is None:
            self._queue_brief = Brief(folder, self._places.path_of(folder), most_bytes=None)
        return self._queue_brief.summary()

    def _path_of_ds_runs(self) -> str:
        assert self._places.ds_runs is not None
        return self._places.path_of(self._places.ds_runs)

    def _folder(self, notebook_folder: str) -> tuple[str, tuple[Folder, Path | None]]:
        try:
            path = self._places.runs_folder_near(notebook_folder)
        except (PathRefused, RecordError) as error:
            return notebook_folder, (Folder(path=notebook_folder, problem=str(error)), None)
        return self._looked_at(path)

    def _looked_at(self, path: str) -> tuple[str, tuple[Folder, Path | None]]:
        try:
            return path, (Folder(path=path, problem=""), self._places.folder(path))
        except RecordError:  # no run was started there yet
            return path, (Folder(path=path, problem=""), None)
        except PathRefused as error:
            return path, (Folder(path=path, problem=str(error)), None)

    def _summaries(self, folder: Path | None) -> Iterator[RunSummary]:
        known = {brief for brief in self._briefs if brief.parent == folder}
        there = set(_run_folders(folder)) if folder else set()
        for gone in known - there:
            del self._briefs[gone]
        for run in there:
            brief = self._briefs.setdefault(run, Brief(run, self._places.path_of(run)))
            if (summary := brief.summary()) is not None:
                yield summary


def _run_folders(folder: Path) -> Iterator[Path]:
    """The folders that may be runs; links are left out, they may lead anywhere."""
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
            ]
    except OSError:  # deleted meanwhile, or not ours to read
        return
    for name in sorted(names, reverse=True)[:MOST_LOOKED_AT]:
        yield folder / name
