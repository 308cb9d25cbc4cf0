"""What a request may name, as a folder, and back: within the root, DS_RUNS or the scheduler's folder, never outside."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ds_notebook.errors import RecordError, UsageError

DS_RUNS = "@DS_RUNS"
"""Names the folder of that variable, which may lie outside the root."""
SCHEDULER = "@SCHEDULER"
"""Followed by its name, the folder of this user's scheduler: the record of its queue, and those of its jobs."""
MOST_LETTERS = 1024


class PathRefused(UsageError):
    """The path is none that the server shows."""


@dataclass(frozen=True, slots=True)
class Places:
    """The folders that the server shows: `root`, where it was started with DS_RUNS `ds_runs`, and the scheduler's.

    Links are resolved.
    """

    root: Path
    ds_runs: Path | None = None
    scheduler: Path | None = None

    @classmethod
    def of(cls, root: str, ds_runs: str | None, scheduler: Path | None = None) -> Places:
        """The places by the server's root, the variable's value and the scheduler's folder, there or not yet."""
        found = [Path(os.path.realpath(os.path.expanduser(each))) if each else None for each in (ds_runs, scheduler)]
        return cls(Path(os.path.realpath(os.path.expanduser(root))), *found)

    def folder(self, path: str) -> Path:
        """The folder at `path`, links resolved; "" is the root.

        Raises PathRefused for a path that is not relative, goes upward, through a hidden folder or a
        link that leads out, and RecordError where there is no folder.
        """
        parts = _parts(path)
        base, parts = self._base(parts)
        real = Path(os.path.realpath(base.joinpath(*parts)))
        if not real.is_relative_to(base) or any(part.startswith(".") for part in real.relative_to(base).parts):
            raise PathRefused(f"{path!r} leads out of the server's folder: open the server above it.")
        if not os.path.isdir(real):
            raise RecordError(f"There is no folder {path!r} here: it was moved or deleted.")
        return real

    def _base(self, parts: list[str]) -> tuple[Path, list[str]]:
        if parts[:1] == [SCHEDULER]:
            if self.scheduler is None or parts[1:2] != [self.scheduler.name]:
                raise RecordError("This server knows no scheduler of that name.")
            return self.scheduler, parts[2:]
        if parts[:1] != [DS_RUNS]:
            return self.root, parts
        if self.ds_runs is None:
            raise RecordError("This server was started without DS_RUNS: name the run by its folder.")
        return self.ds_runs, parts[1:]

    def path_of(self, folder: Path) -> str:
        """The path by which requests name `folder`; it lies in one of the places."""
        if folder.is_relative_to(self.root):
            parts = folder.relative_to(self.root).parts
            if not any(part.startswith(".") for part in parts):
                return "/".join(parts)
        if self.scheduler is not None and folder.is_relative_to(self.scheduler):
            return "/".join((SCHEDULER, self.scheduler.name, *folder.relative_to(self.scheduler).parts))
        assert self.ds_runs is not None, f"{folder} came from no place"
        return "/".join((DS_RUNS, *folder.relative_to(self.ds_runs).parts))

    def is_queue(self, folder: Path) -> bool:
        """Whether `folder`, of this server, is the scheduler's, or one of its jobs'."""
        return self.scheduler is not None and folder.is_relative_to(self.scheduler)

    def runs_folder_near(self, path: str) -> str:
        """The path of the runs folder of a notebook in the folder `path`, there or not.

        As `record.where` finds it: `ds_runs` in the nearest folder upward that has one or a `.git`, but not above
        the root; else beside the notebook.
        """
        here = self.folder(path)
        base = self.root if here.is_relative_to(self.root) else here
        for folder in (here, *here.parents):
            if os.path.isdir(folder / "ds_runs") or os.path.exists(folder / ".git"):
                return self.path_of(folder / "ds_runs")
            if folder == base:
                break
        return self.path_of(here / "ds_runs")


def _parts(path: str) -> list[str]:
    """The names in a path that is safe to join to a folder."""
    parts = path.split("/") if path else []
    odd = any(letter < " " or letter in "\\\x7f" or "\ud800" <= letter <= "\udfff" for letter in path)
    if odd or len(path) > MOST_LETTERS or any(not part or part.startswith(".") for part in parts):
        raise PathRefused(f"{path[:80]!r} is no path in the server's folder: give folder names with / between them.")
    return parts
