"""data-wait: worker processes make the batches of every DataLoader."""

from __future__ import annotations

from contextlib import AbstractContextManager

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.trials.remedies._torch import Arguments, constructed_with
from ds_notebook.profile.trials.remedy import Remedy

_NUMBERS = {0: "No loader worker", 1: "One worker", 2: "Two workers", 3: "Three workers", 4: "Four workers"}


def in_words(workers: int) -> str:
    """ "Two workers"."""
    return _NUMBERS.get(workers, f"{workers} workers")


class Workers(Remedy):
    """`num_workers` as the finding says, kept from one epoch to the next."""

    code = "data-wait"
    patches = ("torch.utils.data",)

    def words(self, found: Found) -> str:
        return in_words(int(found.facts.get("num_workers", 2)))

    def objection(self, found: Found, profile: Profile) -> str:
        if not profile.observed.loaders:
            return "its batches are made by no DataLoader"
        return "" if "num_workers" in found.facts else "the data comes from no worker's reach"

    def applied(self, found: Found) -> AbstractContextManager[object]:
        import torch.utils.data

        workers = int(found.facts["num_workers"])

        def change(given: Arguments) -> Arguments:
            if workers == 0:
                given = {name: value for name, value in given.items() if name != "prefetch_factor"}
            return {**given, "num_workers": workers, "persistent_workers": workers > 0}

        return constructed_with(torch.utils.data.DataLoader, change)


REMEDY = Workers()
