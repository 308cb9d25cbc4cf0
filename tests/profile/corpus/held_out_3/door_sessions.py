# code: none
# kind: healthy
# ruff: noqa
"""Follows badge events through a building and reports stays, crowding and odd routes."""

from __future__ import annotations

import heapq
import random
import re
from collections import Counter, defaultdict

EVENT = re.compile(r"(\d+) door=(\w+) badge=(\d+) (in|out)")
ROOMS = ("lab", "store", "office", "server", "canteen", "hall")


def any_lines(count: int, badges: int, seed: int):
    """Lines as the controller writes them; people mostly leave the room they are in."""
    uniform = random.Random(seed).random
    inside: dict[int, str] = {}
    clock = 0
    for _ in range(count):
        clock += int(uniform() * 9)
        badge = int(uniform() * badges)
        room = inside.pop(badge, None)
        if room is None:
            room = inside[badge] = ROOMS[int(uniform() * 6)]
            yield f"{clock} door={room} badge={badge} in"
        else:
            yield f"{clock} door={room} badge={badge} out"


class any_Building:
    def __init__(self, longest: int):
        self.longest = longest
        self.since: dict[int, tuple[int, str]] = {}
        self.crowd: Counter[str] = Counter()
        self.peak: Counter[str] = Counter()
        self.stays: defaultdict[str, list[int]] = defaultdict(list)
        self.steps: Counter[tuple[str, str]] = Counter()
        self.before: dict[int, str] = {}
        self.due: list[tuple[int, int]] = []
        self.overdue = 0

    def see(self, clock: int, room: str, badge: int, way: str) -> None:
        self.expire(clock)
        if way == "in":
            self.enter(clock, room, badge)
        else:
            self.leave(clock, room, badge)

    def enter(self, clock: int, room: str, badge: int) -> None:
        self.since[badge] = clock, room
        self.crowd[room] += 1
        if self.crowd[room] > self.peak[room]:
            self.peak[room] = self.crowd[room]
        previous = self.before.get(badge)
        if previous is not None:
            self.steps[previous, room] += 1
        heapq.heappush(self.due, (clock + self.longest, badge))

    def leave(self, clock: int, room: str, badge: int) -> None:
        entered = self.since.pop(badge, None)
        if entered is None:
            return
        self.crowd[room] -= 1
        self.stays[room].append(clock - entered[0])
        self.before[badge] = room

    def expire(self, clock: int) -> None:
        while self.due and self.due[0][0] <= clock:
            limit, badge = heapq.heappop(self.due)
            entered = self.since.get(badge)
            if entered is not None and entered[0] + self.longest == limit:
                self.overdue += 1


def any_rare_routes(steps: Counter, share: float) -> list[tuple[str, str]]:
    total = sum(steps.values())
    return sorted(route for route, count in steps.items() if count < total * share)


def main() -> None:
    building = any_Building(longest=4000)
    skipped = 0
    match = EVENT.match
    for line in any_lines(vary(700000), badges=900, seed=41):
        found = match(line)
        if found is None:
            skipped += 1
            continue
        clock, room, badge, way = found.groups()
        building.see(int(clock), room, int(badge), way)
    for room, stays in sorted(building.stays.items()):
        stays.sort()
        print(f"{room:8s} peak {building.peak[room]:4d} median stay {stays[len(stays) // 2]:6d} s")
    print(building.overdue, "overdue,", skipped, "skipped, rare:", any_rare_routes(building.steps, 0.027)[:4])


if __name__ == "__main__":
    main()
