# code: import-time
# kind: seeded
# gain: 2.6
# ruff: noqa
"""Allergen and calorie labels for a canteen: parse recipes, search substitutes, lay out the labels."""

import itertools
import random
import re
import textwrap
from collections import Counter, defaultdict
from fractions import Fraction

UNITS = {"g": Fraction(1), "kg": Fraction(1000), "tbsp": Fraction(15), "tsp": Fraction(5), "cup": Fraction(240)}
LINE = re.compile(r"(?P<whole>\d+)?\s*(?P<part>\d/\d)?\s*(?P<unit>kg|g|tbsp|tsp|cup)\s+(?P<food>[a-z ]+)")
ALLERGENS = {"milk", "egg", "soy", "wheat", "nut", "celery", "fish", "sesame"}


def any_agreement(first, second):
    """How far two cooks agree which dishes are light, medium and heavy."""
    from sklearn.metrics import cohen_kappa_score  # HERE

    return cohen_kappa_score(*([min(int(kcal // 4000), 2) for kcal in cook] for cook in (first, second)))


def pantry(rng, foods):
    syllables = ["ba", "ro", "mi", "ta", "lu", "ken", "so", "pi", "da", "ver"]
    names = set()
    while len(names) < foods:
        names.add("".join(rng.choices(syllables, k=rng.randint(2, 4))))
    return {
        name: {
            "kcal": Fraction(rng.randint(5, 900), 100),
            "allergens": frozenset(rng.sample(sorted(ALLERGENS), k=rng.choice([0, 0, 0, 1, 2]))),
            "taste": tuple(rng.randint(0, 9) for _ in range(5)),
        }
        for name in sorted(names)
    }


def recipe_text(rng, names):
    lines = []
    for name in rng.sample(names, k=rng.randint(5, 9)):
        whole = rng.choice(["", "1 ", "2 ", "25 "])
        lines.append(f"{whole}{rng.choice(['1/2', '3/4', '1/3'])} {rng.choice(list(UNITS))} {name}")
    return "\n".join(lines)


def parse(text):
    amounts = defaultdict(Fraction)
    for found in LINE.finditer(text):
        count = Fraction(found["whole"] or 0) + Fraction(found["part"] or 0)
        amounts[found["food"].strip()] += count * UNITS[found["unit"]]
    return amounts


def substitute(food, banned, foods):
    """The food nearest in taste that is free of what the guest must not eat."""
    taste = foods[food]["taste"]
    best, best_distance = food, 10_000
    for name, facts in foods.items():
        if facts["allergens"] & banned:
            continue
        distance = sum((a - b) ** 2 for a, b in zip(taste, facts["taste"]))
        if distance < best_distance:
            best, best_distance = name, distance
    return best


def label(title, amounts, foods):
    kcal = sum(amount * foods[food]["kcal"] for food, amount in amounts.items())
    contains = sorted(set(itertools.chain.from_iterable(foods[food]["allergens"] for food in amounts)))
    body = f"{title}: {', '.join(sorted(amounts, key=amounts.get, reverse=True))}. "
    body += f"Contains {', '.join(contains) or 'no allergens'}. {float(kcal):.0f} kcal."
    return textwrap.wrap(body, 38)


def main():
    rng = random.Random(31)
    foods = pantry(rng, 60)
    names = list(foods)
    height = Counter()
    replaced = 0
    calories = []
    for number in range(vary(4200)):
        amounts = parse(recipe_text(rng, names))
        banned = frozenset(rng.sample(sorted(ALLERGENS), k=2))
        fit = defaultdict(Fraction)
        for food, amount in amounts.items():
            chosen = substitute(food, banned, foods) if foods[food]["allergens"] & banned else food
            replaced += chosen != food
            fit[chosen] += amount
        calories.append(float(sum(amount * foods[food]["kcal"] for food, amount in fit.items())))
        height[len(label(f"Dish {number}", fit, foods))] += 1
    first = calories[:400]
    second = [value * rng.uniform(0.7, 1.3) for value in first]
    print(f"{replaced} foods replaced, label heights {sorted(height.items())}")
    print(f"agreement of the cooks {any_agreement(first, second):.2f}")


if __name__ == "__main__":
    main()
