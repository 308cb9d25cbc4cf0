"""How a profile is taken."""

from __future__ import annotations

from dataclasses import dataclass

from ds_notebook.errors import UsageError
from ds_notebook.options import settle

FASTEST_HZ = 1000.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileConfig:
    """Where the time goes, and what would help."""

    name: str = ""
    """What the profile is called in lists; what was profiled, if not given."""
    rate_hz: float = 100.0
    """Samples a second."""
    memory: bool = False
    """Trace every allocation, to say which lines hold the memory that was not given back. Code that makes many small
    objects then takes ten times as long and more: its times are not to be believed."""
    native: bool = False
    """Have py-spy, if it is installed and the machine lets it, look at this process: native frames, child processes of
    any kind, and what holds the GIL."""
    torch_ops: int = 0
    """Time the operators of torch in so many steps of the optimizer; 0 leaves torch's profiler alone."""
    repeat: int = 1
    """Run it so many times in one profile; only for code that may run again."""
    fix: bool = False
    """Then try what the findings advise on copies of the program, and measure it. What writes files, reaches a network
    or sends statements other than SELECT is only advised."""

    def __post_init__(self) -> None:
        settle(self)
        if not 1 <= self.rate_hz <= FASTEST_HZ:
            raise UsageError(f"rate_hz must lie between 1 and {FASTEST_HZ:g}, got {self.rate_hz:g}. 100 is usual.")
        if self.repeat < 1:
            raise UsageError(f"repeat must be 1 or more runs, got {self.repeat}.")
        if self.torch_ops < 0:
            raise UsageError(f"torch_ops must be 0 or more steps, got {self.torch_ops}. 10 is usual.")
