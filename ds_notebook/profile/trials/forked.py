"""A cell or statement runs again in a fork of the kernel: the namespace is a copy, the user's is never touched."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

import msgspec

from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.folded import Profile
from ds_notebook.profile.trials import landlock
from ds_notebook.profile.trials.copied import Task, cannot, run_copy
from ds_notebook.profile.trials.ended import wait_and_end
from ds_notebook.profile.trials.guard import let_go_of_inherited
from ds_notebook.profile.trials.in_memory import replace_in_memory

_VALUE = "_ds_value"
_SHOWN = "the value of its last line"


class ForkBench:
    """Runs `source`, plain Python that was compiled as `filename`, in forks of this process."""

    goes_on = True

    def __init__(self, source: str, filename: str, namespace: dict[str, Any]) -> None:
        self._source = source
        self._filename = filename
        self._place = Places().of(filename).name
        self._namespace = namespace
        self._sources: Mapping[str, list[str]] = {}

    def objection(self, profile: Profile) -> str:
        """A GPU and a database's connection do not follow into a fork, and some systems have none."""
        torch = sys.modules.get("torch")
        if not os.path.isdir("/proc/self/fd") or not landlock.version():
            return "this system cannot keep a copy of the kernel apart (Linux 5.13 with Landlock can)"
        if torch is not None and torch.cuda.is_initialized():
            return "CUDA is in use, and a copy of the kernel could not use it"
        if any(each.driver not in ("", "sqlite3") for each in profile.observed.statements):
            return "a copy of the kernel cannot speak through its connection to a database"
        self._sources = profile.sources  # from which remedies rewrite functions of other cells and files
        return ""

    def copy(self, task: Task, environment: dict[str, str], limit_s: float) -> bool:
        """Fork and run; a fork that hangs, on a lock that a thread held, is killed at the limit."""
        pid = os.fork()
        if pid == 0:
            self._in_the_fork(task)
        with suppress(PermissionError, ProcessLookupError):  # the fork does the same: whoever comes first
            os.setpgid(pid, pid)
        return wait_and_end(pid, limit_s)

    def _in_the_fork(self, task: Task) -> NoReturn:
        try:
            os.setpgid(0, 0)
            _one_thread()
            _show_nothing()
            if reason := let_go_of_inherited():
                cannot(task, reason)
            change = task.change
            source = change.source if change.place == self._place else self._source
            if change.place and change.place != self._place:
                before = "\n".join(self._sources[change.place])
                replace_in_memory(change.place, before, change.source, self._namespace)
            own = msgspec.structs.replace(change, place="", source="")  # no file is to be read in another form
            run_copy(msgspec.structs.replace(task, change=own), lambda: self._run(source), self._results)
        finally:
            os._exit(1)

    def _run(self, source: str) -> None:
        tree = ast.parse(source)
        if tree.body and isinstance(last := tree.body[-1], ast.Expr):
            value = ast.Assign([ast.Name(_VALUE, ast.Store())], last.value)
            tree.body[-1] = ast.fix_missing_locations(ast.copy_location(value, last))
        exec(compile(tree, self._filename, "exec", dont_inherit=True), self._namespace)

    def _results(self) -> dict[str, object]:
        """What the code names, and what its last line comes to."""
        named = {node.id for node in ast.walk(ast.parse(self._source)) if isinstance(node, ast.Name)}
        found = {name: self._namespace[name] for name in named if name in self._namespace}
        return {**found, _SHOWN: self._namespace[_VALUE]} if _VALUE in self._namespace else found


def _show_nothing() -> None:
    """What the code displays would go to the notebook through sockets of the kernel's."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    if (shell := get_ipython() if get_ipython else None) is not None:
        shell.display_pub.publish = lambda *_, **__: None


def _one_thread() -> None:
    """OpenMP's threads stay behind in a fork, and a parallel region would wait for them for ever."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
