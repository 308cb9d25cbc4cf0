# code: none
# kind: healthy
# ruff: noqa
"""Indexes the rulings of a court by word and answers boolean and phrase-like questions about them."""

import random
import re
from array import array
from itertools import accumulate

WORD = re.compile(r"[a-z]+")
SYLLABLES = [a + b for a in "bcdfglmnprstv" for b in ("a", "e", "i", "o", "u", "an", "er")]


def vocabulary(size, rng):
    words = set()
    while len(words) < size:
        words.add("".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))))
    return sorted(words)


def rulings(count, words, rng):
    """Texts of Zipfian words; the rank of a word is its place in a shuffled vocabulary."""
    words = rng.sample(words, len(words))
    weights = list(accumulate(1 / (rank + 5) for rank in range(len(words))))
    for _ in range(count):
        yield " ".join(rng.choices(words, cum_weights=weights, k=rng.randint(80, 240)))


class Index:
    """Which rulings hold a word, and how often."""

    def __init__(self):
        self.any_postings = {}
        self.lengths = array("I")

    def add(self, text):
        number = len(self.lengths)
        counts = {}
        for word in WORD.findall(text):
            counts[word] = counts.get(word, 0) + 1
        for word, times in counts.items():
            found = self.any_postings.get(word)
            if found is None:
                found = self.any_postings[word] = array("I")
            found.append(number << 8 | min(times, 255))
        self.lengths.append(sum(counts.values()))

    def rulings_with(self, word):
        return {entry >> 8 for entry in self.any_postings.get(word, ())}

    def ask(self, must, may, never):
        first, *rest = sorted(must, key=lambda word: len(self.any_postings.get(word, ())))
        hits = self.rulings_with(first)
        for word in rest:
            if not hits:
                break
            hits &= self.rulings_with(word)
        for word in never:
            hits -= self.rulings_with(word)
        return sorted(hits, key=lambda n: (-sum(n in self.rulings_with(w) for w in may), n))[:10] if may else hits


def questions(index, count, rng):
    """Distinct questions about words of middling frequency."""
    middling = [word for word, found in index.any_postings.items() if 20 < len(found) < 400]
    asked = set()
    while len(asked) < count:
        asked.add(tuple(rng.sample(middling, 3)))
    return sorted(asked)


def main():
    rng = random.Random(40)
    words = vocabulary(20000, rng)
    index = Index()
    for text in rulings(vary(14000), words, rng):
        index.add(text)
    hits = 0
    for first, second, third in questions(index, 3000, rng):
        hits += len(index.ask([first, second], (), [third]))
    entries = sum(map(len, index.any_postings.values()))
    print(f"{len(index.lengths)} rulings, {len(index.any_postings)} words, {entries} entries, {hits} hits")


if __name__ == "__main__":
    main()
