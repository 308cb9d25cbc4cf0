# code: n-plus-one
# kind: decoy
# ruff: noqa
"""Decodes protein families in simulated sequences with a hidden Markov model and files the segments with their classes."""

import sqlite3
import tempfile
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

any_BATCHES = vary(9)
BATCH = 64
LENGTH = 600
STATES = 240
LETTERS = 20


class HiddenModel:
    """Three phases for each of eighty region kinds; all sequences of a batch are read together."""

    def __init__(self, rng: np.random.Generator) -> None:
        move = 0.0002 * rng.random((STATES, STATES))
        phase = np.arange(STATES)
        move[phase, phase // 3 * 3 + (phase + 1) % 3] = 1.0
        self.move = move / move.sum(1, keepdims=True)
        self.emit = rng.dirichlet(np.full(LETTERS, 0.15), STATES) + 1e-6
        self.draw = np.cumsum(self.emit / self.emit.sum(1, keepdims=True), axis=1)
        self.chain = np.cumsum(self.move, axis=1)

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        state = rng.integers(0, STATES, count)
        letters = np.empty((LENGTH, count), dtype=np.int64)
        for place in range(LENGTH):
            letters[place] = (self.draw[state] < rng.random((count, 1))).sum(1).clip(max=LETTERS - 1)
            state = (self.chain[state] < rng.random((count, 1))).sum(1).clip(max=STATES - 1)
        return letters

    def decode(self, letters: np.ndarray) -> np.ndarray:
        """The likeliest state at each place, by the recursions forwards and backwards."""
        forward = np.empty((LENGTH, letters.shape[1], STATES))
        seen = self.emit.T
        state = seen[letters[0]]
        forward[0] = state / state.sum(1, keepdims=True)
        for place in range(1, LENGTH):
            state = forward[place - 1] @ self.move
            state *= seen[letters[place]]
            np.divide(state, state.sum(1, keepdims=True), out=forward[place])
        path = np.empty(letters.shape, dtype=np.int64)
        path[-1] = forward[-1].argmax(1)
        ahead = np.ones_like(state)
        back = np.ascontiguousarray(self.move.T)
        for place in range(LENGTH - 1, 0, -1):
            ahead *= seen[letters[place]]
            ahead = ahead @ back
            ahead /= ahead.sum(1, keepdims=True)
            path[place - 1] = (forward[place - 1] * ahead).argmax(1)
        return path


class Filing:
    def __init__(self, path: Path) -> None:
        self.base = sqlite3.connect(path)
        self.base.execute("CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT, weight REAL)")
        self.base.execute("CREATE TABLE segment (sequence INTEGER, kind INTEGER, length INTEGER)")
        rows = [(number, f"kind {number}", 1 + number / 8) for number in range(STATES // 3)]
        self.base.executemany("INSERT INTO kind VALUES (?, ?, ?)", rows)

    def store(self, number: int, path: np.ndarray) -> float:
        weights = 0.0
        rows = []
        for column, region in enumerate(np.ascontiguousarray((path // 3).T)):
            ends = np.append(np.flatnonzero(np.diff(region)) + 1, LENGTH)
            kinds = region[ends - 1].tolist()
            start = 0
            for end, kind in zip(ends.tolist(), kinds):  # HERE
                any_row = self.base.execute("SELECT weight FROM kind WHERE id = ?", (kind,)).fetchone()  # HERE
                weights += any_row[0] * (end - start)
                rows.append((number * BATCH + column, kind, end - start))
                start = end
        self.base.executemany("INSERT INTO segment VALUES (?, ?, ?)", rows)
        return weights / LENGTH / BATCH


def main() -> None:
    rng = np.random.default_rng(61)
    any_model = HiddenModel(rng)
    with tempfile.TemporaryDirectory() as folder:
        any_filing = Filing(Path(folder) / "segments.db")
        mean = 0.0
        letters = any_model.sample(any_BATCHES * BATCH, rng)
        for any_number in range(any_BATCHES):
            path = any_model.decode(letters[:, any_number * BATCH : (any_number + 1) * BATCH])
            mean += any_filing.store(any_number, path) / any_BATCHES
        any_filing.base.commit()
        count, longest = any_filing.base.execute("SELECT count(*), max(length) FROM segment").fetchone()
        any_filing.base.close()
    print(f"{count} segments filed, longest {longest}, mean weight {mean:.3f}")


if __name__ == "__main__":
    with threadpool_limits(1):  # two sequencing runs share the computer
        main()
