# code: gc-pauses
# kind: seeded
# gain: 2.3
# ruff: noqa
"""Revise the species records of a reef census as taxonomic notices arrive, and report each month."""

import contextlib
import gc
import random
import time
from collections import Counter, defaultdict

GENERA = "Acropora Porites Favia Montipora Pavona Turbinaria Goniastrea Lobophyllia".split()


class Sighting:
    __slots__ = ("dive", "genus", "epithet", "tags", "observer")

    def __init__(self, dive, genus, epithet, observer):
        self.dive = dive
        self.genus = genus
        self.epithet = epithet
        self.observer = observer
        self.tags = ["raw"]


def any_census(count, rng):
    """Zipf-like species within genera, divers and dives at random."""
    epithets = ["".join(rng.choice("aeilmnorstu") for _ in range(9)) for _ in range(900)]
    weights = [1 / (i + 1) for i in range(len(epithets))]
    chosen = rng.choices(epithets, weights, k=count)
    return [Sighting(rng.randrange(4000), rng.choice(GENERA), e, rng.randrange(60)) for e in chosen]


class Ledger:
    """A line per phase: how long it took, and how many objects it left behind in cycles."""

    def __init__(self):
        self.lines = []

    @contextlib.contextmanager
    def any_phase(self, name):
        began = time.perf_counter()
        try:
            yield
        finally:
            left = gc.collect()  # HERE
            self.lines.append((name, time.perf_counter() - began, left))


class Register:
    def __init__(self, sightings):
        self.by_species = defaultdict(list)
        for s in sightings:
            self.by_species[s.genus, s.epithet].append(s)

    def rename(self, old, genus, epithet):
        moved = self.by_species.pop(old, [])
        for s in moved:
            s.genus, s.epithet = genus, epithet
            s.tags.append("renamed")
        self.by_species[genus, epithet].extend(moved)
        return len(moved)

    def report(self, words):
        lines = []
        for (genus, epithet), found in self.by_species.items():
            if genus in words:
                lines.append(f"{genus[0]}. {epithet:<12}{len(found):>8}")
        return "\n".join(sorted(lines))


def notices(rng, species, count):
    for _ in range(count):
        old = rng.choice(species)
        yield old, rng.choice(GENERA), old[1][:-2] + rng.choice(["us", "um", "is"])


def confusable(names, rng, pairs):
    """Share of the pairs of epithets that have at least two of three letters in a row in common."""
    parts = {n: frozenset(n[i : i + 3] for i in range(len(n) - 2)) for n in names}
    chosen = rng.choices(list(parts), k=pairs)
    close = 0
    for a, b in zip(chosen, chosen[1:]):
        if a[:2] != b[:2] and not parts[a].isdisjoint(parts[b]):
            close += a != b and len(parts[a] & parts[b]) >= 2
    return close / pairs


def main():
    rng = random.Random(12)
    ledger = Ledger()
    register = Register(any_census(vary(120000), rng))
    months, moved, sizes = Counter(), Counter(), Counter()
    for month in range(10):
        with ledger.any_phase(f"month {month}"):  # HERE
            species = list(register.by_species)
            for old, genus, epithet in notices(rng, species, 900):
                moved[month] += register.rename(old, genus, epithet)
        with ledger.any_phase(f"report {month}"):  # HERE
            text = register.report(set(rng.sample(GENERA, 3)))
            sizes[month] = len(text)
            months[month] = text.count("\n") + 1
    close = confusable({e for _, e in register.by_species}, rng, 2_500_000)
    print(
        f"{close:.5f} confusable, {sum(moved.values())} sightings renamed in {len(ledger.lines)} phases, {sum(sizes.values())} characters reported"
    )


main()
