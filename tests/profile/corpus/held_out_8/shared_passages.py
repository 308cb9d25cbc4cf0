# code: none
# kind: healthy
# ruff: noqa
"""Finds which tenders copied passages from which, by an index of all word sequences in a generated archive."""

import random
from collections import Counter

import numpy as np

any_TENDERS = vary(12000)
SHINGLE = 5


def vocabulary(size: int, rng: random.Random) -> list[str]:
    syllables = ["ba", "ro", "ti", "lem", "sa", "nu", "kor", "vi", "pe", "das"]
    words = {"".join(rng.choices(syllables, k=rng.randint(2, 4))) for _ in range(size)}
    return sorted(words)


def archive(count: int, rng: random.Random) -> list[list[str]]:
    """Tenders of some 200 words; every eighth one takes a passage over from an earlier one."""
    words = vocabulary(6000, rng)
    draws = np.random.default_rng(42)
    texts: list[list[str]] = []
    for number in range(count):
        text = [words[place] for place in draws.integers(0, len(words), rng.randint(150, 250)).tolist()]
        if number % 8 == 7:
            source = texts[rng.randrange(number)]
            start = rng.randrange(len(source) - 40)
            place = rng.randrange(len(text))
            text[place:place] = source[start : start + 40]
        texts.append(text)
    return texts


def shingles(text: list[str]) -> list[str]:
    return list(map(" ".join, zip(*(text[shift:] for shift in range(SHINGLE)))))


class PassageIndex:
    """Which tender used a sequence first, and how often the later ones met it."""

    def __init__(self) -> None:
        self.first: dict[str, int] = {}
        self.reused: Counter[str] = Counter()

    def add(self, number: int, text: list[str]) -> Counter[int]:
        sources: Counter[int] = Counter()
        first = self.first
        for any_shingle in shingles(text):
            owner = first.setdefault(any_shingle, number)
            if owner != number:
                sources[owner] += 1
                self.reused[any_shingle] += 1
        return sources

    def longest_run(self, text: list[str], source: int) -> int:
        longest = run = 0
        for shingle in shingles(text):
            run = run + 1 if self.first[shingle] == source else 0
            longest = max(longest, run)
        return longest + SHINGLE - 1 if longest else 0


def main() -> None:
    rng = random.Random(41)
    any_index = PassageIndex()
    copies = []
    texts = archive(any_TENDERS, rng)
    for number, text in enumerate(texts):
        for source, hits in any_index.add(number, text).most_common(2):
            if hits >= 10:
                copies.append((number, source, any_index.longest_run(text, source)))
    longest = max(copies, key=lambda copy: copy[2])
    print(f"{len(any_index.first)} sequences, {len(copies)} copies, longest {longest[2]} words in tender {longest[0]}")


if __name__ == "__main__":
    main()
