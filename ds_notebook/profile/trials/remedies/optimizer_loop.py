"""optimizer-loop: the optimizer updates all parameters in one fused call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from inspect import signature

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.trials.remedies._torch import constructed_with
from ds_notebook.profile.trials.remedy import Remedy


class Fused(Remedy):
    """`fused=True` for every optimizer of torch that has it."""

    code = "optimizer-loop"
    patches = ("torch.optim",)

    def words(self, found: Found) -> str:
        return "A fused optimizer"

    def objection(self, found: Found, profile: Profile) -> str:
        return "" if profile.observed.optimizers else "the update is the program's own loop, no optimizer of torch"

    @contextmanager
    def applied(self, found: Found) -> Iterator[None]:
        import torch

        kinds = [kind for kind in vars(torch.optim).values() if isinstance(kind, type)]
        with ExitStack() as until_the_end:
            for kind in kinds:
                if "fused" in signature(kind.__init__).parameters:  # type: ignore[misc]  # asked, not called
                    until_the_end.enter_context(
                        constructed_with(kind, lambda given: {**given, "foreach": None, "fused": True})
                    )
            yield


REMEDY = Fused()
