"""The closed loop over a profile's record: its findings are tried, and what that measured is written beside them."""

from __future__ import annotations

from collections.abc import Callable

from ds_notebook.profile.judge import seen
from ds_notebook.profile.stored import profile_of
from ds_notebook.profile.trials.bench import Bench
from ds_notebook.profile.trials.said import decision, measured
from ds_notebook.profile.trials.trial import Trial, trials
from ds_notebook.record import Record
from ds_notebook.record.events import Finding
from ds_notebook.record.run import Run


def try_remedies(
    record: Record, bench: Bench, *, runs: int = 1, after_each: Callable[[Trial], None] = lambda _: None
) -> list[Trial]:
    """Try what the findings of a profile advise, on copies of the program that `bench` runs.

    `runs` is how often the profile saw the program run. The record gets a Finding with the measured gain and a
    Decision for each remedy as soon as it is known.
    """
    profile = profile_of(record)
    before = {(each.code, each.file, each.line): each for each in latest_findings(record)}
    writer = Run(record.path, None)
    done: list[Trial] = []
    try:
        for trial in trials(seen(profile, writer), profile, bench, runs=runs):
            writer.emit(decision(trial))
            at = trial.found.at
            if finding := before.get((trial.found.code, at.place, at.line)):
                writer.emit(measured(finding, trial))
            done.append(trial)
            after_each(trial)
    finally:
        writer.end()
    return done


def latest_findings(record: Record) -> list[Finding]:
    """Each finding once, as it was said last: with what was measured, where that is known."""
    findings = (each for each in record.events() if isinstance(each, Finding))
    return list({(each.code, each.file, each.line): each for each in findings}.values())
