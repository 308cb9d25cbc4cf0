# code: none
# kind: healthy
# ruff: noqa
"""Simulate the intake of an animal shelter with vets, quarantine pens and adoptions, to see where the animals queue."""

import heapq
import itertools
import random
from collections import Counter, deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Animal:
    name: str
    kind: str
    came: float
    steps: list = field(default_factory=list)


class Pool:
    """Places of one sort, with a queue in order of arrival."""

    def __init__(self, name, places):
        self.name, self.free = name, places
        self.queue = deque()

    def ask(self, process, now):
        if self.free:
            self.free -= 1
            return process
        self.queue.append((now, process))
        return None

    def give_back(self):
        if self.queue:
            return self.queue.popleft()[1]
        self.free += 1
        return None


class any_Shelter:
    """Runs processes: generators that yield ('hold', hours), ('ask', pool) or ('give', pool)."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.now = 0.0
        self.order = itertools.count()
        self.agenda = []
        self.vets, self.pens, self.runs = Pool("vets", 3), Pool("pens", 42), Pool("runs", 150)
        self.waits, self.stays, self.ends = Counter(), Counter(), Counter()

    def start(self, process, after=0.0):
        heapq.heappush(self.agenda, (self.now + after, next(self.order), process))

    def any_life(self, animal):
        rng = self.rng
        asked = self.now
        yield "ask", self.pens
        self.waits["pens"] += self.now - asked
        yield "hold", rng.triangular(24, 120, 48)
        asked = self.now
        yield "ask", self.vets
        self.waits["vets"] += self.now - asked
        ill = rng.random() < (0.3 if animal.kind == "cat" else 0.15)
        yield "hold", rng.gammavariate(2, 0.4) + (1.0 if ill else 0.0)
        yield "give", self.vets
        animal.steps.append("treated" if ill else "seen")
        if ill:
            yield "hold", rng.expovariate(1 / 60)
            if rng.random() < 0.08:
                animal.steps.append("died")
        yield "give", self.pens
        if "died" not in animal.steps:
            asked = self.now
            yield "ask", self.runs
            self.waits["runs"] += self.now - asked
            yield "hold", rng.weibullvariate(140, 1.3)
            yield "give", self.runs
            animal.steps.append("adopted")
        self.stays[animal.kind] += self.now - animal.came
        self.ends[animal.kind, animal.steps[-1]] += 1

    def arrivals(self, until):
        for number in itertools.count():
            yield "hold", self.rng.expovariate(0.5)
            if self.now > until:
                return
            kind = self.rng.choices(["cat", "dog", "rabbit"], [5, 4, 1])[0]
            self.start(self.any_life(Animal(f"{kind}{number}", kind, self.now)))

    def run(self):
        while self.agenda:
            self.now, _, process = heapq.heappop(self.agenda)
            while process is not None:
                try:
                    wish, what = next(process)
                except StopIteration:
                    break
                if wish == "hold":
                    self.start(process, what)
                    process = None
                elif wish == "ask":
                    process = what.ask(process, self.now)
                else:
                    woken = what.give_back()
                    if woken is not None:
                        self.start(woken)


def main():
    shelter = any_Shelter(seed=64)
    shelter.start(shelter.arrivals(until=vary(370000)))
    shelter.run()
    total = sum(shelter.ends.values())
    waits = {k: round(v / total, 2) for k, v in shelter.waits.items()}
    print(f"{total} animals, mean waits {waits}, adopted cats {shelter.ends['cat', 'adopted']}")


main()
