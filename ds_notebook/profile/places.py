"""Places as a reader wants them: whose a file is, and its shortest name that still says which."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ds_notebook.profile.folded import Frame

_INSTALLED = re.compile(r".*[/\\](?:site|dist)-packages[/\\](?P<rest>.*)", re.DOTALL)
_STANDARD = re.compile(r".*[/\\](?:lib(?:64)?[/\\]python3[^/\\]*|Lib)[/\\](?P<rest>.*)", re.DOTALL)
_OURS = re.compile(r"(?:.*[/\\])?(?P<rest>(?:ds_notebook|ds_magics)[/\\].*)", re.DOTALL)
_CELL = re.compile(r"cell \d+|<cell>")
_NAMELESS = {"__init__.py", "__main__.py"}
_MOST_LETTERS = 80
IMPORT = "import"

_LAUNCHING_FILES = re.compile(
    r"<frozen runpy>|runpy\.py|(?:.*[/\\])?(?:ipykernel|IPython|papermill|nbclient|traitlets|tornado|asyncio)[/\\].*"
    r"|(?:.*[/\\])?ipykernel_launcher\.py|ds_notebook[/\\].*|ds_magics[/\\].*",
    re.DOTALL,
)
_THREAD_STARTS = {"_bootstrap", "_bootstrap_inner", "Thread._bootstrap", "Thread._bootstrap_inner"}
_THREAD_RUNS = {"run", "Thread.run"}


def short(place: str) -> str:
    """A file as imports name it (`pandas/core/apply.py`), a user's own by its last name, a cell as it is."""
    if match := _INSTALLED.fullmatch(place) or _STANDARD.fullmatch(place) or _OURS.fullmatch(place):
        return match["rest"]
    parts = re.split(r"[/\\]", place)
    return "/".join(parts[-2:]) if parts[-1] in _NAMELESS else parts[-1]


def is_users(place: str) -> bool:
    """Whether a place is the user's own: a cell, or a file outside of libraries; by its name alone."""
    if not place or _CELL.fullmatch(place):
        return bool(place)
    return not place.startswith("<") and not any(pattern.fullmatch(place) for pattern in (_INSTALLED, _STANDARD, _OURS))


def label(frame: Frame) -> str:
    """What a box of a flame is called: function and place, without the line; a cell or file for its own top level.

    All that Python does to import a module is "import"; what stands between a torch module and its `forward` is "".
    """
    if frame.place.startswith("<frozen importlib"):
        return IMPORT
    place = short(frame.place)
    if place == "torch/nn/modules/module.py" and frame.function.endswith("_call_impl"):
        return ""
    if frame.function == "<module>" and place:
        return place[:_MOST_LETTERS]
    return (f"{frame.function} ({place})" if place else frame.function)[:_MOST_LETTERS]


def num_launching(frames: Sequence[Frame]) -> int:
    """How many frames at the root only started what was profiled: runpy, a kernel, a thread's own beginning.

    Of a stack that is nothing else, all but the last.
    """
    count = 0
    while count < len(frames) - 1 and _is_launching(frames[count]):
        count += 1
    return count


def _is_launching(frame: Frame) -> bool:
    if frame.function in _THREAD_STARTS or (frame.function in _THREAD_RUNS and short(frame.place) == "threading.py"):
        return True
    return not _CELL.fullmatch(frame.place) and bool(_LAUNCHING_FILES.fullmatch(short(frame.place)))
