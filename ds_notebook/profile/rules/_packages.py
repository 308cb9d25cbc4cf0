"""Packages of libraries in a profile: which were loaded, by which line, and which were seen at work afterwards."""

from __future__ import annotations

import ast
import re

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.rules._seconds import inside, name

_FOLDER = re.compile(r".*(?:site-packages|dist-packages|lib/python3\.\d+|lib/python3)/([A-Za-z_]\w*)")
_OF_TYPES = {"ndarray": "numpy", "float64": "numpy", "float32": "numpy", "int64": "numpy", "int32": "numpy"} | {
    **{"Tensor": "torch", "Parameter": "torch", "DataFrame": "pandas", "Series": "pandas"}
}
"""Of the types that a record names without their module."""
AT_WORK_S = 0.02
"""Two samples: in less nothing is seen for certain."""


def is_import(frame: Frame) -> bool:
    return frame.place.startswith("<frozen importlib")


def package(frame: Frame) -> str:
    """The top-level package of a library's file; empty for what is none."""
    found = _FOLDER.match(frame.place.replace("\\", "/"))
    return found[1] if found else ""


def importer(profile: Profile, stack: Stack) -> Frame | None:
    """The user's line that imports, if nothing of the user's ran for it; a library's late import is its own."""
    caller, loading = None, False
    for frame in stack.frames:
        if frame.place in profile.sources:
            caller, loading = frame, False
        elif is_import(frame):
            loading = True
        elif not loading and not inside(frame, "importlib/__init__.py"):
            return None
    return caller if loading else None


def loaded_first(stack: Stack) -> str:
    """The package that an import in a stack begins with; empty where it was still being looked for."""
    modules = (frame for frame in stack.frames if name(frame) == "<module>" and package(frame))
    return next((package(frame) for frame in modules), "")


def at_work_s(profile: Profile, wanted: str) -> float:
    """Seconds in which a package did something beside being loaded; infinite where objects of its were about."""
    if wanted in _seen(profile):
        return float("inf")
    return sum(stack.wall_s for stack in profile.stacks if _works(stack, wanted))


def required_by(profile: Profile, packages: set[str]) -> set[str]:
    """These and all that they need themselves, as far as the record knows."""
    needs = profile.observed.requires
    found, waiting = set[str](), list(packages)
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += needs.get(each, [])
    return found


def modules_named(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Top-level packages that an import names."""
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
    return {each.partition(".")[0] for each in names} - {""}


def _seen(profile: Profile) -> set[str]:
    types = {kind for names in profile.observed.types.values() for kind in names.values()}
    words = {word for kind in types for word in re.findall(r"[A-Za-z_]\w*", kind)}
    return {_OF_TYPES[word] for word in words & _OF_TYPES.keys()} | set(profile.observed.packages)


def _works(stack: Stack, wanted: str) -> bool:
    for frame in stack.frames:
        if is_import(frame):
            return False
        if package(frame) == wanted:
            return True
    return False
