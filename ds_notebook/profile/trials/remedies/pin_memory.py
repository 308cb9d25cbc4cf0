"""pin-memory: batches lie in memory that a GPU reads by itself."""

from __future__ import annotations

from contextlib import AbstractContextManager

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.trials.remedies._torch import constructed_with
from ds_notebook.profile.trials.remedy import Remedy


class PinnedMemory(Remedy):
    """`pin_memory=True` for every DataLoader."""

    code = "pin-memory"
    patches = ("torch.utils.data",)

    def words(self, found: Found) -> str:
        return "Pinned memory"

    def objection(self, found: Found, profile: Profile) -> str:
        return "" if profile.observed.gpus else "it needs a GPU"

    def applied(self, found: Found) -> AbstractContextManager[object]:
        import torch.utils.data

        return constructed_with(torch.utils.data.DataLoader, lambda given: {**given, "pin_memory": True})


REMEDY = PinnedMemory()
