# code: gc-pauses
# kind: seeded
# gain: 2.6
# ruff: noqa
"""Read a breeders' register, link the animals into families and find inbreeding."""

import gc
import io
import random
from collections import deque


class any_Animal:
    __slots__ = ("tag", "born", "sire", "dam", "offspring", "marks")

    def __init__(self, tag, born, sire, dam, marks):
        self.tag = tag
        self.born = born
        self.sire = sire
        self.dam = dam
        self.offspring = []
        self.marks = marks
        for parent in (sire, dam):
            if parent is not None:
                parent.offspring.append(self)


def register_text(rng, animals):
    """One line an animal: tag, year, sire, dam, marks. Parents come before their young."""
    out = io.StringIO()
    for number in range(animals):
        sire = dam = ""
        if number > 500:
            sire = rng.randrange(max(0, number - 4000), number)
            dam = rng.randrange(max(0, number - 4000), number)
        marks = f"{rng.randrange(9)}:{rng.randrange(9)},{rng.randrange(9)}:{rng.randrange(9)}"
        out.write(f"{number};{1950 + number * 70 // animals};{sire};{dam};{marks}\n")
    out.seek(0)
    return out


class any_Register:
    """All animals by tag; a herd book section is closed after every few hundred entries."""

    def __init__(self, section):
        self.section = section
        self.animals = {}
        self.sections = []

    def any_enter(self, line):
        tag, born, sire, dam, marks = line.rstrip("\n").split(";")
        pairs = [tuple(mark.split(":")) for mark in marks.split(",")]
        animals = self.animals
        animals[tag] = any_Animal(tag, int(born), animals.get(sire), animals.get(dam), pairs)
        if len(animals) % self.section == 0:
            self.any_close_section()

    def any_close_section(self):
        self.sections.append(len(self.animals))
        gc.collect()  # HERE


def ancestors(animal, generations):
    """Every ancestor within so many generations, with the shortest way to it."""
    found = {}
    queue = deque([(animal, 0)])
    while queue:
        current, depth = queue.popleft()
        for parent in (current.sire, current.dam):
            if parent is not None and depth < generations and parent.tag not in found:
                found[parent.tag] = depth + 1
                queue.append((parent, depth + 1))
    return found


def inbreeding(animal, generations=5):
    if animal.sire is None:
        return 0.0
    left, right = ancestors(animal.sire, generations), ancestors(animal.dam, generations)
    return sum(0.5 ** (left[tag] + right[tag] + 1) for tag in left.keys() & right.keys())


def litter_size_by_decade(animals):
    counts, young = {}, {}
    for animal in animals.values():
        decade = animal.born // 10 * 10
        counts[decade] = counts.get(decade, 0) + 1
        young[decade] = young.get(decade, 0) + len(animal.offspring)
    return {decade: young[decade] / counts[decade] for decade in sorted(counts)}


def main():
    rng = random.Random(19)
    register = any_Register(section=vary(2200))
    for line in register_text(rng, 130_000):
        register.any_enter(line)
    youngest = list(register.animals.values())[-vary(2500) :]
    shares = [inbreeding(animal) for animal in youngest]
    worst = max(shares)
    print(
        f"{len(register.animals)} animals, {sum(share > 0 for share in shares)} of {len(shares)} inbred, worst {worst:.3f}"
    )
    print({decade: round(size, 2) for decade, size in litter_size_by_decade(register.animals).items()})


if __name__ == "__main__":
    main()
