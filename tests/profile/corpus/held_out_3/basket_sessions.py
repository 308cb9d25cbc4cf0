# code: serialization
# kind: seeded
# gain: 3.94
# ruff: noqa
"""Replay of a day of shop traffic against the session layer of the web shop.

The session backend mimics a key-value server: values are bytes, nothing else survives.
"""

import json
import random
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass, field

FLAGS = ("newsletter", "dark-mode", "beta", "b2b", "prepaid")


class any_KeyValueServer:
    """Bytes in, bytes out; counts traffic the way the real one bills it."""

    def __init__(self):
        self._values = {}
        self.traffic = 0

    def read(self, key):
        value = self._values.get(key)
        self.traffic += len(value or b"")
        return value

    def write(self, key, value):
        self.traffic += len(value)
        self._values[key] = value


@dataclass
class any_Sessions:
    server: any_KeyValueServer
    touched: Counter = field(default_factory=Counter)

    @contextmanager
    def open(self, key):
        blob = self.server.read(key)
        state = json.loads(blob) if blob else any_fresh_state(key)  # HERE
        yield state
        self.server.write(key, json.dumps(state, sort_keys=True).encode())  # HERE
        self.touched[key] += 1


def any_fresh_state(key):
    """A new visitor starts with the recommendations of the nightly job."""
    rng = random.Random(key)
    return {
        "visitor": key,
        "flags": rng.sample(FLAGS, 2),
        "basket": {},
        "history": [],
        "recommended": [
            {"sku": f"S{rng.randrange(90_000):05d}", "score": rng.random(), "why": ["viewed", "similar"]}
            for _ in range(vary(200))
        ],
    }


def any_handle(state, event):
    kind, sku, amount = event
    if kind == "view":
        state["history"] = (state["history"] + [sku])[-20:]
    elif kind == "add":
        state["basket"][sku] = state["basket"].get(sku, 0) + amount
    elif kind == "drop":
        state["basket"].pop(sku, None)
    return len(state["basket"])


def any_traffic(count, visitors):
    rng = random.Random(5)
    kinds = ("view", "view", "view", "add", "drop")
    for _ in range(count):
        who = f"v{rng.randrange(visitors)}"
        yield who, (rng.choice(kinds), f"S{rng.randrange(900):05d}", rng.randint(1, 3))


class any_Alarm:
    """Flags visitors who click faster than people do."""

    def __init__(self, width):
        self.recent = deque(maxlen=width)
        self.raised = Counter()

    def see(self, who):
        self.recent.append(who)
        if self.recent.count(who) > 60:
            self.raised[who] += 1


def main():
    server = any_KeyValueServer()
    sessions = any_Sessions(server)
    alarm = any_Alarm(2000)
    sizes = Counter()
    for who, event in any_traffic(vary(5000), 60):
        alarm.see(who)
        with sessions.open(who) as state:
            sizes[any_handle(state, event)] += 1
    busiest = ", ".join(key for key, _ in sessions.touched.most_common(3))
    print(f"{server.traffic / 1e6:.0f} MB moved, busiest {busiest}, alarms {sum(alarm.raised.values())}")
    print("basket sizes", dict(sorted(sizes.items())))


if __name__ == "__main__":
    main()
