"""From a profile to the findings in its record."""

from __future__ import annotations

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.rules import findings
from ds_notebook.record.events import Finding

MOST_CODE = 80
"""Letters of a line that are shown with its place."""


def judged(profile: Profile) -> list[Finding]:
    """What the rules see, as events, the most promising first."""
    return [_event(found, profile.line(found.at)) for found in findings(profile)]


def _event(found: Found, line: str) -> Finding:
    code = line.strip()[:MOST_CODE]
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
