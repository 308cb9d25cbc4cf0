"""A panel's heading and the legend beneath it, wrapped to the panel's width."""

from __future__ import annotations

from typing import NamedTuple

from ds_notebook.draw._mark import Drawing, words
from ds_notebook.draw._theme import HEADING, SMALL, Theme
from ds_notebook.draw._words import fit, width_of

_ROW = 16.0
_MAX_ROWS = 3


class Entry(NamedTuple):
    """A sample drawn around 0, 0 to 0, `sample_width`, its name, and a number worth saying."""

    sample: str
    sample_width: float
    name: str
    value: str = ""


def draw_heading(heading: str, aside: str, entries: list[Entry], width: float, theme: Theme) -> Drawing:
    """The heading in bold with `aside` in grey behind it, then the entries in rows."""
    body, y = "", 0.0
    if heading or aside:
        heading = fit(heading, width, HEADING, bold=True)
        end = width_of(heading, HEADING, bold=True) + (8 if heading else 0)
        body = words(0, 13, heading, HEADING, theme.ink, bold=True) if heading else ""
        if aside and width - end > 30:
            body += words(end, 13, fit(aside, width - end, SMALL), SMALL, theme.muted)
        y = 20.0
    rows = _rows(entries, width)
    for row in rows[:_MAX_ROWS]:
        x = 0.0
        for entry in row:
            body += f'<g transform="translate({x:g} {y + 8:g})">{entry.sample}</g>'
            body += words(x + entry.sample_width + 6, y + 11.5, entry.name, SMALL, theme.muted)
            if entry.value:
                start = x + entry.sample_width + 6 + width_of(f"{entry.name} ", SMALL) + 2
                body += words(start, y + 11.5, entry.value, SMALL, theme.ink, bold=True)
            x = round(x + _taken(entry), 1)
        y += _ROW
    if hidden := sum(map(len, rows[_MAX_ROWS:])):
        body += words(width, y - 4.5, f"+ {hidden} more", SMALL, theme.muted, anchor="end")
    return Drawing(body, y + 4 if body else 0.0)


def _rows(entries: list[Entry], width: float) -> list[list[Entry]]:
    rows: list[list[Entry]] = []
    left = 0.0
    for entry in entries:
        room = width * 0.6 - entry.sample_width
        entry = entry._replace(name=fit(entry.name, room, SMALL))
        if not rows or left < _taken(entry) - 14:
            rows.append([])
            left = width if len(rows) < _MAX_ROWS else width - 60
        rows[-1].append(entry)
        left -= _taken(entry)
    return rows


def _taken(entry: Entry) -> float:
    value = width_of(f" {entry.value}", SMALL, bold=True) + 2 if entry.value else 0.0
    return entry.sample_width + 6 + width_of(entry.name, SMALL) + value + 16
