# code: gil-contention
# kind: seeded
# gain: 1.8
# ruff: noqa
"""Search night rosters for hospital wards by backtracking: who may follow whom, who is away, who has had enough."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field


@dataclass
class Ward:
    name: str
    nurses: list[str]
    nights: int
    away: dict[int, set[str]] = field(default_factory=dict)
    quarrels: set[frozenset] = field(default_factory=set)
    skills: dict[str, set[str]] = field(default_factory=dict)
    wanted: dict[int, str] = field(default_factory=dict)


def make_ward(number):
    rng = random.Random(1000 + number)
    nurses = [f"{number}-{i:02d}" for i in range(11)]
    ward = Ward(f"ward {number}", nurses, 15)
    kinds = ["drip", "child", "heart", "burn"]
    for nurse in nurses:
        ward.skills[nurse] = set(rng.sample(kinds, rng.choice([2, 2, 3])))
    for night in range(ward.nights):
        ward.away[night] = set(rng.sample(nurses, 3))
        ward.wanted[night] = rng.choice(kinds)
    while len(ward.quarrels) < 17:
        ward.quarrels.add(frozenset(rng.sample(nurses, 2)))
    return ward


class Search:
    """Depth first over the nights, two nurses each; stops after a number of trials."""

    def __init__(self, ward, trials):
        self.ward = ward
        self.left = trials
        self.best = ()
        self.found = 0

    def pairs(self, night, tired, load):
        ward = self.ward
        here = sorted(
            (n for n in ward.nurses if n not in ward.away[night] and n not in tired and load.get(n, 0) < 4),
            key=lambda n: (load.get(n, 0), n),
        )
        for i, first in enumerate(here):
            for second in here[i + 1 :]:
                if frozenset((first, second)) in ward.quarrels:
                    continue
                if ward.wanted[night] in ward.skills[first] | ward.skills[second]:
                    yield first, second

    def descend(self, night, plan, load):
        if len(plan) > len(self.best):
            self.best = tuple(plan)
        if night == self.ward.nights:
            self.found += 1
            return
        tired = set(plan[-1]) if plan else set()
        for pair in self.pairs(night, tired, load):  # HERE
            if self.left <= 0:
                return
            self.left -= 1
            for nurse in pair:
                load[nurse] = load.get(nurse, 0) + 1
            plan.append(pair)
            self.descend(night + 1, plan, load)  # HERE
            plan.pop()
            for nurse in pair:
                load[nurse] -= 1


def any_solve(number):
    search = Search(make_ward(number), vary(150000))
    search.descend(0, [], {})  # HERE
    return number, len(search.best), search.found


def main():
    with ThreadPoolExecutor(max_workers=4) as any_crew:  # HERE
        results = list(any_crew.map(any_solve, range(12)))  # HERE
    full = [number for number, nights, _ in results if nights == 15]
    print(f"{len(full)} of {len(results)} wards have a full roster; {sum(found for *_, found in results)} rosters seen")


if __name__ == "__main__":
    main()
