# code: regex-compile
# kind: decoy
# ruff: noqa
"""Counts degenerate binding motifs and their gapped pairs on both strands of a generated genome."""

import random
import re
from collections import Counter

CODES = {"A": "A", "C": "C", "G": "G", "T": "T", "R": "[AG]", "Y": "[CT]", "S": "[CG]", "W": "[AT]", "N": "[ACGT]"}
PAIR = str.maketrans("ACGT", "TGCA")


def genome(length, seed):
    """A sequence in stretches of differing GC content."""
    rng = random.Random(seed)
    parts = []
    while length > 0:
        stretch = min(length, rng.randint(2000, 20000))
        gc = rng.uniform(0.3, 0.65)
        parts.extend(rng.choices("ACGT", weights=(1 - gc, gc, gc, 1 - gc), k=stretch))
        length -= stretch
    return "".join(parts)


def random_motif(rng):
    return "".join(rng.choices("ACGTRYSWN", weights=(5, 5, 5, 5, 2, 2, 1, 1, 1), k=rng.randint(6, 8)))


class Census:
    def __init__(self, sequence):
        self.strands = (sequence, sequence.translate(PAIR)[::-1])
        self.hits = Counter()
        self.spacing = Counter()

    def look_for(self, any_motif):
        body = "".join(CODES[letter] for letter in any_motif)
        pattern = re.compile(f"(?=({body}))")  # HERE
        for strand in self.strands:
            last = None
            for match in pattern.finditer(strand):
                self.hits[any_motif] += 1
                if last is not None and match.start() - last < 60:
                    self.spacing[match.start() - last] += 1
                last = match.start()


def main():
    rng = random.Random(35)
    census = Census(genome(vary(500000), seed=36))
    for _ in range(130):
        census.look_for(random_motif(rng))
    best, times = census.hits.most_common(1)[0]
    print(f"{len(census.hits)} motifs, {best} {times} times, commonest gap {census.spacing.most_common(1)[0][0]}")


if __name__ == "__main__":
    main()
