# code: none
# kind: healthy
# ruff: noqa
"""Parses the formulas of a process plant's control sheets, checks their units and folds their constants."""

import operator
import random
import re
from collections import Counter

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:e[+-]?\d+)?)(?:\[(?P<unit>[a-z/0-9]+)\])?|(?P<name>[A-Z]+-\d+)|(?P<op>[-+*/()=]))"
)
UNIT = re.compile(r"([a-z]+)(\d*)")
BLANK = re.compile(r"\s*$")
COMMENT = re.compile(r"#.*")
POWERS = {"*": operator.mul, "/": operator.truediv}
SUMS = {"+": operator.add, "-": operator.sub}


def parse_unit(text, table={}):
    if text not in table:
        powers = Counter()
        for part, sign in zip(text.split("/"), (1, -1)):
            for symbol, power in UNIT.findall(part):
                powers[symbol] += sign * int(power or 1)
        table[text] = tuple(sorted((s, p) for s, p in powers.items() if p))
    return table[text]


def combined(a, b, sign):
    powers = dict(a)
    for symbol, power in b:
        powers[symbol] = powers.get(symbol, 0) + sign * power
    return tuple(sorted(item for item in powers.items() if item[1]))


class Sheet:
    """One sheet: a definition a line, each of which may use the names defined above it."""

    def __init__(self, text):
        self.text = text
        self.any_known = {}
        self.faults = Counter()

    def tokens(self, line):
        at, found = 0, []
        line = COMMENT.sub("", line)
        while not BLANK.match(line, at):
            token = TOKEN.match(line, at)
            if token is None:
                raise SyntaxError(f"at {at}: {line!r}")
            found.append((token.lastgroup if token["number"] is None else "number", token))
            at = token.end()
        found.reverse()
        return found

    def atom(self, rest):
        kind, token = rest.pop()
        if kind == "number":
            return float(token["number"]), parse_unit(token["unit"] or "")
        if kind == "name":
            return self.any_known[token["name"]]
        if token["op"] == "-":
            value, unit = self.atom(rest)
            return -value, unit
        inner = self.sum(rest)
        rest.pop()
        return inner

    def product(self, rest):
        value, unit = self.atom(rest)
        while rest and rest[-1][0] == "op" and rest[-1][1]["op"] in POWERS:
            sign = rest.pop()[1]["op"]
            other, its = self.atom(rest)
            if sign == "/" and other == 0:
                self.faults["zero"] += 1
                other = 1.0
            value, unit = POWERS[sign](value, other), combined(unit, its, 1 if sign == "*" else -1)
        return value, unit

    def sum(self, rest):
        value, unit = self.product(rest)
        while rest and rest[-1][0] == "op" and rest[-1][1]["op"] in SUMS:
            sign = rest.pop()[1]["op"]
            other, its = self.product(rest)
            if its != unit:
                self.faults["unit"] += 1
            value = SUMS[sign](value, other)
        return value, unit

    def evaluate(self):
        for line in self.text.splitlines():
            rest = self.tokens(line)
            name = rest.pop()[1]["name"]
            rest.pop()
            self.any_known[name] = self.sum(rest)
        return self.any_known


def written(rng, lines):
    """A sheet of random formulas over the names above, some with a unit that does not fit."""
    names, out = [], []
    for i in range(lines):
        terms = []
        for _ in range(rng.randint(1, 3)):
            unit = rng.choice(("kg/s", "kg/s", "kg/s", "m3/s", "k"))
            term = f"{rng.uniform(0.1, 90):.3f}[{unit}]"
            if names and rng.random() < 0.6:
                term += f" * {rng.choice(names)} / (1 + {rng.random():.2f})"
            terms.append(term)
        names.append(f"{rng.choice(('FIC', 'TIC', 'PT', 'LS'))}-{i}")
        out.append(f"{names[-1]} = {rng.choice((' + ', ' - ')).join(terms)}  # loop {rng.randrange(90)}")
    return "\n".join(out)


def main():
    rng = random.Random(91)
    faults, largest = Counter(), 0.0
    for _ in range(vary(2500)):
        sheet = Sheet(written(rng, 40))
        known = sheet.evaluate()
        faults += sheet.faults
        largest = max(largest, max(abs(value) for value, _ in known.values()))
    print(f"{dict(faults)}, largest {largest:.3e}")


if __name__ == "__main__":
    main()
