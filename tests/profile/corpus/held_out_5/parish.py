# code: gc-pauses
# kind: seeded
# gain: 2.3
# ruff: noqa
"""Builds the family tree of a parish from its register and follows how surnames die out."""

import random
import statistics
from collections import Counter

TRADES = "smith miller cooper tailor weaver mason baker fisher potter thatcher".split()


class Soul:
    """A person of the register, tied to parents and children."""

    __slots__ = ("number", "surname", "born", "mother", "father", "children", "notes")

    def __init__(self, number, surname, born, mother=None, father=None):
        self.number, self.surname, self.born = number, surname, born
        self.mother, self.father = mother, father
        self.children = []
        self.notes = [("baptised", born)]  # HERE


class Parish:
    def __init__(self, founders, names, seed):
        self.rng = random.Random(seed)
        self.souls = [Soul(i, f"N{self.rng.randrange(names):03d}", 1600) for i in range(founders)]
        self.living = list(self.souls)

    def couples(self):
        """Random pairs of the living generation."""
        self.rng.shuffle(self.living)
        half = len(self.living) // 2
        return zip(self.living[:half], self.living[half:])

    def any_generation(self, year, capacity):
        """Two or three children for most couples until the parish is full."""
        rng, born = self.rng, []
        for mother, father in self.couples():
            for _ in range(rng.choice((1, 2, 2, 3, 3))):
                child = Soul(len(self.souls), father.surname, year + rng.randrange(25), mother, father)  # HERE
                child.notes.append((rng.choice(TRADES), child.born + 20))
                mother.children.append(child)
                father.children.append(child)
                self.souls.append(child)  # HERE
                born.append(child)
            if len(born) > capacity:
                break
        self.living = born
        return born


def settle(founders, generations, capacity, seed):
    parish = Parish(founders, 900, seed)
    surnames = []
    for number in range(generations):
        born = parish.any_generation(1625 + 25 * number, capacity)  # HERE
        surnames.append(Counter(soul.surname for soul in born))
    return parish, surnames


def male_line(soul):
    steps = 0
    while soul.father is not None:
        soul, steps = soul.father, steps + 1
    return steps, soul.number


def kinship(a, b, depth):
    """The generations to the nearest common ancestor within the given depth, or None."""
    seen, level_a, level_b = {a.number}, [a], [b]
    other = {b.number}
    for step in range(1, depth + 1):
        level_a = [p for s in level_a for p in (s.mother, s.father) if p is not None]
        level_b = [p for s in level_b for p in (s.mother, s.father) if p is not None]
        seen.update(s.number for s in level_a)
        other.update(s.number for s in level_b)
        if seen & other:
            return step
    return None


def main():
    parish, surnames = settle(20_000, 20, vary(32_000), seed=41)
    youngest = parish.living
    rng = random.Random(42)
    lines = Counter(male_line(soul)[1] for soul in youngest)
    steps = [kinship(*rng.sample(youngest, 2), depth=9) for _ in range(500)]
    near = [step for step in steps if step is not None]
    print(
        f"{len(parish.souls)} souls, {len(surnames[-1])} of {len(surnames[0])} surnames left, "
        f"{len(lines)} male lines, {len(near)} pairs are kin, at {statistics.mean(near):.1f} generations"
    )


if __name__ == "__main__":
    main()
