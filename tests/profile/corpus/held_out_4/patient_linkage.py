# code: gil-contention
# kind: seeded
# also: python-loop
# gain: 1.2
# ruff: noqa
"""Find records of one person in the registers of two clinics."""

import random
import string
import threading
import queue
from dataclasses import dataclass, field

FIRST = "anna maria peter jonas lena fatma omar irene viktor sofia paula henrik".split()
LAST = "schneider kowalski hansen yilmaz moreau rossi novak fischer lindqvist petrov".split()


@dataclass(slots=True)
class Person:
    number: int
    name: str
    born: int
    street: str
    matches: list = field(default_factory=list)


def misspell(rng, text):
    letters = list(text)
    at = rng.randrange(len(letters))
    kind = rng.random()
    if kind < 0.4:
        letters[at] = rng.choice(string.ascii_lowercase)
    elif kind < 0.7:
        del letters[at]
    else:
        letters.insert(at, rng.choice(string.ascii_lowercase))
    return "".join(letters)


def register(rng, size):
    people = []
    for number in range(size):
        street = "".join(rng.choices("aeiorstlnm", k=9)) + " street"
        people.append(Person(number, f"{rng.choice(FIRST)} {rng.choice(LAST)}", rng.randint(1930, 2010), street))
    return people


def edit_distance(a, b, limit):
    """Levenshtein distance; `limit` when it is at least that."""
    if abs(len(a) - len(b)) >= limit:
        return limit
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (letter != other))  # HERE
        if min(row) >= limit:
            return limit
    return min(row[-1], limit)


def any_compare(pairs, limit=4):
    found = []
    for left, right in pairs:
        score = edit_distance(left.name, right.name, limit) + edit_distance(left.street, right.street, limit)  # HERE
        if score < limit:
            found.append((left.number, right.number, score))
    return found


def any_worker(tasks, results):
    while (pairs := tasks.get()) is not None:
        results.append(any_compare(pairs))  # HERE


def candidates(left, right):
    """Only people born within a year of one another are worth comparing."""
    by_year = {}
    for person in right:
        by_year.setdefault(person.born, []).append(person)
    for person in left:
        block = []
        for year in (person.born - 1, person.born, person.born + 1):
            block += [(person, other) for other in by_year.get(year, ())]
        yield block


def any_link(left, right, workers):
    tasks, results = queue.Queue(maxsize=32), []
    crew = [threading.Thread(target=any_worker, args=(tasks, results)) for _ in range(workers)]  # HERE
    for thread in crew:
        thread.start()
    for block in candidates(left, right):
        tasks.put(block)
    for _ in crew:
        tasks.put(None)
    for thread in crew:
        thread.join()
    return [match for found in results for match in found]


def main():
    rng = random.Random(4)
    left = register(rng, vary(1700))
    right = [
        Person(n, misspell(rng, p.name), p.born + rng.choice([0, 0, 0, 1]), misspell(rng, p.street), [])
        for n, p in enumerate(rng.sample(left, k=len(left) * 2 // 3))
    ]
    right += register(rng, 300)
    matches = any_link(left, right, workers=4)
    best = {}
    for number, other, score in sorted(matches, key=lambda match: (match[2], match[0], match[1])):
        best.setdefault(number, (other, score))
    exact = sum(score <= 2 for _, score in best.values())
    print(f"{len(left)} against {len(right)}: {len(matches)} links, {len(best)} people found, {exact} nearly equal")


if __name__ == "__main__":
    main()
