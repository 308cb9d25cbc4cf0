# code: none
# kind: healthy
# ruff: noqa
"""Matches misspelt place names from old church books with a gazetteer, with a bounded memory of past answers."""

import difflib
import random
from collections import Counter, defaultdict
from functools import lru_cache

HEADS = [
    "Ober",
    "Unter",
    "Alten",
    "Neuen",
    "Gross",
    "Klein",
    "Hohen",
    "Nieder",
    "Wald",
    "Stein",
    "Rot",
    "Schwarz",
    "Feuchtw",
    "Burg",
    "Dinkels",
    "Markt",
]
MIDDLES = ["brunn", "feld", "hofer", "linden", "mark", "ritter", "tann", "weiden", "ahorn", "eber"]
TAILS = ["bach", "berg", "dorf", "hausen", "heim", "kirchen", "ried", "stadt", "au", "reuth"]


def gazetteer():
    by_head = defaultdict(list)
    for head in HEADS:
        for middle in MIDDLES:
            by_head[head[0]].extend(head + middle + tail for tail in TAILS)
    return dict(by_head)


KNOWN = gazetteer()


@lru_cache(maxsize=vary(2048))
def any_nearest(name):
    """The place that is meant, or None."""
    found = difflib.get_close_matches(name, KNOWN.get(name[:1], ()), n=1, cutoff=0.8)
    return found[0] if found else None


class Scribe:
    """Writes names as he hears them: each place with a few habitual spellings."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.habits = {}

    def misspelt(self, place):
        letters = list(place)
        for _ in range(self.rng.randint(1, 2)):
            at = self.rng.randrange(1, len(letters))
            letters[at] = self.rng.choice(("", letters[at] * 2, self.rng.choice("aeioutdnh")))
        return "".join(letters)

    def write(self, place):
        if place not in self.habits:
            self.habits[place] = [place] + [self.misspelt(place) for _ in range(2)]
        return self.rng.choice(self.habits[place])


def entries(count, seed):
    """A book goes through one district after the other; each has few places, in use for a while."""
    rng = random.Random(seed)
    places = [place for group in KNOWN.values() for place in group]
    rng.shuffle(places)
    scribe = Scribe(seed + 1)
    width = 60
    for number in range(count):
        start = (len(places) - width) * number // count
        place = places[start + min(int(rng.expovariate(1 / 15)), width - 1)]
        yield number // 500, place, scribe.write(place)


def main():
    right = Counter()
    pages = defaultdict(set)
    for page, place, written in entries(60000, seed=6):
        meant = any_nearest(written)
        right["right" if meant == place else "none" if meant is None else "wrong"] += 1
        if meant:
            pages[meant].add(page)
    spread = max(len(seen) for seen in pages.values())
    print(f"{dict(right)}, {len(pages)} places, on {spread} pages at most")


if __name__ == "__main__":
    main()
