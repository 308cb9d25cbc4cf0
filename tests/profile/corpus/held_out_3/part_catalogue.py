# code: gc-pauses
# kind: seeded
# gain: 2.05
# ruff: noqa
"""Loads a bill of materials and rolls prices and weights up the tree of parts."""

import random
import statistics
from array import array


class any_Part:
    __slots__ = ("number", "children", "notes", "parent", "price", "weight")

    def __init__(self, number, parent, price, weight):
        self.number = number
        self.parent = parent
        self.price = price
        self.weight = weight
        self.children = []
        self.notes = {"rev": [1], "alias": [number]}


def any_rows(count, seed):
    """Rows as the exporter of the old system writes them: number;parent;price;weight."""
    rng = random.Random(seed)
    for number in range(count):
        parent = rng.randrange(max(number - 3000, 0), number) if number > 8 else -1
        yield f"{number};{parent};{rng.randint(5, 900)};{rng.randint(1, 50)}"


def any_load(rows):
    parts = []
    roots = []
    for row in rows:
        number, parent, price, weight = map(int, row.split(";"))
        above = parts[parent] if parent >= 0 else None
        part = any_Part(number, above, price, weight)  # HERE
        (roots if above is None else above.children).append(part)
        parts.append(part)
    return parts, roots


def any_roll_up(parts):
    """Total price and weight under each part; children always come after their parent."""
    price = array("q", (part.price for part in parts))
    weight = array("q", (part.weight for part in parts))
    for part in reversed(parts):
        if part.parent is not None:
            price[part.parent.number] += price[part.number]
            weight[part.parent.number] += weight[part.number]
    return price, weight


def any_depths(parts):
    depth = array("i", [0]) * len(parts)
    for part in parts:
        if part.parent is not None:
            depth[part.number] = depth[part.parent.number] + 1
    return depth


def any_mark_revisions(parts, every):
    changed = 0
    for part in parts[::every]:
        part.notes["rev"].append(part.notes["rev"][-1] + 1)
        part.notes["alias"].append(-part.number)
        changed += 1
    return changed


def report(roots, price, weight, depth):
    for root in sorted(roots, key=lambda part: -price[part.number])[:5]:
        print(f"assembly {root.number}: {price[root.number] / 100:12.2f} EUR {weight[root.number]} g")
    print("deepest", max(depth), "median depth", statistics.median(depth))


def main():
    parts, roots = any_load(any_rows(vary(300000), seed=6))
    price, weight = any_roll_up(parts)
    depth = any_depths(parts)
    print(any_mark_revisions(parts, 7), "parts revised")
    report(roots, price, weight, depth)


main()
