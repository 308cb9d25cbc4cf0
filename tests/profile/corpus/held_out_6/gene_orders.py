# code: none
# kind: healthy
# ruff: noqa
"""Measures how far apart gene orders are under three kinds of rearrangement, by search through the graph of all orders."""

import random
from collections import Counter
from itertools import combinations

GENES = "abcdefgh"


class Reversals:
    """A stretch of genes is turned round."""

    def __init__(self, size):
        self.cuts = [(i, j) for i, j in combinations(range(size + 1), 2) if j - i > 1]

    def neighbours(self, order):
        for i, j in self.cuts:
            yield order[:i] + order[i:j][::-1] + order[j:]


class Transpositions:
    """Two stretches side by side change places."""

    def __init__(self, size):
        self.cuts = list(combinations(range(size + 1), 3))

    def neighbours(self, order):
        for i, j, k in self.cuts:
            yield order[:i] + order[j:k] + order[i:j] + order[k:]


class ShortMoves(Transpositions):
    """Like transpositions, of stretches of three genes together at most; each may also be turned."""

    def __init__(self, size):
        self.cuts = [(i, j, k) for i, j, k in combinations(range(size + 1), 3) if k - i <= 3]

    def neighbours(self, order):
        for i, j, k in self.cuts:
            yield order[:i] + order[j:k] + order[i:j] + order[k:]
            if k - i == 3:
                yield order[:i] + order[i:k][::-1] + order[k:]


def any_distances(moves, start):
    """The number of moves from the start to every order, by breadth-first search."""
    far = {start: 0}
    ring = [start]
    depth = 0
    while ring:
        depth += 1
        following = []
        for order in ring:
            for other in moves.neighbours(order):
                if other not in far:
                    far[other] = depth
                    following.append(other)
        ring = following
    return far


def relabelled(first, second):
    """The second order in terms of the first, so that the first becomes the identity."""
    names = str.maketrans(first, GENES)
    return second.translate(names)


def species(count, rng):
    """A chain of orders, each with a few random reversals from the last."""
    order = GENES
    for _ in range(count):
        for _ in range(rng.randint(1, 3)):
            i, j = sorted(rng.sample(range(len(order) + 1), 2))
            order = order[:i] + order[i:j][::-1] + order[j:]
        yield order


def main():
    rng = random.Random(73)
    chain = list(species(vary(300), rng))
    for moves in (Reversals(len(GENES)), Transpositions(len(GENES)), ShortMoves(len(GENES))):
        far = any_distances(moves, GENES)
        spread = Counter(far[relabelled(a, b)] for a, b in combinations(chain, 2))
        mean = sum(d * n for d, n in spread.items()) / spread.total()
        print(f"{type(moves).__name__}: {max(far.values())} at most, {mean:.3f} on average in the chain")


if __name__ == "__main__":
    main()
