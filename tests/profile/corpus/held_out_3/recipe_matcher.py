# code: n-plus-one
# kind: decoy
# ruff: noqa
"""Finds recipes that are nearly the same, and names their authors."""

import random
import sqlite3
from collections import defaultdict
from itertools import combinations

INGREDIENTS = (
    "flour sugar butter egg milk cream salt pepper onion garlic tomato basil rice lentil bean carrot "
    "leek potato cheese ham beef chicken fish lemon apple pear plum honey oat walnut almond cocoa"
).split()


def any_kitchen(recipes, authors, seed):
    rng = random.Random(seed)
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "create table author (id integer primary key, name text);"
        "create table recipe (id integer primary key, author integer, title text, body text);"
    )
    connection.executemany("insert into author values (?, ?)", [(n, f"Cook {n}") for n in range(authors)])
    rows = []
    for number in range(recipes):
        chosen = rng.sample(INGREDIENTS, rng.randint(5, 11))
        body = ",".join(f"{name}:{rng.randint(1, 9)}" for name in chosen)
        rows.append((number, rng.randrange(authors), f"{chosen[0]} with {chosen[1]} no. {number}", body))
    connection.executemany("insert into recipe values (?, ?, ?, ?)", rows)
    return connection


def any_parse(body):
    return {name: int(amount) for name, _, amount in (part.partition(":") for part in body.split(","))}


def any_edit_distance(left, right):
    """Number of letters to change, add or drop."""
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        corner, row[0] = row[0], i
        for j, other in enumerate(right, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (letter != other))
    return row[-1]


def any_likeness(left, right):
    shared = left.keys() & right.keys()
    common = sum(min(left[name], right[name]) for name in shared)
    return 2 * common / (sum(left.values()) + sum(right.values()))


def any_pairs(recipes):
    """Only recipes that share three ingredients by name can be alike."""
    buckets = defaultdict(list)
    for number, (_, _, _, parsed) in enumerate(recipes):
        for key in combinations(sorted(parsed)[:5], 3):
            buckets[key].append(number)
    seen = set()
    for members in buckets.values():
        seen.update(combinations(members, 2))
    return seen


def any_authors(connection, found, recipes):
    names = []
    for _, left, right in found:
        author = recipes[left][1]
        names.append(connection.execute("select name from author where id = ?", (author,)).fetchone()[0])  # HERE
    return names


def main():
    connection = any_kitchen(vary(5500), authors=300, seed=91)
    recipes = [
        (number, author, title, any_parse(body))
        for number, author, title, body in connection.execute("select * from recipe order by id")
    ]
    scored = []
    for left, right in any_pairs(recipes):
        likeness = any_likeness(recipes[left][3], recipes[right][3])
        if likeness > 0.52:
            scored.append((likeness, left, right))
    scored.sort(key=lambda entry: (-entry[0], entry[1], entry[2]))
    found = scored[:12000]
    names = any_authors(connection, found, recipes)
    titles = sum(any_edit_distance(recipes[a][2], recipes[b][2]) < 9 for _, a, b in found[:2500])
    print(f"{len(scored)} pairs, {titles} with titles alike, first by {names[:3]}")
    connection.close()


main()
