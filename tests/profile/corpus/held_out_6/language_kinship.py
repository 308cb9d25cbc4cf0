# code: gc-pauses
# kind: decoy
# ruff: noqa
"""Groups invented languages by how well their texts compress together."""

import gc
import lzma
import random
from itertools import accumulate

CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"


class Language:
    """Words and their frequencies; a daughter language changes some of its mother's sounds and words."""

    def __init__(self, words):
        self.words = words

    @classmethod
    def invented(cls, size, rng):
        return cls(
            [
                "".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(rng.randint(1, 4)))
                for _ in range(size)
            ]
        )

    def daughter(self, rng):
        shift = str.maketrans(dict(zip(rng.sample(CONSONANTS, 2), rng.sample(CONSONANTS, 2))))
        fresh = Language.invented(len(self.words) // 8, rng).words
        words = [word.translate(shift) for word in self.words]
        for word in fresh:
            words[rng.randrange(len(words))] = word
        return Language(words)

    def text(self, length, rng):
        weights = list(accumulate(1 / (rank + 3) for rank in range(len(self.words))))
        return " ".join(rng.choices(self.words, cum_weights=weights, k=length)).encode()


def family(mothers, generations, rng):
    tree = [(str(i), Language.invented(1500, rng)) for i in range(mothers)]
    for _ in range(generations):
        tree = [(name + side, language.daughter(rng)) for name, language in tree for side in "ab"]
    return tree


def packed(text):
    return len(lzma.compress(text, preset=4))


def any_distances(texts):
    """The normalised compression distance of each pair."""
    names = list(texts)
    alone = {name: packed(text) for name, text in texts.items()}
    found = {}
    for i, first in enumerate(names):
        for second in names[:i]:
            low, high = sorted((alone[first], alone[second]))
            found[first, second] = (packed(texts[first] + texts[second]) - low) / high
        if i % 4 == 3:
            gc.collect()  # HERE
    return found


def joined(names, found):
    """Average linkage: merges the closest groups until as many are left as there were mothers."""
    groups = [[name] for name in names]
    near = lambda a, b: sum(found.get((x, y), found.get((y, x))) for x in a for y in b) / len(a) / len(b)
    while len(groups) > 3:
        a, b = min(((a, b) for i, a in enumerate(groups) for b in groups[:i]), key=lambda pair: near(*pair))
        groups.remove(a)
        groups.remove(b)
        groups.append(a + b)
    return groups


def main():
    rng = random.Random(58)
    texts = {name: language.text(vary(3600), rng) for name, language in family(3, 3, rng)}
    groups = joined(list(texts), any_distances(texts))
    print(" | ".join(" ".join(sorted(group)) for group in sorted(groups)))


if __name__ == "__main__":
    main()
