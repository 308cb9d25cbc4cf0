# code: regex-compile
# kind: seeded
# gain: 1.7
# ruff: noqa
"""Find the mentions of ports and winds in old ships' journals, in all their spellings, and follow the voyages."""

import difflib
import random
import re
from collections import Counter, defaultdict

SYLLABLES = "ba cor da fal gra hel is kar lis mo nar os por quin ras sta tor ul ver wes zan".split()
TEXT = "at dawn the wind from {wind} and we stood for {port} with {port2} bearing well off the lee bow in {n} fathoms"


def any_ports(count, rng):
    names = set()
    while len(names) < count:
        names.add("".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 4))).capitalize())
    return sorted(names)


def misspell(name, rng):
    """A clerk's spelling: doubles a consonant, swaps s and z, or adds a silent e."""
    kind = rng.random()
    if kind < 0.3:
        return name.replace("s", "z")
    if kind < 0.5:
        return name + "e"
    return name.replace("r", "rr", 1) if kind < 0.7 else name


def journals(ports, days, rng):
    for day in range(days):
        pages = []
        for _ in range(30):
            pages.append(
                TEXT.format(
                    wind=rng.choice(["NNW", "S.W.", "east", "WbyN"]),
                    n=rng.randint(4, 60),
                    port=misspell(rng.choice(ports), rng),
                    port2=misspell(rng.choice(ports), rng),
                )
            )
        yield day, ". ".join(pages)


class Gazetteer:
    """The ports and what a clerk may have written for them."""

    def __init__(self, ports):
        self.spellings = {p: self.any_spelling(p) for p in ports}

    @staticmethod
    def any_spelling(port):
        body = "".join({"s": "[sz]", "r": "rr?", "k": "[kc]"}.get(c, c) for c in port)
        return rf"\b{body}e?\b"  # HERE

    def any_mentions(self, page):
        found = {}
        for port, spelling in self.spellings.items():  # HERE
            hits = [m.start() for m in re.finditer(spelling, page)]  # HERE
            if hits:
                found[port] = hits
        return found


def alike(names, rng, pairs):
    """How close the names are to each other, by the ratio of common parts."""
    ratios = []
    matcher = difflib.SequenceMatcher(autojunk=False)
    for _ in range(pairs // 20):
        matcher.set_seq2(rng.choice(names))
        for other in rng.sample(names, 20):
            matcher.set_seq1(other)
            ratios.append(matcher.ratio())
    return sum(ratios) / len(ratios)


def main():
    rng = random.Random(1805)
    ports = any_ports(vary(820), rng)
    gazetteer = Gazetteer(ports)
    visits, near = Counter(), defaultdict(Counter)
    for day, page in journals(ports, 56, rng):
        found = gazetteer.any_mentions(page)  # HERE
        for port, hits in found.items():
            visits[port] += len(hits)
        for a, b in zip(sorted(found), sorted(found)[1:]):
            near[a][b] += 1
    closeness = alike(ports, rng, 40_000)
    print(f"{len(visits)} ports in {sum(visits.values())} mentions, {len(near)} neighbours, alike {closeness:.3f}")


main()
