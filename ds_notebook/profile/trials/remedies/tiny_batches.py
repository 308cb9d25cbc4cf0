"""tiny-batches: every DataLoader makes batches of several times the size."""

from __future__ import annotations

from contextlib import AbstractContextManager

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.rules.tiny_batches import TIMES_LARGER
from ds_notebook.profile.trials.remedies._torch import Arguments, constructed_with
from ds_notebook.profile.trials.remedy import Remedy


class LargerBatches(Remedy):
    """Another training, and so another result: what it measures is the time of an epoch."""

    code = "tiny-batches"
    patches = ("torch.utils.data",)

    def words(self, found: Found) -> str:
        return f"Batches {TIMES_LARGER} times the size"

    def objection(self, found: Found, profile: Profile) -> str:
        return "" if profile.observed.loaders else "its batches are made by no DataLoader"

    def applied(self, found: Found) -> AbstractContextManager[object]:
        import torch.utils.data

        return constructed_with(torch.utils.data.DataLoader, _larger)


def _larger(given: Arguments) -> Arguments:
    if given.get("batch_sampler") is not None or given.get("batch_size", 1) is None:
        return given
    return {**given, "batch_size": TIMES_LARGER * given.get("batch_size", 1)}


REMEDY = LargerBatches()
