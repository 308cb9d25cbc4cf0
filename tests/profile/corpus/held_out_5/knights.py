# code: gil-contention
# kind: seeded
# gain: 1.3
# ruff: noqa
"""Counts the lines of play of small chess endings, one ending after another from a queue."""

import queue
import random
import threading
import time

STEPS = {
    "K": [(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)],
    "N": [(1, 2), (2, 1), (-1, 2), (2, -1), (-2, 1), (1, -2), (-1, -2), (-2, -1)],
}
SLIDES = {"R": STEPS["K"][:4], "B": STEPS["K"][4:], "Q": STEPS["K"]}


class Position:
    """A board as a mapping of squares to pieces; white pieces are upper case."""

    def __init__(self, pieces, white=True):
        self.pieces, self.white = pieces, white

    @classmethod
    def random(cls, kinds, rng):
        squares = rng.sample([(x, y) for x in range(8) for y in range(8)], len(kinds))
        return cls(dict(zip(squares, kinds)))

    def targets(self, square, kind):
        x, y = square
        if kind in STEPS:
            for dx, dy in STEPS[kind]:
                if 0 <= x + dx < 8 and 0 <= y + dy < 8:
                    yield x + dx, y + dy
            return
        for dx, dy in SLIDES[kind]:
            u, v = x + dx, y + dy
            while 0 <= u < 8 and 0 <= v < 8:
                yield u, v
                if (u, v) in self.pieces:
                    break
                u, v = u + dx, v + dy

    def moves(self):
        for square, piece in self.pieces.items():
            if piece.isupper() is not self.white:
                continue
            for target in self.targets(square, piece.upper()):
                other = self.pieces.get(target)
                if other is None or other.isupper() is not self.white:
                    yield square, target

    def after(self, move):
        pieces = dict(self.pieces)
        pieces[move[1]] = pieces.pop(move[0])
        return Position(pieces, not self.white)

    def attacked(self, square):
        return any(target == square for _, target in self.moves())

    def legal(self):
        king = "K" if self.white else "k"
        for move in self.moves():
            following = self.after(move)
            home = next(square for square, piece in following.pieces.items() if piece == king)
            if not following.attacked(home):
                yield following

    def lines(self, depth):
        if depth == 0:
            return 1
        return sum(following.lines(depth - 1) for following in self.legal())


class Analyst(threading.Thread):
    """Takes endings from the desk until it is empty."""

    def __init__(self, desk, depth, results):
        super().__init__(daemon=True)
        self.desk, self.depth, self.results = desk, depth, results

    def run(self):
        while True:
            try:
                number, position = self.desk.get_nowait()
            except queue.Empty:
                return
            self.results[number] = position.lines(self.depth)  # HERE


def any_analysis(endings, analysts, depth):
    desk, results = queue.Queue(), {}
    for item in enumerate(endings):
        desk.put(item)
    crew = [Analyst(desk, depth, results) for _ in range(analysts)]
    for analyst in crew:
        analyst.start()  # HERE
    for analyst in crew:
        analyst.join()  # HERE
    return [results[number] for number in range(len(endings))]


def drawn_endings(count, seed):
    """Random legal endings: two kings and two or three officers."""
    rng = random.Random(seed)
    found = []
    while len(found) < count:
        kinds = ["K", "k", rng.choice("RBNQ"), rng.choice("rbn")]
        position = Position.random(kinds, rng)
        waiting = Position(position.pieces, white=False)
        king = next(square for square, piece in position.pieces.items() if piece == "k")
        if not position.attacked(king) and next(waiting.legal(), None):
            found.append(position)
    return found


def main():
    started = time.perf_counter()
    endings = drawn_endings(vary(140), seed=51)
    counts = any_analysis(endings, analysts=4, depth=3)
    took = time.perf_counter() - started
    print(f"{len(endings)} endings, {sum(counts)} lines, at most {max(counts)}, {'quick' if took < 2 else 'slow'}")


if __name__ == "__main__":
    main()
