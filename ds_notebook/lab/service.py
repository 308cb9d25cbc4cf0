"""What all requests to one server share, and what they ask of it; each function may read files, so runs in a thread."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ds_notebook.draw.page import page
from ds_notebook.errors import RecordError, UsageError
from ds_notebook.export.speedscope_file import encoded
from ds_notebook.lab.drawn import WIDTH, Drawn, damage_named
from ds_notebook.lab.fitted import fitted
from ds_notebook.lab.followers import Followers
from ds_notebook.lab.listing import Listing
from ds_notebook.lab.messages import Accepted, Comparison, Order, SceneMessage
from ds_notebook.lab.orders import Refused, command_of, give
from ds_notebook.lab.paths import Places
from ds_notebook.lab.window import Window
from ds_notebook.record import Record
from ds_notebook.record.files import event_files
from ds_notebook.record.lock import hold_lock
from ds_notebook.record.state import OVER
from ds_notebook.rooms import compare_scene, scene_of

MOST_COMPARED = 10


@dataclass
class Service:
    """One server's places, its list of runs and what is followed there."""

    places: Places
    followers: Followers = field(default_factory=Followers)

    def __post_init__(self) -> None:
        self.listing = Listing(self.places)

    def record(self, path: str) -> Record:
        """The run at `path`; raises PathRefused, or RecordError where there is none."""
        folder = self.places.folder(path)
        if not event_files(folder):
            raise RecordError(f"There is no run at {path!r}: it was moved or deleted.")
        return Record(folder)

    def scene(self, path: str, window: Window | None, width: int) -> SceneMessage:
        """The run at `path` as it is now."""
        return Drawn(self.record(path).path, path, window, width).message()

    def command(self, path: str, order: Order) -> Accepted:
        """Lay a command into the run's folder; raises Refused where nobody will obey."""
        command = command_of(order)
        give(self.record(path), command)
        return Accepted(id=command.id)

    def page(self, path: str) -> str:
        """The run as one HTML file."""
        record = self.record(path)
        with damage_named(record.path):
            return page(scene_of(record))

    def speedscope(self, path: str) -> bytes:
        """The run's profile as speedscope's JSON; raises UsageError where it has none."""
        record = self.record(path)
        with damage_named(record.path):
            return encoded(record)[0]

    def compare(self, paths: list[str]) -> Comparison:
        """Two runs or more in one drawing."""
        if not 2 <= len(paths) <= MOST_COMPARED:
            raise UsageError(f"Name 2 to {MOST_COMPARED} runs to compare, not {len(paths)}.")
        records = [self.record(path) for path in paths]
        with damage_named(records[0].path):
            return Comparison(scene=fitted(compare_scene(records), WIDTH))

    def delete(self, path: str) -> None:
        """Delete the run at `path` with all its files; raises Refused where it still runs."""
        record = self.record(path)
        if record.started is None:
            raise RecordError(f"There is no run at {path!r}: nothing was deleted.")
        if self.places.is_queue(record.path):
            raise Refused(f"{record.id} belongs to the scheduler: `ds clean --queue` deletes what is over there.")
        if (state := record.state) not in OVER:
            raise Refused(f"Run {record.id} is {state}: stop it before you delete it.")
        with _locked(record.path):
            try:
                shutil.rmtree(record.path)
            except OSError as error:
                raise Refused(f"Run {record.id} could not be deleted: {error.strerror}.") from None


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """No producer takes the run up again meanwhile."""
    try:
        lock = hold_lock(folder)
    except RecordError as error:
        raise Refused(str(error)) from None
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)
