"""The frame that is worth a look: the main thread's, or a busy thread's while the main one waits for it."""

from __future__ import annotations

import os
import sys
from types import FrameType

from ds_notebook.profile.capture.scope import Scope

_WAITING = tuple(
    os.path.join(*parts)
    for parts in (
        ("threading.py",),
        ("selectors.py",),
        ("queue.py",),
        ("concurrent", "futures", "_base.py"),
        ("concurrent", "futures", "thread.py"),
    )
)


def busiest(scope: Scope, main: FrameType) -> FrameType:
    """`main`, unless that waits: then the innermost frame of a thread that runs code of the user's and does not."""
    if not _waits(main):
        return main
    frames = sys._current_frames()
    return next((each for each in frames.values() if not _waits(each) and scope.places.users_frame(each)), main)


def _waits(frame: FrameType) -> bool:
    return frame.f_code.co_filename.endswith(_WAITING)
