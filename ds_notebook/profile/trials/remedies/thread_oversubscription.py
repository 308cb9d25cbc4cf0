"""thread-oversubscription: numeric libraries use as many threads as there are cores for them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ds_notebook.profile.found import Found
from ds_notebook.profile.trials.remedy import Remedy

_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class FewerThreads(Remedy):
    """The number for a fresh process by its variables, and for torch by a call, which a program may repeat."""

    code = "thread-oversubscription"
    patches = ("torch",)

    def words(self, found: Found) -> str:
        threads = _threads(found)
        return "One thread" if threads == 1 else f"{threads} threads"

    def environment(self, found: Found) -> dict[str, str]:
        return dict.fromkeys(_VARIABLES, str(_threads(found)))

    @contextmanager
    def applied(self, found: Found) -> Iterator[None]:
        torch: Any = _imported("torch")
        if torch is not None:
            torch.set_num_threads(_threads(found))
            torch.set_num_threads = lambda _: None  # the program's own number is what is to be tried without
        yield


def _imported(name: str) -> Any:  # a module, or None
    return sys.modules.get(name)


def _threads(found: Found) -> int:
    return max(1, int(found.facts.get("cores", 1)))


REMEDY = FewerThreads()
