"""A profile from its beginning to its end: what is started for it is stopped with it, whatever the code did."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ds_notebook.options import from_builtins, to_builtins
from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.captured import captured
from ds_notebook.profile.config import ProfileConfig
from ds_notebook.record.run import Run
from ds_notebook.start import start_run

_one_at_a_time = threading.Lock()
_current: Run | None = None


def current() -> Run | None:
    """The profile that is being taken in this process, if there is one."""
    return _current


@contextmanager
def session(config: ProfileConfig, what: str, *, base: FrameType | None, own: str = "") -> Iterator[Run]:
    """Profile the block, which is called `what` in lists where the config has no name.

    `base` is the frame below which the user's code runs, `own` a place of theirs without a file. The run ends with
    the block, findings and all, whatever error leaves it. Where a profile is already running in this process, that
    one is given and goes on.
    """
    global _current
    while not _one_at_a_time.acquire(blocking=False):
        if (running := _current) is not None:
            yield running
            return
        time.sleep(0.001)  # another thread is about to begin one, or to end it
    try:
        with (
            start_run(config.name or what, kind="profile", config=to_builtins(config)) as _current,
            captured(_current, config, base, own),
        ):
            yield _current
    finally:
        _current = None
        _one_at_a_time.release()


@contextmanager
def profiled(name: str = "", **options: float | bool) -> Iterator[Run]:
    """Profile a block of your own code; its record is a run, which is shown where a notebook shows runs.

    `options` are those of `ProfileConfig`. Raises UsageError for one that is not known.

    >>> with ds.profiled("features") as run:
    ...     table = slow_features(frame)
    """
    config = from_builtins(ProfileConfig, {"name": name, **options})
    with session(config, "profile", base=_above_the_users(sys._getframe(2))) as run:
        yield run


def _above_the_users(frame: FrameType | None) -> FrameType | None:
    """The frame that called the outermost of the user's own: what stands above it only started their code."""
    places, above = Places(), None
    while frame is not None:
        if places.is_users(frame.f_code):
            above = frame.f_back
        frame = frame.f_back
    return above
