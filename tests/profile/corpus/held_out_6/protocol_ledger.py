# code: serialization
# kind: seeded
# also: recompute
# gain: 5.45
# ruff: noqa
"""Replays the edits of a laboratory protocol and keeps a chain of digests of its revisions."""

import hashlib
import json
import random
from collections import Counter

import numpy as np

REAGENTS = ["Tris", "EDTA", "NaCl", "glycerol", "SDS", "DTT", "imidazole", "MgCl2", "HEPES", "Tween"]


def new_step(rng, number):
    return {
        "number": number,
        "title": " ".join(rng.choice(("spin", "wash", "heat", "mix", "rest", "elute")) for _ in range(3)),
        "minutes": round(rng.lognormvariate(2, 0.6), 1),
        "celsius": rng.choice((4, 22, 37, 65, 95)),
        "reagents": {name: round(rng.uniform(0.1, 50), 2) for name in rng.sample(REAGENTS, 4)},
        "notes": [f"see page {rng.randrange(400)}" for _ in range(3)],
    }


class Protocol:
    """Sections of steps, with the chain of digests of all revisions so far."""

    def __init__(self, sections, steps, rng):
        self.body = {
            f"section {s:02d}": {"steps": [new_step(rng, i) for i in range(steps)], "open": bool(s % 3)}
            for s in range(sections)
        }
        self.chain = ["0" * 40]
        self.by_author = Counter()

    def edit(self, author, section, number, rng):
        step = self.body[section]["steps"][number]
        if rng.random() < 0.7:
            step["minutes"] = round(step["minutes"] * rng.uniform(0.9, 1.1), 2)
        else:
            name = rng.choice(REAGENTS)
            step["reagents"][name] = round(rng.uniform(0.1, 50), 2)
        self.by_author[author] += 1
        self.any_seal(section)

    def any_seal(self, section):
        text = json.dumps(self.body, sort_keys=True)  # HERE
        self.chain.append(hashlib.sha1((self.chain[-1] + text).encode()).hexdigest())

    def minutes(self):
        return [step["minutes"] for part in self.body.values() for step in part["steps"]]


def duration_spread(minutes, draws, rng):
    """How long the whole protocol takes when each step's time has a log-normal error."""
    logs = np.log(np.maximum(minutes, 0.1))
    totals = np.exp(logs + rng.normal(0, 0.25, (draws, len(logs)))).sum(axis=1)
    return np.percentile(totals, (5, 50, 95))


def main():
    rng = random.Random(12)
    protocol = Protocol(30, 40, rng)
    sections = list(protocol.body)
    for _ in range(vary(450)):
        protocol.edit(rng.choice("ABCDE"), rng.choice(sections), rng.randrange(40), rng)
    low, middle, high = duration_spread(protocol.minutes(), 12000, np.random.default_rng(3))
    print(f"{protocol.chain[-1][:10]}: {low:.0f} / {middle:.0f} / {high:.0f} minutes")


if __name__ == "__main__":
    main()
