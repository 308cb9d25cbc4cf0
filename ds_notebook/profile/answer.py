"""What a profile says in words: its first line is the answer."""

from __future__ import annotations

from collections.abc import Sequence

from ds_notebook.draw import Table, Text
from ds_notebook.profile.found import promise, times
from ds_notebook.profile.hottest import HotLine, where
from ds_notebook.record.events import Finding
from ds_notebook.record.state import OVER, State

MOST_FINDINGS = 12
MOST_FIXES = 3
_MOST_FIX_LINES = 30
LEAST_SHARE = 0.005
"""Of the time: cooler lines are not listed."""


def answer(
    findings: Sequence[Finding], hot: Sequence[HotLine], wall_s: float, state: State, *, is_judged: bool = True
) -> str:
    """One line: the most promising finding, or that there is none and what is largest all the same.

    Of a profile that failed or was lost nobody knows whether the rules have seen it; `is_judged` says so of others.
    """
    if findings:
        return said(findings[0])
    if not hot or wall_s <= 0:
        return "No sample was taken: what was profiled took no time." if state in OVER else "No sample yet."
    largest = f"{hot[0].seconds / wall_s:.0%} of the time ({_at(hot[0])})"
    if state not in OVER:
        return f"So far the largest single line has {largest}."
    if state in ("failed", "lost"):
        return f"Until it {'failed' if state == 'failed' else 'was lost'} the largest single line had {largest}."
    if not is_judged:
        return f"The largest single line has {largest}."
    return f"Nothing worth fixing here: the largest single line has {largest}, and no rule expects 5% from a change."


def said(finding: Finding) -> str:
    """A finding in a few sentences: what, where, what to do, what it is expected to bring and what it did."""
    sentences = [f"{finding.evidence.rstrip('. ')}{_where_besides(finding)}.", finding.advice]
    sentences += [f"Expected: {gain}." for gain in [_expected(finding)] if gain]
    sentences += [f"Measured: {gain}." for gain in [_measured(finding)] if gain]
    return " ".join(filter(None, sentences))


def _where_besides(finding: Finding) -> str:
    """The place in brackets, as far as the evidence has not said it."""
    place, _, code = finding.where.partition(": ")
    if not place or place in finding.evidence:
        return ""
    return f" ({place})" if code.strip("`") in finding.evidence else f" ({finding.where})"


def _expected(finding: Finding) -> str:
    """Empty where there is none known, or none in time."""
    return promise(1 + finding.expected_gain_pct / 100) if finding.expected_gain_pct else ""


def _measured(finding: Finding) -> str:
    """Empty where nothing was."""
    return "" if finding.measured_gain_pct is None else times(1 + finding.measured_gain_pct / 100)


def finding_table(findings: Sequence[Finding]) -> list[Table]:
    """The findings side by side; nothing where there is none."""
    rows: list[list[str | float | int | None]] = [
        [
            finding.code,
            finding.where.partition(": ")[0],
            "" if finding.share_pct is None else f"{finding.share_pct:.0f}%",
            _expected(finding),
            _measured(finding),
            finding.advice,
        ]
        for finding in findings[:MOST_FINDINGS]
    ]
    columns = ["finding", "where", "share", "expected", "measured", "advice"]
    if not any(row[4] for row in rows):
        columns, rows = columns[:4] + columns[5:], [row[:4] + row[5:] for row in rows]
    return [Table(heading="Findings", columns=columns, rows=rows)] if rows else []


def further(findings: Sequence[Finding]) -> list[Text]:
    """The other findings in full."""
    lines = [f"{finding.code}: {said(finding)}" for finding in findings[1:MOST_FINDINGS]]
    return [Text(heading="Also", lines=lines)] if lines else []


def fixes(findings: Sequence[Finding]) -> list[Text]:
    """Code to paste, of the first findings that have some."""
    with_code = list({finding.fix: finding for finding in reversed(findings) if finding.fix.strip()}.values())[::-1]
    return [
        Text(
            heading=f"To paste for {finding.code}, in place of {finding.where.partition(': ')[0]}",
            lines=finding.fix.strip("\n").splitlines()[:_MOST_FIX_LINES],
        )
        for finding in with_code[:MOST_FIXES]
    ]


def hottest_table(hot: Sequence[HotLine], wall_s: float) -> list[Table]:
    """The user's lines by their time."""
    rows: list[list[str | float | int | None]] = [
        [
            where(line.at),
            line.at.function,
            round(line.seconds, 3),
            round(100 * line.seconds / wall_s, 1),
            line.called,
        ]
        for line in hot
        if line.seconds >= LEAST_SHARE * wall_s > 0
    ]
    columns = ["line", "in", "time, s", "share, %", "most of it in"]
    return [Table(heading="The hottest lines", columns=columns, rows=rows)] if rows else []


def _at(line: HotLine) -> str:
    inside = "" if line.at.function.startswith("<") else f", in `{line.at.function}`"
    return where(line.at) + inside
