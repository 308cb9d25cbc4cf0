# code: gil-contention
# kind: seeded
# gain: 1.58
# ruff: noqa
"""Compares gene trees with a species tree: reads them from Newick text and counts the splits that differ."""

import random
import threading
from queue import Empty, SimpleQueue
from statistics import mean


def random_newick(names, rng):
    """A tree by random joins of its tips, as text."""
    parts = list(names)
    while len(parts) > 2:
        a = parts.pop(rng.randrange(len(parts)))
        b = parts.pop(rng.randrange(len(parts)))
        parts.append(f"({a}:{rng.expovariate(10):.4f},{b}:{rng.expovariate(10):.4f})")
    return f"({parts[0]}:1.0,{parts[1]}:1.0);"


def swapped(text, names, rng, times):
    """The tree with some pairs of tips exchanged, as incomplete sorting of lineages does."""
    for _ in range(times):
        a, b = rng.sample(names, 2)
        text = text.replace(a + ":", "\0").replace(b + ":", a + ":").replace("\0", b + ":")
    return text


def splits(text):
    """The sets of tips below each inner branch of a Newick tree."""
    found, open_, name = set(), [], []
    in_length = False
    for char in text:
        if char == "(":
            open_.append(set())
        elif char in ",):;":
            if name and not in_length:
                open_[-1].add("".join(name))
            name = []
            in_length = char == ":"
            if char == ")":
                tips = open_.pop()
                found.add(frozenset(tips))
                if open_:
                    open_[-1] |= tips
        elif not in_length:
            name.append(char)
    return found


class Reader(threading.Thread):
    """Takes trees from the pile until it is empty."""

    def __init__(self, any_pile, reference, results):
        super().__init__()
        self.any_pile = any_pile
        self.reference = reference
        self.results = results

    def run(self):
        while True:
            try:
                number, text = self.any_pile.get_nowait()
            except Empty:
                return
            mine = splits(text)  # HERE
            self.results[number] = len(mine ^ self.reference)


def compare(trees, reference, readers):
    any_pile, results = SimpleQueue(), {}
    for item in enumerate(trees):
        any_pile.put(item)
    crew = [Reader(any_pile, reference, results) for _ in range(readers)]
    for reader in crew:
        reader.start()  # HERE
    for reader in crew:
        reader.join()
    return [results[i] for i in range(len(trees))]


def main():
    rng = random.Random(77)
    names = [f"sp{i:03d}" for i in range(160)]
    species = random_newick(names, rng)
    trees = [swapped(species, names, rng, 1 + i % 12) for i in range(vary(7000))]
    distances = compare(trees, splits(species), readers=4)
    print(f"{len(distances)} trees, {mean(distances):.1f} splits differ, at most {max(distances)}")


if __name__ == "__main__":
    main()
