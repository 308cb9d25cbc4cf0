# code: serialization
# kind: seeded
# gain: 3.1
# ruff: noqa
"""Replay a day of shop traffic against the session store and report abandoned baskets."""

import json
import random
from collections import OrderedDict, defaultdict
from dataclasses import dataclass

CATALOGUE = {f"sku-{n}": {"price": 199 + (n * 7919) % 9000, "group": f"g{n % 23}"} for n in range(800)}


@dataclass(frozen=True)
class Click:
    visitor: int
    minute: int
    action: str
    sku: str


class LruBackend:
    """Stands in for the key-value server: text in, text out, least recently used leaves first."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.entries = OrderedDict()
        self.evicted = 0

    def get(self, key):
        text = self.entries.get(key)
        if text is not None:
            self.entries.move_to_end(key)
        return text

    def put(self, key, text):
        self.entries[key] = text
        self.entries.move_to_end(key)
        if len(self.entries) > self.capacity:
            self.entries.popitem(last=False)
            self.evicted += 1


class any_Sessions:
    def __init__(self, backend):
        self.backend = backend

    def any_open(self, visitor):
        text = self.backend.get(f"session:{visitor}")
        if text is None:
            return {"visitor": visitor, "basket": {}, "trail": [], "prefs": {"lang": "en", "seen": [0] * 24}}
        return json.loads(text)  # HERE

    def any_close(self, visitor, session):
        self.backend.put(f"session:{visitor}", json.dumps(session, sort_keys=True))  # HERE


def traffic(rng, visitors, clicks):
    actions = ["view"] * 12 + ["add"] * 3 + ["drop", "pay"]
    skus = list(CATALOGUE)
    for step in range(clicks):
        visitor = min(int(rng.expovariate(1 / (visitors / 4))), visitors - 1)
        yield Click(visitor, step * 1440 // clicks, rng.choice(actions), rng.choice(skus))


def apply(click, session):
    basket = session["basket"]
    price = CATALOGUE[click.sku]["price"]
    if click.action == "add":
        entry = basket.setdefault(click.sku, {"count": 0, "price": price})
        entry["count"] += 1
    elif click.action == "drop" and basket:
        basket.pop(next(iter(basket)))
    elif click.action == "pay":
        paid = sum(entry["count"] * entry["price"] for entry in basket.values())
        basket.clear()
        return paid
    session["trail"].append({"m": click.minute, "a": click.action, "sku": click.sku, "price": price})
    session["trail"] = session["trail"][-120:]
    session["prefs"]["seen"][click.minute // 60] += 1
    return 0


def affinity(session, scores):
    """Groups that are looked at shortly after one another attract one another."""
    recent = [CATALOGUE[item["sku"]]["group"] for item in session["trail"][-6:]]
    for first, second in zip(recent, recent[1:]):
        if first != second:
            scores[first, second] += 1.0
            scores[second, first] += 0.5


def main():
    rng = random.Random(5)
    store = any_Sessions(LruBackend(capacity=400))
    revenue_by_hour = defaultdict(int)
    scores = defaultdict(float)
    for click in traffic(rng, visitors=120, clicks=vary(30000)):
        session = store.any_open(click.visitor)
        revenue_by_hour[click.minute // 60] += apply(click, session)
        affinity(session, scores)
        store.any_close(click.visitor, session)
    left = sum(1 for visitor in range(120) if store.any_open(visitor)["basket"])
    best = sorted(scores.items(), key=lambda pair: -pair[1])[:3]
    print(
        f"revenue {sum(revenue_by_hour.values()) / 100:.2f}, {left} abandoned baskets, evicted {store.backend.evicted}"
    )
    print("strongest pairs:", [pair for pair, _ in best])


if __name__ == "__main__":
    main()
