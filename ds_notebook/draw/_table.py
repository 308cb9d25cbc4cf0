"""Panels of words: a table with numbers aligned right, and lines of text."""

from __future__ import annotations

import re

from ds_notebook.draw._legend import draw_heading
from ds_notebook.draw._mark import Anchor, Drawing, rules, words, words_at
from ds_notebook.draw._theme import BODY, SMALL, Theme
from ds_notebook.draw._words import clean, fit, width_of, wrap
from ds_notebook.draw.shapes import Table, Text
from ds_notebook.draw.ticks import number

_ROW = 20.0
_GAP = 18.0
_MAX_ROWS, _MAX_LINES = 24, 40
_INDENT = 5.5
"""Pixels of a blank at a line's beginning: wider than elsewhere, so that code shows its depth."""
_PLAIN = re.compile(r"-?\d+(\.\d+)?")

Cell = str | float | int | None


def cell_texts(table: Table, max_rows: int | None = None) -> list[list[str]]:
    """The rows as words: whole numbers in full, others rounded alike in a column, None as nothing."""
    columns = [list(column) for column in zip(*table.rows[:max_rows], strict=True)]
    return [list(row) for row in zip(*map(_column_texts, columns), strict=True)]


def right_aligned(table: Table) -> list[bool]:
    """For each column whether all that is in it are numbers."""
    filled = [[row[at] for row in table.rows if row[at] is not None] for at in range(len(table.columns))]
    return [bool(cells) and all(isinstance(cell, int | float) for cell in cells) for cells in filled]


def draw_table(table: Table, width: float, theme: Theme) -> Drawing:
    """Columns as wide as their content; the widest give way where the panel is too narrow."""
    head = draw_heading(table.heading, "", [], width, theme)
    rows = cell_texts(table, _MAX_ROWS)
    rooms = _rooms([table.columns, *rows], width)
    right = right_aligned(table)
    top = head.height
    body = head.body + rules([(0, top + _ROW, width, 0)], theme.axis)
    body += rules(((0, top + _ROW * (at + 2), width, 0) for at in range(len(rows))), theme.grid)
    x = 0.0
    for at, (name, room, to_right) in enumerate(zip(table.columns, rooms, right, strict=True)):
        edge: tuple[float, Anchor] = (x + room, "end") if to_right else (x, "start")
        cells = [(edge[0], top + _ROW * (row + 1) + 14, fit(cells[at], room, BODY)) for row, cells in enumerate(rows)]
        body += words_at([(edge[0], top + 14, fit(name, room, BODY))], BODY, theme.muted, anchor=edge[1])
        body += words_at(cells, BODY, theme.ink, anchor=edge[1])
        x += room + _GAP
    y = top + _ROW * (len(rows) + 1) + 4
    if hidden := len(table.rows) - len(rows):
        body += words(0, y + 12, f"… and {hidden} more rows", SMALL, theme.muted)
        y += 18
    return Drawing(body, y + 4)


def draw_text(text: Text, width: float, theme: Theme) -> Drawing:
    """Each line wrapped to the panel's width; blanks that it begins with stay, as code has them."""
    head = draw_heading(text.heading, "", [], width, theme)
    body, y = head.body, head.height
    for sentence in text.lines[:_MAX_LINES]:
        indent = min(_INDENT * (len(sentence) - len(sentence.lstrip(" "))), width / 2)
        for line in wrap(sentence.lstrip(" "), width - indent, BODY):
            body += words(indent, y + 12, line, BODY, theme.ink)
            y += 17
    return Drawing(body, y + 4)


def _column_texts(cells: list[Cell]) -> list[str]:
    texts = [_cell_text(cell) for cell in cells]
    plain = [
        text for text, cell in zip(texts, cells, strict=True) if isinstance(cell, float) and _PLAIN.fullmatch(text)
    ]
    decimals = max((len(text.partition(".")[2]) for text in plain), default=0)
    return [f"{cell:.{decimals}f}" if text in plain else text for text, cell in zip(texts, cells, strict=True)]


def _cell_text(cell: Cell) -> str:
    if isinstance(cell, float):
        return number(cell)
    return f"{cell:,}" if isinstance(cell, int) else clean(cell or "")


def _rooms(rows: list[list[str]], width: float) -> list[float]:
    """Pixels a column: as asked where all fit, else no column gets more than a level that makes them fit."""
    asked = [max(width_of(cell[:200], BODY) for cell in column) + 2 for column in zip(*rows, strict=True)]
    left = width - _GAP * (len(asked) - 1)
    level = left
    for at, room in enumerate(sorted(asked)):
        level = left / (len(asked) - at)
        if room > level:
            break
        left -= room
    return [min(room, max(level, 12.0)) for room in asked] if sum(asked) > width - _GAP * (len(asked) - 1) else asked
