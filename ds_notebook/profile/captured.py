"""All that is at work while the user's code runs, put together; and what is made of it at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

import msgspec

from ds_notebook.profile import observed
from ds_notebook.profile.capture.children import sampled_children
from ds_notebook.profile.capture.guarded import Guarded
from ds_notebook.profile.capture.hooks import HOOKS
from ds_notebook.profile.capture.hooks.growth import growth
from ds_notebook.profile.capture.imports import imports_watched
from ds_notebook.profile.capture.native import Spy, spy
from ds_notebook.profile.capture.operators import Window, operator_window
from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.capture.sampler import Sampler
from ds_notebook.profile.capture.scope import Scope
from ds_notebook.profile.capture.tally import Tally
from ds_notebook.profile.config import ProfileConfig
from ds_notebook.profile.judge import judge
from ds_notebook.profile.observed import Observed
from ds_notebook.profile.stored import SOURCES
from ds_notebook.record.events import Decision, Stacks, Usage
from ds_notebook.record.run import Run


@contextmanager
def captured(run: Run, config: ProfileConfig, base: FrameType | None, own: str) -> Iterator[None]:
    """Write what the block does into `run`; `base` and `own` as for a session."""

    def write(events: list[Stacks]) -> None:
        for event in events:
            run.emit(event)

    found, places = Observed(rate_hz=config.rate_hz), Places(own)
    sampler = Sampler(Tally(places), write, rate_hz=config.rate_hz, base=base)
    with ExitStack() as until_the_end:  # the last to begin is the first to end
        until_the_end.callback(_conclude, run, found, places, os.getpid())
        scope = Scope(found, places, sampler, until_the_end.enter_context(imports_watched()))
        if config.native:
            _begin_native(run, scope, until_the_end)
        if config.torch_ops:
            window = until_the_end.enter_context(operator_window(config.torch_ops, scope.imports))
            until_the_end.callback(_write_operators, run, window)
        for hook in (*HOOKS, growth) if config.memory else HOOKS:
            until_the_end.enter_context(Guarded(hook, scope))
        if not sampler.samples.waits_alone:  # py-spy sees children by itself
            until_the_end.enter_context(sampled_children(run, places, sampler, config.rate_hz))
        until_the_end.callback(_note_sampler, scope)
        run.emit(_how(found))
        sampler.start()
        until_the_end.callback(sampler.stop)
        yield


def _begin_native(run: Run, scope: Scope, until_the_end: ExitStack) -> None:
    begun = until_the_end.enter_context(spy(scope.found.rate_hz))
    if isinstance(begun, str):
        scope.found.remarks.append(begun)
        return
    scope.found.how = begun.how
    scope.sampler.samples.waits_alone = True
    until_the_end.callback(_write_spied, run, begun, scope)


def _write_spied(run: Run, begun: Spy, scope: Scope) -> None:
    for event in begun.stop(scope.places, scope.sampler.samples.ran):
        run.emit(event)


def _write_operators(run: Run, window: Window) -> None:
    if event := window.stacks():
        run.emit(event)


def _how(found: Observed) -> Decision:
    verdict = "the in-process sampler" if found.how == "sampler" else found.how
    return Decision(policy="capture", subject="profile", verdict=verdict, reason=" ".join(found.remarks))


def _note_sampler(scope: Scope) -> None:
    found, sampler = scope.found, scope.sampler
    found.samples = sampler.samples.number
    found.longest_gap_s = round(sampler.samples.longest_gap_s, 6)
    found.sampler_cpu_s = round(sampler.cpu_s, 6)
    found.remarks += [*sampler.remarks, *scope.imports.remarks]


def _conclude(run: Run, found: Observed, places: Places, process: int) -> None:
    """What was counted, the sources, and what the rules say of it; by the process that began it alone."""
    if os.getpid() != process:  # a fork that comes to an end of its own
        return
    found.gpu_busy = _gpu_busy(run)
    run.save_blob("observed.json", msgspec.json.encode(found), kind=observed.KIND)
    run.save_blob("sources.json", msgspec.json.encode(places.sources()), kind=SOURCES)
    judge(run)


def _gpu_busy(run: Run) -> float | None:
    """The mean of what the run's own thread saw of the GPUs, once a second."""
    usages = [event for event in run.record.events() if isinstance(event, Usage) and event.device.startswith("gpu")]
    busy = [event.values["gpu_busy_pct"] for event in usages if "gpu_busy_pct" in event.values]
    return sum(busy) / len(busy) / 100 if busy else None
