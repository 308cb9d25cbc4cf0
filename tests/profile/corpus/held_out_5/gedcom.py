# code: none
# kind: healthy
# ruff: noqa
"""Reads a large GEDCOM file of a family society and looks for people entered twice."""

import gc
import random
import re
import tempfile
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

LINE = re.compile(r"(\d+) (?:(@\w+@) )?(\w+)(?: (.*))?")
YEAR = re.compile(r"\b(1[5-9]\d\d)\b")
SOUNDS = str.maketrans(
    {
        **dict.fromkeys("bfpv", "1"),
        **dict.fromkeys("cgjkqsxz", "2"),
        **dict.fromkeys("dt", "3"),
        "l": "4",
        **dict.fromkeys("mn", "5"),
        "r": "6",
        **dict.fromkeys("aeiouyhw", "0"),
    }
)
SYLLABLES = "ber gar hel kos lin mar nev ost pel rau sch tor ul vin wes zan".split()


@lru_cache(maxsize=None)
def code(name):
    """Soundex-like: first letter and three digits, repeated digits once."""
    digits = name.lower().translate(SOUNDS)
    kept = [digits[0]]
    for digit in digits[1:]:
        if digit != kept[-1]:
            kept.append(digit)
    return name[0] + "".join(d for d in kept[1:] if d != "0")[:3].ljust(3, "0")


def write_file(path, people, seed):
    """Random families; every fortieth person again, with a letter of the name changed."""
    rng = random.Random(seed)
    entries = []
    for number in range(people):
        surname = "".join(rng.choices(SYLLABLES, k=3)).capitalize()
        entries.append((surname, "".join(rng.choices(SYLLABLES, k=2)).capitalize(), rng.randrange(1550, 1900)))
        if number % 40 == 0:
            surname, given, year = entries[-1]
            place = rng.randrange(1, len(surname))
            entries.append(
                (surname[:place] + rng.choice("aeiou") + surname[place + 1 :], given, year + rng.randrange(-1, 2))
            )
    rng.shuffle(entries)
    with open(path, "w") as out:
        out.write("0 HEAD\n1 CHAR UTF-8\n")
        for number, (surname, given, year) in enumerate(entries):
            out.write(f"0 @I{number}@ INDI\n1 NAME {given} /{surname}/\n1 SEX {rng.choice('MF')}\n1 BIRT\n")
            out.write(f"2 DATE {rng.randrange(1, 29)} MAR {year}\n2 PLAC {rng.choice(SYLLABLES)}heim\n")
            out.write(f"1 DEAT\n2 DATE ABT {year + rng.randrange(20, 80)}\n")
        out.write("0 TRLR\n")
    return len(entries)


class Reader:
    """Level by level: a stack of open tags."""

    def __init__(self):
        self.people = {}
        self.levels = defaultdict(int)

    def read(self, lines):
        person, stack = None, []
        for line in lines:
            level, mark, tag, value = LINE.match(line).groups()
            self.levels[tag] += 1
            depth = int(level)
            del stack[depth:]
            stack.append(tag)
            if depth == 0:
                person = self.people.setdefault(mark, {}) if tag == "INDI" else None
            elif person is not None:
                person[".".join(stack[1:])] = value or ""
        return self.people


def any_candidates(people):
    """Pairs of one sound code and neighbouring birth years."""
    blocks = defaultdict(list)
    for mark, person in people.items():
        given, _, rest = person["NAME"].partition(" /")
        year = YEAR.search(person["BIRT.DATE"])
        blocks[code(rest.rstrip("/")), code(given)].append((int(year[1]), mark, rest.rstrip("/"), given))
    for block in blocks.values():
        block.sort()
        for i, (year, mark, surname, given) in enumerate(block):
            for later, other, surname2, given2 in block[i + 1 :]:
                if later - year > 1:
                    break
                yield (mark, other), (surname, given), (surname2, given2)


def letters_apart(a, b):
    """Pairs of letters that the names do not share."""
    pairs_a, pairs_b = set(zip(a, a[1:])), set(zip(b, b[1:]))
    return len(pairs_a ^ pairs_b)


def main():
    gc.set_threshold(100_000, 50, 100)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "society.ged"
        written = write_file(path, vary(150_000), seed=151)
        reader = Reader()
        with open(path) as lines:
            people = reader.read(lines)
    twice = [
        marks
        for marks, (surname, given), (surname2, given2) in any_candidates(people)
        if given == given2 and letters_apart(surname, surname2) <= 4
    ]
    print(f"{written} written, {len(people)} read, {sum(reader.levels.values())} lines, {len(twice)} entered twice")


if __name__ == "__main__":
    main()
