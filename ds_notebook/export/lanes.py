"""Pieces of work laid out so that each row of a lane nests: readers of traces drop what overlaps without nesting."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

LENGTH_S = 2e-6
"""Lengths are recorded in whole microseconds, cut off: an inner piece may seem to end so much after the outer one."""
START_S = 5e-7
"""Unix seconds in 64 bits are 0.24 microseconds apart: a piece may seem to start so much before the last one's end."""


class Piece(NamedTuple):
    """Work on a lane; times in Unix seconds."""

    lane: str
    name: str
    start: float
    end: float
    step: int | None


def laid(pieces: list[Piece]) -> Iterator[tuple[str, list[Piece]]]:
    """Each lane's name with a row of pieces sorted by start; a lane in which work overlaps has several rows."""
    order = {lane: number for number, lane in enumerate(dict.fromkeys(piece.lane for piece in pieces))}
    in_order = sorted(pieces, key=lambda piece: (order[piece.lane], piece.start, -piece.end))
    for lane, group in groupby(in_order, key=lambda piece: piece.lane):
        rows: list[_Row] = []
        for piece in group:
            row = next((row for row in rows if row.takes(piece)), None)
            if row is None:
                rows.append(row := _Row())
            row.add(piece)
        yield from ((lane, row.pieces) for row in rows)


class _Row:
    """Pieces that nest, added by their start."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self._open_ends: list[float] = []
        self._closed_end = 0.0

    def takes(self, piece: Piece) -> bool:
        """Whether `piece` lies within the innermost piece that is still open, or after all."""
        while self._open_ends and self._open_ends[-1] <= piece.start + START_S:
            self._closed_end = self._open_ends.pop()
        return not self._open_ends or piece.end <= self._open_ends[-1] + LENGTH_S

    def add(self, piece: Piece) -> None:
        """Take it in, moved by no more than the clocks' grain so that it nests exactly."""
        start = max(piece.start, self._closed_end)
        end = max(start, min([piece.end, *self._open_ends[-1:]]))
        self.pieces.append(piece._replace(start=start, end=end))
        self._open_ends.append(end)
