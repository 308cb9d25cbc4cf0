"""python-loop: numba compiles the loop; its compilation and the conversion of lists are inside the measured time."""

from __future__ import annotations

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.trials.remedies._lifted import lifted
from ds_notebook.profile.trials.remedy import CannotTry, Remedy, Rewriting


class Compiled(Remedy):
    """The outermost loop around the line, in a function of its own."""

    code = "python-loop"
    libraries = ("numba",)

    def words(self, found: Found) -> str:
        return "The loop compiled by numba"

    def objection(self, found: Found, profile: Profile) -> str:
        from importlib.util import find_spec

        return "" if find_spec("numba") else "numba is not installed: pip install numba"

    def rewritten(self, found: Found, profile: Profile) -> Rewriting:
        source = profile.sources.get(found.at.place)
        if not source:
            raise CannotTry("its source is not at hand")
        new = lifted("\n".join(source), found.at.line, _types(found, profile))
        return Rewriting(found.at.place, new.source, new.fix)


def _types(found: Found, profile: Profile) -> dict[str, str]:
    """Of the names on all lines that were hot in the function."""
    ours = f"{found.at.function} ({found.at.place}:"
    by_line = [types for frame, types in profile.observed.types.items() if frame.startswith(ours)]
    return {name: kind for types in by_line for name, kind in types.items()}


REMEDY = Compiled()
