"""low-precision: the program runs under autocast to bf16."""

from __future__ import annotations

from contextlib import AbstractContextManager

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.trials.remedy import Remedy


class Autocast(Remedy):
    """Matrix products in bf16; what it does to the result is told, and the user's to judge."""

    code = "low-precision"
    patches = ("torch",)

    def words(self, found: Found) -> str:
        return "bf16 by autocast"

    def objection(self, found: Found, profile: Profile) -> str:
        return "only the program knows which of its float64 may become float32" if _is_double(found) else ""

    def applied(self, found: Found) -> AbstractContextManager[object]:
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        return torch.autocast(device, dtype=torch.bfloat16)


def _is_double(found: Found) -> bool:
    return found.facts.get("dtype") == "float64"


REMEDY = Autocast()
