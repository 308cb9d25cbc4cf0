# code: none
# kind: healthy
# ruff: noqa
"""Simulates the ships that pass a canal with three locks, event by event, over some months."""

import heapq
import random
from collections import deque
from itertools import count


class Ship:
    __slots__ = ("name", "length", "upward", "born", "waits")

    def __init__(self, name, length, upward, born):
        self.name, self.length, self.upward, self.born = name, length, upward, born
        self.waits = 0.0


class Lock:
    """A chamber that takes ships of one direction up to its length and turns round when it must."""

    def __init__(self, canal, position, length, minutes):
        self.canal, self.position, self.length, self.minutes = canal, position, length, minutes
        self.queues = {True: deque(), False: deque()}
        self.level_up = False
        self.busy = False

    def arrive(self, ship):
        self.queues[ship.upward].append((self.canal.now, ship))
        if not self.busy:
            self.begin()

    def begin(self):
        side = not self.level_up if self.queues[not self.level_up] else self.level_up
        queue = self.queues[side]
        if not queue:
            return
        room, aboard = self.length, []
        while queue and queue[0][1].length <= room:
            since, ship = queue.popleft()
            ship.waits += self.canal.now - since
            room -= ship.length
            aboard.append(ship)
        turn = 0.0 if side != self.level_up else 0.6 * self.minutes
        self.busy, self.level_up = True, side
        self.canal.after(turn + self.minutes + 1.5 * len(aboard), self.finish, aboard)

    def finish(self, aboard):
        self.busy = False
        for ship in aboard:
            self.canal.onward(ship, self.position)
        self.begin()


class Canal:
    def __init__(self, seed, gap):
        self.rng = random.Random(seed)
        self.gap = gap
        self.now = 0.0
        self.any_agenda, self.ties = [], count()
        self.locks = [Lock(self, i, length, m) for i, (length, m) in enumerate(((190, 14), (230, 17), (210, 15)))]
        self.passed, self.waited, self.longest = 0, 0.0, 0.0

    def after(self, minutes, act, *what):
        heapq.heappush(self.any_agenda, (self.now + minutes, next(self.ties), act, what))

    def launch(self):
        rng = self.rng
        upward = rng.random() < 0.5
        ship = Ship(f"ship {self.passed}", rng.choice((38, 55, 67, 80, 110)), upward, self.now)
        self.locks[0 if upward else -1].arrive(ship)
        season = 1.0 + 0.3 * (self.now // 43200 % 2)
        self.after(rng.expovariate(1.0) * self.gap * season, self.launch)

    def onward(self, ship, position):
        following = position + (1 if ship.upward else -1)
        if 0 <= following < len(self.locks):
            self.after(self.rng.gauss(40, 5), self.locks[following].arrive, ship)
        else:
            self.passed += 1
            self.waited += ship.waits
            self.longest = max(self.longest, ship.waits)

    def run(self, until):
        self.after(0.0, self.launch)
        while self.any_agenda and self.any_agenda[0][0] < until:
            self.now, _, act, what = heapq.heappop(self.any_agenda)
            act(*what)


def main():
    for gap in (16.0, 12.0):
        canal = Canal(5, gap)
        canal.run(vary(2000000))
        print(
            f"gap {gap}: {canal.passed} ships, {canal.waited / canal.passed:.1f} min waited, {canal.longest:.0f} most"
        )


if __name__ == "__main__":
    main()
