"""The errors a user can cause or meet: each message is one sentence that says what to do."""


class DsError(Exception):
    """Shown by notebooks and the command line as its message alone, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        """IPython's name for how an exception is shown."""
        return [f"{type(self).__name__}: {self}"]


class UsageError(DsError):
    """Asked wrongly: an unknown option, a missing name, data of the wrong shape."""


class RecordError(DsError):
    """A run's folder could not be opened, locked or read."""


class GateFailed(DsError):
    """A gate's condition did not hold; the message has the measured value."""


class Diverged(DsError):
    """The loss became NaN or infinite; the message names the step, the batch and the module where it began."""

    def __init__(self, message: str, *, in_the_data: bool = False) -> None:
        super().__init__(message)
        self.in_the_data = in_the_data
        """The batch itself held it, so going back would meet it again."""


class DataError(DsError):
    """The data gave out in mid-training: a killed loader worker, a batch of another kind."""


def missing_extra(what: str, extra: str) -> UsageError:
    """The one sentence for a feature whose optional dependency is not installed."""
    return UsageError(f'{what} needs an extra: pip install "ds-notebook[{extra}]".')
