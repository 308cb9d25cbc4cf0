"""Who is let into the queue: what can never run is refused at once, with what there is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from graphlib import CycleError, TopologicalSorter

from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.reason import size
from ds_notebook.schedule.state import Machine


def refusal(spec: JobSpec, machine: Machine) -> str:
    """Why this machine can never run the job, as a sentence; empty where it can."""
    if not 0 < spec.cpus <= len(machine.cores):
        return f"{spec.name} asks for {spec.cpus:g} cores; this machine has {len(machine.cores)}."
    if spec.max_cpus is not None and spec.max_cpus < spec.cpus:
        return f"{spec.name} asks for {spec.cpus:g} cores and at most {spec.max_cpus:g}; the most cannot be less."
    if not 0 <= spec.gpus <= len(machine.gpus):
        return f"{spec.name} asks for {_count(spec.gpus, 'GPU')}; this machine has {len(machine.gpus)}."
    if spec.memory_bytes is not None and not 0 <= spec.memory_bytes <= machine.memory_bytes:
        return (
            f"{spec.name} asks for {size(spec.memory_bytes)} of memory; this machine has {size(machine.memory_bytes)}."
        )
    return ""


def needs(spec: JobSpec) -> str:
    """What a job takes, in words: 2 cores, 1 GPU and 4 GB."""
    words = [_count(spec.cpus, "core") if spec.cpus >= 1 else f"{spec.cpus:g} of a core"]
    words += [_count(spec.gpus, "GPU")] if spec.gpus else []
    words += [size(spec.memory_bytes)] if spec.memory_bytes else []
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def why_it_waits(spec: JobSpec) -> str:
    """What a job that is ready waits for."""
    return f"waits for {needs(spec)}"


def wrong_after(specs: Sequence[JobSpec], known: Collection[str]) -> dict[str, str]:
    """Of jobs submitted together: why some cannot wait for what they name, by id. `known`: ids in the queue already."""
    by_id = {spec.id: spec for spec in specs}
    wrong: dict[str, str] = {}
    for spec in specs:
        if missing := [each for each in spec.after if each not in known and each not in by_id]:
            wrong[spec.id] = f"{spec.name} waits for {missing[0]!r}, and there is no such job. `ds jobs` lists them."
    for spec in _in_cycles([spec for spec in specs if spec.id not in known]):
        wrong.setdefault(
            spec.id, f"{spec.name} waits for itself, through {' and '.join(spec.after)}: break the circle."
        )
    return wrong


def _in_cycles(specs: Sequence[JobSpec]) -> list[JobSpec]:
    """Those that wait, directly or not, for a job that waits for them, circle by circle.

    What is only bound to a circle is not among them: it is cancelled with it.
    """
    by_id = {spec.id: spec for spec in specs}
    after = {spec.id: by_id.keys() & spec.after for spec in specs}
    found: list[JobSpec] = []
    while True:
        try:
            TopologicalSorter(after).prepare()
        except CycleError as error:
            circle = set(error.args[1])
            found += [by_id[id] for id in by_id if id in circle]
            after = {id: each - circle for id, each in after.items() if id not in circle}
        else:
            return found


def same_output(specs: Sequence[JobSpec], at_work: Iterable[JobSpec]) -> dict[str, str]:
    """Why some of these jobs would replace the notebook that one which is not done, or of their own, writes; by id."""
    writers = {spec.output: spec for spec in at_work if spec.output}
    wrong: dict[str, str] = {}
    for spec in specs:
        other = writers.setdefault(spec.output, spec) if spec.output else spec
        if other.id != spec.id and other.id not in spec.after:
            wrong[spec.id] = f"{spec.name} would write {spec.output}, as {other.name} ({other.id}) does: name another."
    return wrong


def _count(amount: float, noun: str) -> str:
    return f"{amount:g} {noun}{'' if amount == 1 else 's'}"
