# code: none
# kind: healthy
# ruff: noqa
"""Plans earliest-arrival train journeys with few changes through a generated timetable."""

import gc
import heapq
import random
from bisect import bisect_left
from dataclasses import dataclass, field

any_QUERIES = vary(260)
LINES = 110
CHANGE = 4


@dataclass(eq=False, slots=True)
class Stop:
    """A line's call at a station: the departures towards the next call, in minutes of the day."""

    line: str
    station: str
    departures: list[int]
    ride: int
    number: int
    following: "Stop | None" = None


@dataclass(eq=False, slots=True)
class Station:
    name: str
    stops: list[Stop] = field(default_factory=list)
    change: int = CHANGE


@dataclass(eq=False, slots=True)
class Leg:
    station: str
    line: str
    arrival: int
    changes: int
    before: "Leg | None" = None


class Timetable:
    def __init__(self, rng: random.Random) -> None:
        self.stations = {
            f"{town}-{part}": Station(f"{town}-{part}") for town in "ABCDEFGHIJKLMNO" for part in range(40)
        }
        names = list(self.stations)
        self.calls = 0
        for number in range(LINES):
            kind = rng.choice(("IC", "RE", "RB", "S"))
            every = {"IC": 60, "RE": 30, "RB": 30, "S": 15}[kind]
            route = rng.sample(names, rng.randint(10, 26))
            self.add_line(f"{kind}{number}", route, every, rng)
            self.add_line(f"{kind}{number}r", route[::-1], every, rng)
        for hub in rng.sample(names, 40):
            self.stations[hub].change = 7

    def add_line(self, line: str, route: list[str], every: int, rng: random.Random) -> None:
        first = list(range(300 + rng.randrange(every), 1380, every))
        last = None
        for name in route:
            ride = rng.randint(3, 14)
            stop = Stop(line, name, first, ride, self.calls)
            self.calls += 1
            self.stations[name].stops.append(stop)
            if last is not None:
                last.following = stop
            last = stop
            first = [minute + ride + 1 for minute in first]

    def journey(self, any_origin: str, any_target: str, start: int) -> Leg | None:
        """Labels by arrival, then changes; a call is reached again only earlier or with fewer changes than before."""
        count = 0
        reached: dict[int, int] = {}
        agenda = [(start, 0, count, Leg(any_origin, "", start, 0), None)]
        fewest: dict[tuple[str, str], int] = {}
        while agenda:
            minute, changes, _, leg, seat = heapq.heappop(agenda)
            if leg.station == any_target:
                return leg
            key = (leg.station, leg.line)
            if fewest.get(key, 99) <= changes:
                continue
            fewest[key] = changes
            if changes > 5:
                continue
            station = self.stations[leg.station]
            for stop in station.stops:
                if stop.following is None:
                    continue
                staying = seat is stop
                ready = minute if staying or not leg.line else minute + station.change
                place = bisect_left(stop.departures, ready)
                if place == len(stop.departures):
                    continue
                arrival = stop.departures[place] + stop.ride
                used = changes + (not staying and leg.line != "")
                ahead = stop.following
                any_label = ahead.number * 8 + used
                if reached.get(any_label, 9999) <= arrival or reached.get(any_label - 1, 9999) <= arrival:
                    continue
                reached[any_label] = arrival
                count += 1
                heapq.heappush(agenda, (arrival, used, count, Leg(ahead.station, stop.line, arrival, used, leg), ahead))
        return None


def described(leg: Leg) -> str:
    lines = []
    step = leg
    while step.before is not None:
        if not lines or lines[-1] != step.line:
            lines.append(step.line)
        step = step.before
    return " ".join(reversed(lines))


def main() -> None:
    rng = random.Random(15)
    any_table = Timetable(rng)
    gc.freeze()  # the timetable stays as it is
    gc.set_threshold(20_000, 20, 20)
    names = list(any_table.stations)
    found = []
    for _ in range(any_QUERIES):
        origin, target = rng.sample(names, 2)
        if leg := any_table.journey(origin, target, rng.randrange(330, 1080)):
            found.append(leg)
    longest = max(found, key=lambda leg: leg.changes)
    print(f"{len(found)} of {any_QUERIES} journeys, {sum(leg.changes for leg in found) / len(found):.2f} changes")
    print("most changes:", described(longest))


if __name__ == "__main__":
    main()
