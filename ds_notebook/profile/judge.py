"""From a profile to the findings in its record."""

from __future__ import annotations

import msgspec

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.rules import findings
from ds_notebook.profile.rules._seconds import wall_s, with_imports_s
from ds_notebook.profile.stored import profile_of
from ds_notebook.record.events import Finding
from ds_notebook.record.run import Run

MOST_CODE = 80
"""Letters of a line that are shown with its place."""
MOSTLY = 0.95
"""Of all time is outside of imports: then a share of the one is a share of the other."""


def judge(run: Run) -> None:
    """Write what the rules see in a run's profile, the most promising first."""
    profile = profile_of(run.record)
    for found in seen(profile, run):
        run.emit(_event(_plain(found, profile), profile.line(found.at)))


def seen(profile: Profile, run: Run) -> list[Found]:
    """What the rules see; of one that breaks there is a word in the record of `run`, and the others go on."""

    def note(code: str, error: Exception) -> None:
        run.note(f"Rule {code} could not judge this profile: {type(error).__name__}: {error}.", "error")

    return findings(profile, broken=note)


def _plain(found: Found, profile: Profile) -> Found:
    """The evidence with what its share is of, where imports would make it another one."""
    apart = found.code != "import-time" and wall_s(profile) < MOSTLY * with_imports_s(profile)
    words = found.evidence.replace("% of the time ", "% of the time without imports ", 1) if apart else found.evidence
    return msgspec.structs.replace(found, evidence=words)


def _event(found: Found, line: str) -> Finding:
    code = line.strip()
    code = code if len(code) <= MOST_CODE else code[: MOST_CODE - 1] + "…"
    return Finding(
        code=found.code,
        severity="warning",
        where=f"{found.at.where}: `{code}`" if code else found.at.where,
        evidence=found.evidence,
        advice=found.advice,
        fix=found.fix,
        file=found.at.place,
        line=found.at.line,
        function=found.at.function,
        share_pct=round(100 * found.share, 1),
        expected_gain_pct=round(100 * (found.expected - 1), 1),
    )
