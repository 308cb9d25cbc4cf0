"""What came of a trial, in the words of a record."""

from __future__ import annotations

import time

import msgspec

from ds_notebook.profile.found import promise, times
from ds_notebook.profile.trials.trial import Trial
from ds_notebook.record.events import Decision, Finding

HELPS = 1.03
"""From this measured speed-up on; two runs of the same program differ by as much."""
_MOST_NAMES = 3


def decision(trial: Trial) -> Decision:
    """The verdict, and the numbers it rests on."""
    return Decision(
        policy="trial",
        subject=f"{trial.found.code} at {trial.found.at.where}",
        verdict=verdict(trial),
        reason=sentence(trial),
        evidence={
            "expected": round(trial.found.expected, 3),
            "measured": None if trial.measured is None else round(trial.measured, 3),
            "equal": trial.equal,
            "before_s": trial.before_s,
            "after_s": trial.after_s,
            "differs": trial.differs,
            "left_out": trial.left_out,
        },
    )


def verdict(trial: Trial) -> str:
    """One of: not tried, failed, not equal, no faster, faster."""
    if trial.not_tried:
        return "not tried"
    if trial.measured is None:
        return "failed"
    if trial.differs:
        return "not equal"
    return "faster" if trial.measured >= HELPS else "no faster"


def sentence(trial: Trial) -> str:
    """ "Two workers: expected 2.3x. Measured: 2.1x." """
    expected = f"{trial.words}: expected {promise(trial.found.expected)}."
    if trial.not_tried:
        return f"{expected} Not tried: {trial.not_tried}."
    if trial.measured is None:
        return f"{expected} It does not work: {trial.failed}."
    return f"{expected} Measured: {times(trial.measured)}{_but(trial)}."


def measured(finding: Finding, trial: Trial) -> Finding:
    """The finding once more, with what was measured; its advice says what spoke against the remedy."""
    against = {
        "not tried": f"Not tried: {trial.not_tried}.",
        "failed": f"Tried, and it does not work: {trial.failed}.",
        "not equal": f"Tried{_but(trial)}.",
        "no faster": "Tried, and it does not help.",
        "faster": "" if trial.equal else "Tried; there was no result to compare.",
    }[verdict(trial)]
    gain = None if trial.measured is None else round(100 * (trial.measured - 1), 1)
    return msgspec.structs.replace(
        finding,
        at=time.time(),
        advice=f"{finding.advice} {against}".strip(),
        fix=(verdict(trial) in ("faster", "not tried") and trial.fix) or finding.fix,
        measured_gain_pct=gain,
    )


def _but(trial: Trial) -> str:
    if not trial.differs:
        return ""
    shown = [f"`{name}` {words}" for name, words in list(trial.differs.items())[:_MOST_NAMES]]
    more = " and more" if len(trial.differs) > _MOST_NAMES else ""
    return f", but {', '.join(shown)}{more}: not equal"
