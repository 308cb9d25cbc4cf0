"""regex-compile: every pattern is compiled once and kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ds_notebook.profile.found import Found
from ds_notebook.profile.trials.remedy import CannotTry, Remedy

_SIZES = ("_MAXCACHE", "_MAXCACHE2")


class KeptPatterns(Remedy):
    """A cache of `re` without an end stands for patterns compiled above the loop."""

    code = "regex-compile"

    def words(self, found: Found) -> str:
        return "Patterns compiled once"

    @contextmanager
    def applied(self, found: Found) -> Iterator[None]:
        before = {name: getattr(re, name) for name in _SIZES if hasattr(re, name)}
        if not before:
            raise CannotTry("this Python keeps its patterns in another way")
        purge = re.purge
        re.purge = lambda: None
        for name in before:
            setattr(re, name, 1_000_000)
        try:
            yield
        finally:
            re.purge = purge
            for name, size in before.items():
                setattr(re, name, size)


REMEDY = KeptPatterns()
