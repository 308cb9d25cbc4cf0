"""loader-workers: as many worker processes as help, and these kept from one epoch to the next."""

from __future__ import annotations

from ds_notebook.profile.trials.remedies.data_wait import Workers


class FewerWorkers(Workers):
    """The same patch with another number."""

    code = "loader-workers"


REMEDY = FewerWorkers()
