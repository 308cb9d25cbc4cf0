# code: recompute
# kind: seeded
# gain: 2.0
# ruff: noqa
"""Counts the word forms of a running text by lemma and measures how its vocabulary grows."""

import random
from collections import Counter
from itertools import accumulate

import numpy as np

STEMS = "bar lum tor ves kan mir dol pas rin gor fel sut ahn bel cor".split()
SUFFIXES = {
    "es": ("", "noun", "plural"),
    "en": ("a", "verb", "infinitive"),
    "isti": ("o", "noun", "agent"),
    "ave": ("a", "verb", "past"),
    "um": ("", "noun", "dative"),
    "ilo": ("", "noun", "diminutive"),
    "ande": ("a", "verb", "participle"),
    "ost": ("", "adjective", "superlative"),
    "er": ("", "adjective", "comparative"),
    "in": ("", "noun", "feminine"),
    "emo": ("a", "verb", "first plural"),
    "ate": ("a", "verb", "second plural"),
}
UMLAUT = {"ä": "a", "ö": "o", "ü": "u"}


class Analyser:
    """Takes suffixes off a word, one rule after another, and prefers the shortest known stem."""

    def __init__(self, lexicon, longest=3):
        self.lexicon, self.longest = frozenset(lexicon), longest

    def any_readings(self, word, depth=0):
        yield word, depth
        if depth == self.longest:
            return
        for suffix, (ending, _, _) in SUFFIXES.items():
            if word.endswith(suffix) and len(word) > len(suffix) + 2:
                yield from self.any_readings(word.removesuffix(suffix) + ending, depth + 1)

    def plain(self, word):
        for marked, simple in UMLAUT.items():
            word = word.replace(marked, simple)
        return word

    def any_lemma(self, word):
        best, cost = word, (9, 99)
        for reading, depth in self.any_readings(self.plain(word.lower())):  # HERE
            known = reading in self.lexicon
            price = (0 if known else 1, depth if known else len(reading))
            if price < cost:
                best, cost = reading, price
        return best


def vocabulary(size, seed):
    """Stems of two to three syllables, with one to three suffixes on top."""
    rng = random.Random(seed)
    stems = {"".join(rng.choices(STEMS, k=rng.randrange(2, 4))) for _ in range(size // 6)}
    order = sorted(stems)
    forms = set()
    while len(forms) < size:
        word = rng.choice(order)
        for _ in range(rng.randrange(0, 4)):
            word += rng.choice(list(SUFFIXES))
        forms.add(word.capitalize() if rng.random() < 0.1 else word)
    return stems, sorted(forms)


def running_text(forms, length, seed):
    """Words drawn by Zipf's law, in sentences of geometric length."""
    rng = random.Random(seed)
    shuffled = forms[:]
    rng.shuffle(shuffled)
    weights = list(accumulate(1 / rank for rank in range(1, len(shuffled) + 1)))
    return rng.choices(shuffled, cum_weights=weights, k=length)


def lemmata(words, analyser):
    count = Counter()
    for word in words:
        count[analyser.any_lemma(word)] += 1  # HERE
    return count


def growth(words, rounds, seed):
    """Heaps's exponent by regression over shuffled orders of the text."""
    rng = np.random.default_rng(seed)
    _, codes = np.unique(words, return_inverse=True)
    sizes = np.geomspace(500, len(codes), 12).astype(int)
    slopes = []
    for _ in range(rounds):
        order = rng.permutation(codes)
        first = np.sort(np.unique(order, return_index=True)[1])
        types = np.searchsorted(first, sizes)
        slopes.append(np.polyfit(np.log(sizes), np.log(types), 1)[0])
    return float(np.mean(slopes))


def main():
    stems, forms = vocabulary(5000, seed=31)
    words = running_text(forms, vary(400_000), seed=32)
    count = lemmata(words, Analyser(stems))
    exponent = growth(words, 45, seed=33)
    top, often = count.most_common(1)[0]
    print(f"{len(words)} words, {len(count)} lemmata, most often {top!r} ({often}), growth {exponent:.3f}")


if __name__ == "__main__":
    main()
