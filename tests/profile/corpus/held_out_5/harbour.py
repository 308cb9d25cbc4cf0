# code: none
# kind: healthy
# ruff: noqa
"""Simulates the berths and cranes of a container port and reports the waiting of ships."""

import heapq
import random
import sqlite3
import tempfile
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass
class Ship:
    name: str
    boxes: int
    tide_bound: bool
    arrived: float
    berthed: float = -1.0
    left: float = -1.0
    cranes: set = field(default_factory=set)


class Lifts:
    """Times of four lifts of a crane in hours, drawn in blocks."""

    def __init__(self, seed):
        self.rng, self.left = np.random.default_rng(seed), []

    def next(self):
        if not self.left:
            self.left = self.rng.gamma(9.0, 0.006, 20_000).tolist()
        return self.left.pop()


class Port:
    """Events in order of time; ships queue for a berth, cranes are shared out at each change."""

    def __init__(self, berths, cranes, lifts):
        self.lifts = lifts
        self.clock, self.count = 0.0, 0
        self.events = []
        self.free_berths = berths
        self.free_cranes = deque(range(cranes))
        self.roads = deque()
        self.working = {}
        self.done = []

    def at(self, delay, what, *arguments):
        self.count += 1
        heapq.heappush(self.events, (self.clock + delay, self.count, what, arguments))

    def tide_is_high(self):
        return self.clock % 12.4 < 5.5

    def arrive(self, ship):
        self.roads.append(ship)
        self.fill()

    def fill(self):
        while self.free_berths and self.roads:
            ship = next((s for s in self.roads if not s.tide_bound or self.tide_is_high()), None)
            if ship is None:
                self.at(12.4 - self.clock % 12.4 + 0.01, self.fill)
                return
            self.roads.remove(ship)
            self.free_berths -= 1
            ship.berthed = self.clock
            self.working[ship.name] = ship
            self.share()

    def share(self):
        """Free cranes go to the ship with the most boxes per crane."""
        while self.free_cranes and self.working:
            ship = max(self.working.values(), key=lambda s: s.boxes / (1 + len(s.cranes)))
            if len(ship.cranes) >= 4 or ship.boxes <= 0:
                return
            crane = self.free_cranes.popleft()
            ship.cranes.add(crane)
            self.at(self.lifts.next(), self.move, ship, crane)

    def move(self, ship, crane):
        lifted = min(ship.boxes, 4)
        ship.boxes -= lifted
        if ship.boxes > 0:
            self.at(self.lifts.next(), self.move, ship, crane)
            return
        ship.cranes.discard(crane)
        self.free_cranes.append(crane)
        if not ship.cranes and ship.left < 0:
            self.leave(ship)
        self.share()

    def leave(self, ship):
        ship.left = self.clock
        del self.working[ship.name]
        self.done.append(ship)
        self.free_berths += 1
        self.at(0.5, self.fill)

    def run(self, until):
        while self.events and self.events[0][0] < until:
            self.clock, _, what, arguments = heapq.heappop(self.events)
            what(*arguments)
        return self.done


def any_report(path, ships):
    """Waiting by class of ship, from the log that is written in one go."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("create table call (name text, kind text, waited real, stayed real)")
        connection.executemany(
            "insert into call values (?, ?, ?, ?)",
            ((s.name, "deep" if s.tide_bound else "feeder", s.berthed - s.arrived, s.left - s.berthed) for s in ships),
        )
    rows = connection.execute("select kind, count(*), avg(waited), avg(stayed) from call group by kind").fetchall()
    connection.close()
    return rows


def main():
    rng = random.Random(161)
    port = Port(berths=7, cranes=18, lifts=Lifts(162))
    hours = vary(30_000)
    time = 0.0
    while time < hours:
        time += rng.expovariate(0.42)
        deep = rng.random() < 0.3
        boxes = int(rng.lognormvariate(6.9 if deep else 5.8, 0.4))
        ship = Ship(f"S{len(port.events):05d}", boxes, deep, time)
        port.at(time, port.arrive, ship)
    ships = port.run(hours + 500)
    with tempfile.TemporaryDirectory() as folder:
        rows = any_report(Path(folder) / "calls.db", ships)
    print(
        "; ".join(
            f"{kind}: {count} calls, waited {waited:.1f} h, stayed {stayed:.1f} h"
            for kind, count, waited, stayed in rows
        )
    )


if __name__ == "__main__":
    main()
