# code: none
# kind: healthy
# ruff: noqa
"""Word statistics of a collection of letters: frequencies, collocations, readability, dates."""

import itertools
import math
import random
import re
from collections import Counter
from operator import itemgetter

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
DATE = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)? of (january|march|june|october) (1[78]\d\d)\b")
SENTENCE_END = re.compile(r"[.!?]\s+")
STOP = frozenset("the of and to in a is that for it was on are as with his they at be this".split())


def vocabulary(rng, size):
    parts = ["ther", "an", "mel", "ou", "st", "ri", "ca", "ble", "on", "ing", "de", "lor"]
    words = {"".join(rng.choices(parts, k=rng.randint(1, 4))) for _ in range(size)}
    return sorted(STOP) + sorted(words - STOP)


def letters(rng, count, words):
    """Zipf-like text with punctuation and a date here and there."""
    cumulative = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(words))))
    months = ["January", "March", "June", "October"]
    speech = rng.choices(words, cum_weights=cumulative, k=150_000)
    for at in range(11, len(speech), 14):
        speech[at] += rng.choice([".", ".", ",", "!"])
    for _ in range(count):
        starts = rng.choices(range(len(speech) - 140), k=3)
        drawn = [word for start in starts for word in speech[start : start + 140]]
        drawn.insert(3, f"{rng.randint(1, 28)}th of {rng.choice(months)} {rng.randint(1700, 1899)}")
        yield " ".join(drawn)


class Collection:
    def __init__(self):
        self.words = Counter()
        self.pairs = Counter()
        self.years = Counter()
        self.lengths = []

    def add(self, text):
        text = text.lower()
        words = WORD.findall(text)
        self.words.update(words)
        self.pairs.update(map(" ".join, itertools.pairwise(words)))
        self.years.update(map(itemgetter(2), DATE.findall(text)))
        self.lengths.append(len(words) / max(1, len(SENTENCE_END.findall(text))))


def collocations(collection, at_least):
    """Log-likelihood style score of frequent pairs without stop words."""
    total = collection.words.total()
    frequent = [(pair.split(), count) for pair, count in collection.pairs.items() if count >= at_least]
    scored = []
    for (first, second), count in frequent:
        if first in STOP or second in STOP:
            continue
        expected = collection.words[first] * collection.words[second] / total
        scored.append((count * math.log(count / expected), f"{first} {second}"))
    return sorted(scored, reverse=True)[:5]


def main():
    rng = random.Random(1815)
    words = vocabulary(rng, 4000)
    collection = Collection()
    for text in letters(rng, vary(8500), words):
        collection.add(text)
    decades = Counter()
    for year, count in collection.years.items():
        decades[int(year) // 10 * 10] += count
    mean_length = sum(collection.lengths) / len(collection.lengths)
    once = sum(1 for count in collection.words.values() if count == 1)
    print(f"{collection.words.total()} words, {len(collection.words)} different, {once} only once")
    print(f"{mean_length:.1f} words a sentence, most letters in the {decades.most_common(1)[0][0]}s")
    print("collocations:", [pair for _, pair in collocations(collection, at_least=40)])


if __name__ == "__main__":
    main()
