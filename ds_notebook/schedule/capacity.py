"""What is free of the machine, and what of it a job would get. A core is promised whole, or in shares below one."""

from __future__ import annotations

from collections.abc import Iterable

from ds_notebook.schedule.state import Job, Machine, Placement

_ROUNDING = 1e-9
"""Ten jobs of 0.1 fill a core."""


class Room:
    """What nobody was promised; a plan takes from its own copy."""

    def __init__(self, machine: Machine, active: Iterable[Job]) -> None:
        self._machine = machine
        self.cores = list(machine.cores)
        self.shares: dict[int, float] = {}
        """How much of each shared core is promised."""
        self.gpus = list(machine.gpus)
        self.memory_bytes = machine.memory_bytes
        for job in active:
            self.take(job, job.placement)

    @classmethod
    def beside_services(cls, machine: Machine, active: Iterable[Job]) -> Room:
        """What is there once all have ended that end by themselves."""
        return cls(machine, (job for job in active if job.spec.kind == "service"))

    def copy(self) -> Room:
        room = Room(self._machine, ())
        room.cores, room.shares, room.gpus = list(self.cores), dict(self.shares), list(self.gpus)
        room.memory_bytes = self.memory_bytes
        return room

    @property
    def has_core(self) -> bool:
        """Whether any job at all could be placed."""
        return bool(self.cores) or any(share < 1 - _ROUNDING for share in self.shares.values())

    def place(self, job: Job) -> Placement | None:
        """Where the job would go: promised cores alone; None where it does not fit."""
        spec = job.spec
        memory_bytes = spec.memory_bytes or 0
        if memory_bytes > self.memory_bytes or spec.gpus > len(self.gpus):
            return None
        cores = tuple(self.cores[: job.needs_cores]) if job.needs_cores else self._shared_core(spec.cpus)
        if len(cores) < max(1, job.needs_cores):
            return None
        return Placement(
            cores=cores,
            gpus=tuple(self.gpus[: spec.gpus]),
            memory_bytes=memory_bytes,
            threads=len(cores),
        )

    def take(self, job: Job, placement: Placement) -> None:
        """Promise it. Cores that the machine has no more, after a restart, are passed over."""
        self.cores = [core for core in self.cores if core not in placement.cores]
        if not job.needs_cores:
            for core in set(placement.cores).intersection(self._machine.cores):
                self.shares[core] = self.shares.get(core, 0.0) + job.spec.cpus
        self.gpus = [gpu for gpu in self.gpus if gpu not in placement.gpus]
        self.memory_bytes -= placement.memory_bytes

    def give_back(self, job: Job, placement: Placement) -> None:
        """The opposite of `take`."""
        freed = {*self.cores, *placement.cores}
        if not job.needs_cores:
            for core in set(placement.cores).intersection(self.shares):
                self.shares[core] -= job.spec.cpus
                if self.shares[core] <= _ROUNDING:
                    del self.shares[core]
            freed -= self.shares.keys()
        self.cores = [core for core in self._machine.cores if core in freed]
        self.gpus = [gpu for gpu in self._machine.gpus if gpu in self.gpus or gpu in placement.gpus]
        self.memory_bytes += placement.memory_bytes

    def keep_for(self, job: Job) -> None:
        """Set aside what is free of what `job` needs, so that others are placed in the rest."""
        if job.needs_cores:
            self.cores = self.cores[job.needs_cores :]
        elif core := self._shared_core(job.spec.cpus):
            self.cores = [each for each in self.cores if each not in core]
            self.shares.pop(core[0], None)
        self.gpus = self.gpus[job.spec.gpus :]
        self.memory_bytes -= job.spec.memory_bytes or 0

    def _shared_core(self, cpus: float) -> tuple[int, ...]:
        """The fullest shared core that still has room, else a free one."""
        fitting = [core for core, share in self.shares.items() if share + cpus <= 1 + _ROUNDING]
        if fitting:
            return (max(fitting, key=lambda core: (self.shares[core], -core)),)
        return tuple(self.cores[:1])
