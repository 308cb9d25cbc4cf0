# code: regex-compile
# kind: decoy
# ruff: noqa
"""Finds the themes of a collection of old recipes from the goods that they name."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import random
import re
from collections import Counter

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

PARTS = "ap ba cher dil el fen gin ho ju kel lem mal nut oni pep qui rad saf thy vin wal".split()
UNITS = ("oz", "lb", "cup", "spoon", "pinch", "pint", "dram", "gill")
AMOUNT = re.compile(rf"(\d+(?:/\d)?) ({'|'.join(UNITS)})s? of (\w+)")
STEP = re.compile(r"(?:stir|bake|boil|rest|fold) (\w+)")


def goods(count, rng):
    names = set()
    while len(names) < count:
        names.add("".join(rng.choices(PARTS, k=3)))
    return sorted(names)


def recipe(themes, rng):
    """A theme gives most of the goods; each is named with an amount and again in a step."""
    theme, other = rng.choice(themes), rng.choice(themes)
    chosen = rng.sample(theme, 9) + rng.sample(other, 2)
    lines = [f"{rng.randrange(1, 9)}{rng.choice(['', '/2', '/4'])} {rng.choice(UNITS)} of {name}" for name in chosen]
    steps = [
        f"{rng.choice(['stir', 'bake', 'boil', 'rest', 'fold'])} {name} for {rng.randrange(2, 50)} minutes"
        for name in chosen
    ]
    return "; ".join(lines) + ". " + ", then ".join(steps) + "."


class Book:
    def __init__(self, texts):
        self.texts = texts

    def table(self):
        """Recipes by goods, with logarithmic counts and the usual weight for rare ones."""
        places, rows, columns, values = {}, [], [], []
        for row, text in enumerate(self.texts):
            count = Counter(name for _, _, name in AMOUNT.findall(text))
            count.update(STEP.findall(text))
            for name, times in count.items():
                rows.append(row)
                columns.append(places.setdefault(name, len(places)))
                values.append(times)
        matrix = sparse.csr_array((np.log1p(values), (rows, columns)), shape=(len(self.texts), len(places)))
        seen = np.bincount(columns, minlength=len(places))
        return matrix * np.log(len(self.texts) / seen)[None, :], list(places)

    def any_mentions(self, names, first):
        """In how many of the first recipes the most important goods are baked or boiled."""
        found = {}
        for name in names:
            pattern = re.compile(rf"\b(?:bake|boil) {re.escape(name)}\b for (\d+)")  # HERE
            found[name] = sum(1 for text in self.texts[:first] if pattern.search(text))
        return found


def clusters(points, count, rounds, seed):
    rng = np.random.default_rng(seed)
    centres = points[rng.choice(len(points), count, replace=False)]
    for _ in range(rounds):
        label = (points @ centres.T - 0.5 * np.square(centres).sum(1)).argmax(1)
        sums = np.stack([np.bincount(label, column, count) for column in points.T], axis=1)
        centres = sums / np.maximum(np.bincount(label, minlength=count), 1)[:, None]
    return label


def main():
    rng = random.Random(221)
    names = goods(900, rng)
    themes = [rng.sample(names, 60) for _ in range(12)]
    book = Book([recipe(themes, rng) for _ in range(30_000)])
    matrix, columns = book.table()
    left, strength, right = svds(matrix, k=24, random_state=222)
    label = clusters(left * strength, 12, 90, seed=223)
    top = np.argsort(-np.abs(right).max(0))[: vary(50)]
    mentions = book.any_mentions([columns[i] for i in top], first=40)
    print(
        f"{matrix.shape[1]} goods, {len(np.unique(label))} themes of {np.bincount(label).min()} or more, {sum(mentions.values())} mentions"
    )


if __name__ == "__main__":
    main()
