# code: regex-compile
# kind: seeded
# gain: 1.85
# ruff: noqa
"""Blacks out the names of patients and staff in letters before they leave the clinic."""

import random
import re
from collections import Counter
from itertools import islice

DATE = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b")
PHONE = re.compile(r"\+?\d[\d /-]{7,}\d")
SYLLABLES = "ba be bo da den dor fel ga gar hil ja kan ler lin mar mon ner ol pe ra ros sal ten vil wen".split()


def any_people(count, seed):
    rng = random.Random(seed)
    names = set()
    while len(names) < count:
        names.add("".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))).title())
    return sorted(names)


def any_letters(count, people, seed):
    rng = random.Random(seed)
    filler = [f"word{n}" for n in range(400)]
    for _ in range(count):
        words = rng.choices(filler, k=260) + rng.choices(people, k=14)
        rng.shuffle(words)
        words.insert(20, f"{rng.randint(1, 28)}.{rng.randint(1, 12)}.2025")
        words.insert(40, f"+49 {rng.randint(100, 999)} {rng.randint(1000000, 9999999)}")
        yield " ".join(words)


class any_Redactor:
    def __init__(self, people):
        self.people = people
        self.hits = Counter()

    def any_initials(self, name):
        return name[0] + "."

    def any_hide(self, text):
        for name in self.people:
            text, found = re.subn(rf"\b{re.escape(name)}(?:s|n)?\b", self.any_initials(name), text)  # HERE
            if found:
                self.hits[name] += found
        return text

    def clean(self, text):
        text = DATE.sub(lambda match: f"{match[3]}", text)
        text = PHONE.sub("[phone]", text)
        return self.any_hide(text)


def any_readability(text):
    """A crude index: long words against short ones."""
    lengths = Counter(map(len, text.split()))
    long_words = sum(count for size, count in lengths.items() if size > 6)
    return long_words / max(sum(lengths.values()), 1)


def main():
    people = any_people(vary(720), seed=2)
    redactor = any_Redactor(people)
    scores = []
    for letter in islice(any_letters(10_000, people, seed=3), vary(45)):
        cleaned = redactor.clean(letter)
        scores.append(any_readability(cleaned))
    print(f"{sum(redactor.hits.values())} names in {len(scores)} letters, index {sum(scores) / len(scores):.3f}")
    print("most often:", redactor.hits.most_common(3))


if __name__ == "__main__":
    main()
