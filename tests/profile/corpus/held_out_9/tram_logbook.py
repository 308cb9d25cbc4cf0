# code: none
# kind: healthy
# ruff: noqa
"""Read the event log of a tram fleet, line by line, and work out which doors and doors' makers give trouble."""

import random
import re
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

LINE = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d) (?P<clock>\d\d:\d\d:\d\d) tram=(?P<tram>\w+) (?P<kind>[A-Z_]+)(?: (?P<rest>.*))?"
)
DOOR = re.compile(r"door=(\d+)/(left|right) state=(\w+)(?: code=([A-F]\d{2}))?")
STOP = re.compile(r"stop='([^']+)' late=(-?\d+)")
MAKERS = {"A": "Ostler", "B": "Ostler", "C": "Brandt", "D": "Brandt", "E": "Keil", "F": "Keil"}
STOPS = ["Customs House", "Market Cross", "Old Mill", "Opera", "Weir", "Gasworks", "Botanic Garden", "Depot East"]


def any_log(path, lines, rng):
    """Events at random: half of them stops with Laplace lateness, a third doors, one door in thirty with a code."""
    with path.open("w") as out:
        for i in range(lines):
            stamp = (
                f"2025-{1 + i * 12 // lines:02d}-{1 + i % 28:02d} {i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d}"
            )
            tram = f"T{rng.randrange(90):03d}"
            chance = rng.random()
            if chance < 0.5:
                out.write(f"{stamp} tram={tram} STOP_LEFT stop='{rng.choice(STOPS)}' late={int(rng.gauss(20, 60))}\n")
            elif chance < 0.85:
                code = f" code={rng.choice('ABCDEF')}{rng.randrange(100):02d}" if rng.random() < 0.03 else ""
                side = rng.choice(("left", "right"))
                out.write(
                    f"{stamp} tram={tram} DOOR door={rng.randrange(1, 7)}/{side} state={rng.choice(('open', 'shut', 'stuck'))}{code}\n"
                )
            else:
                out.write(f"{stamp} tram={tram} HEARTBEAT\n")


class FleetBook:
    """What has happened so far, tram by tram."""

    def __init__(self):
        self.codes = Counter()
        self.stuck = Counter()
        self.open_doors = defaultdict(set)
        self.left_open = Counter()
        self.late = defaultdict(Counter)

    def any_door(self, tram, rest):
        door, side, state, code = DOOR.match(rest).groups()
        place = door + side[0]
        if state == "stuck":
            self.stuck[tram] += 1
        elif state == "open":
            self.open_doors[tram].add(place)
        else:
            self.open_doors[tram].discard(place)
        if code:
            self.codes[MAKERS[code[0]], code] += 1

    def any_stop(self, tram, rest):
        stop, late = STOP.match(rest).groups()
        if self.open_doors[tram]:
            self.left_open[stop] += 1
            self.open_doors[tram].clear()
        self.late[stop]["late" if int(late) > 60 else "early" if int(late) < -30 else "fair"] += 1

    def read(self, lines):
        handlers = {"DOOR": self.any_door, "STOP_LEFT": self.any_stop}
        for line in lines:
            found = LINE.match(line)
            handler = handlers.get(found["kind"])
            if handler:
                handler(found["tram"], found["rest"])
        return self


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fleet.log"
        any_log(path, vary(800000), random.Random(19))
        with path.open() as lines:
            book = FleetBook().read(lines)
    makers = Counter()
    for (maker, _), count in book.codes.items():
        makers[maker] += count
    worst = max(book.late, key=lambda s: book.late[s]["late"] / book.late[s].total())
    print(f"{makers.most_common(1)[0]}, stuck most: {book.stuck.most_common(1)[0]}, latest at {worst}")


main()
