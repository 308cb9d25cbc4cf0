# code: gc-pauses
# kind: seeded
# gain: 2.5
# ruff: noqa
"""Build a drainage tree as linked objects and answer, sheet by sheet of the map, how long a spill takes to the sea."""

import gc
import random
import sys


class Reach:
    """A stretch of river between two confluences."""

    __slots__ = ("number", "below", "above", "length", "slope", "sheet")

    def __init__(self, number, length, slope, sheet):
        self.number = number
        self.below = None
        self.above = []
        self.length = length
        self.slope = slope
        self.sheet = sheet


class Network:
    def __init__(self, rng, count, sheets):
        self.rng = rng
        self.reaches = [Reach(0, 4.0, 0.001, 0)]
        self.sheets = [[] for _ in range(sheets)]
        for number in range(1, count):
            reach = Reach(number, rng.uniform(0.2, 3.0), 10 ** rng.uniform(-4, -1.5), rng.randrange(sheets))
            reach.below = self.reaches[int(number * rng.random() ** 0.7)]
            reach.below.above.append(reach)
            self.reaches.append(reach)
            self.sheets[reach.sheet].append(reach)

    def mouth_time(self, reach):
        """Hours to the sea, and the reaches passed."""
        hours, passed = 0.0, []
        while reach is not None:
            hours += reach.length / (0.6 + 11 * reach.slope**0.5)
            passed.append(reach.number)
            reach = reach.below
        return hours, passed

    def around(self, reach, steps):
        """The reaches within some confluences, up and down."""
        known, edge = {reach}, [reach]
        for _ in range(steps):
            edge = [
                near
                for here in edge
                for near in (*here.above[:6], here.below)
                if near is not None and near not in known
            ]
            known.update(edge)
        return known


class any_Sheet:
    """One sheet of the map, with the answers for the spills on it."""

    def __init__(self, network, number):
        self.network = network
        self.number = number
        self.answers = {}

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        self.answers.clear()
        gc.collect()  # HERE

    def spills(self, count):
        for reach in self.network.rng.sample(self.network.sheets[self.number], count):
            hours, passed = self.network.mouth_time(reach)
            self.answers[reach.number] = (hours, len(passed), len(self.network.around(reach, 3)))
        return self.answers


def survey(network, spills):
    worst, widest, answered = 0.0, 0, 0
    for number in range(len(network.sheets)):
        with any_Sheet(network, number) as sheet:  # HERE
            for hours, _, near in sheet.spills(spills).values():
                worst = max(worst, hours)
                widest = max(widest, near)
                answered += 1
    return worst, widest, answered


def main():
    rng = random.Random(404)
    network = Network(rng, vary(250000), 26)
    worst, widest, answered = survey(network, 4000)  # HERE
    print(f"{len(network.reaches)} reaches, {answered} spills: slowest {worst:.1f} h, at most {widest} reaches near")
    return 0


if __name__ == "__main__":
    sys.exit(main())
