# code: regex-compile
# kind: seeded
# gain: 6.4
# ruff: noqa
"""Sort the event lines of a radio telescope by the message catalogues of its subsystems and sum up what they carry."""

import random
import re
from collections import Counter, defaultdict

SUBSYSTEMS = ["ANT", "LNA", "CRY", "COR", "MSR", "SRV", "PWR", "WEA", "SUB", "LOF"]
VERBS = ["drifted", "settled", "tripped", "recovered", "stepped", "locked", "lagged", "saturated", "idled"]
PARTS = [
    "azimuth drive",
    "feed horn",
    "cold head",
    "phase switch",
    "maser clock",
    "wind vane",
    "encoder ring",
    "local oscillator",
    "noise diode",
    "servo rack",
    "surface panel",
]
SLOTS = {
    "n": r"[-+]?\d+",
    "f": r"[-+]?\d+\.\d+(?:e[-+]?\d+)?",
    "w": r"[A-Za-z][\w-]*",
    "t": r"\d\d:\d\d:\d\d(?:\.\d+)?",
}


def catalogue(rng, size):
    """Message forms as the subsystems' makers list them: words with typed slots."""
    forms = set()
    while len(forms) < size:
        form = (
            f"{rng.choice(PARTS)} {rng.choice(VERBS)} at {{t}} in bay {{n}}, reading {{f}} "
            f"{rng.choice(['K', 'dB', 'mm', 'Hz', 'V'])} against {{f}} ({rng.choice(['limit', 'target', 'last'])} by {{w}})"
        )
        forms.add((rng.choice(SUBSYSTEMS), form))
    return sorted(forms)


def say(rng, form):
    return (
        form.replace(
            "{t}", f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}.{rng.randrange(10)}"
        )
        .replace("{n}", str(rng.randrange(40)))
        .replace("{f}", f"{rng.uniform(-50, 90):.2f}")
        .replace("{w}", rng.choice(["op-ana", "op-luis", "auto", "watch-3"]))
    )


def any_expression(form):
    """The form as an expression, its slots as groups."""
    parts = re.split(r"\{(\w)\}", form)
    return "".join(f"({SLOTS[p]})" if i % 2 else re.escape(p) for i, p in enumerate(parts))


class Sorter:
    def __init__(self, forms):
        self.shelves = defaultdict(list)
        for system, form in forms:
            words = form.split()
            self.shelves[system, words[0], form.split(" at ")[0].split()[-1]].append((form, any_expression(form)))

    def candidates(self, system, text):
        head = text.split(" at ", 1)[0].split()
        return self.shelves[system, head[0], head[-1]]

    def place(self, line):
        _, system, text = line.split("|")
        for form, any_shape in self.candidates(system, text):
            found = re.fullmatch(any_shape, text)  # HERE
            if found:
                return system, form, found.groups()
        return system, None, ()


def lines(rng, forms, count):
    clock = 0.0
    for _ in range(count):
        clock += rng.expovariate(3.0)
        system, form = rng.choice(forms)
        yield f"{clock:.3f}|{system}|{say(rng, form)}"


def digest(sorter, source):
    seen, lost, sums = Counter(), 0, defaultdict(float)
    for line in source:
        system, form, values = sorter.place(line)  # HERE
        if form is None:
            lost += 1
            continue
        seen[system, form] += 1
        sums[system] += float(values[2]) - float(values[3])
    return seen, lost, sums


def main():
    rng = random.Random(1420)
    forms = catalogue(rng, 1400)
    seen, lost, sums = digest(Sorter(forms), lines(rng, forms, vary(21000)))  # HERE
    worst = max(sums, key=lambda s: abs(sums[s]))
    print(
        f"{sum(seen.values())} lines by {len(seen)} of {len(forms)} forms, {lost} unknown; "
        f"{worst} is off by {sums[worst]:.0f} in all"
    )


if __name__ == "__main__":
    main()
