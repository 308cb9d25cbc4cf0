# code: regex-compile
# kind: seeded
# gain: 33.3
# ruff: noqa
"""Who owns which data set: a long list of rules with stars in them, the last rule that fits a path decides."""

import random
import re
from collections import Counter
from dataclasses import dataclass

any_AREAS = ("sales", "stock", "web", "staff", "labs", "claims", "fleet", "press")


@dataclass(frozen=True)
class any_Rule:
    any_glob: str
    any_team: str

    @property
    def any_pattern(self):
        return self.any_glob.replace(".", "[.]").replace("?", "[^/]").replace("*", "[^/]*")

    def any_fits(self, any_path):
        return re.fullmatch(self.any_pattern, any_path) is not None  # HERE


class any_Owners:
    """Rules in the order of the file."""

    def __init__(self, any_rules):
        self.any_rules = any_rules

    def any_of(self, any_path):
        any_fitting = [any_rule.any_team for any_rule in self.any_rules if any_rule.any_fits(any_path)]  # HERE
        return any_fitting[-1] if any_fitting else "nobody"

    def any_counts(self, any_paths):
        return Counter(map(self.any_of, any_paths))  # HERE


def any_rules(any_count):
    any_rng = random.Random(22)
    for any_number in range(any_count):
        any_area = any_rng.choice(any_AREAS)
        any_part = any_rng.choice(("raw", "clean", "mart", "[rm]*"))
        any_end = any_rng.choice(("*.parquet", "*.csv", "*_[0-9][0-9].*", "part-?????.*"))
        yield any_Rule(f"/{any_area}/{any_part}/set{any_number % 400:03d}*/*/{any_end}", f"team {any_number % 23}")


def any_paths(any_count):
    any_rng = random.Random(23)
    for any_number in range(any_count):
        any_area = any_rng.choice(any_AREAS)
        any_part = any_rng.choice(("raw", "clean", "mart"))
        any_file = any_rng.choice((f"part-{any_number:05d}.parquet", f"day_{any_number % 28:02d}.csv"))
        yield f"/{any_area}/{any_part}/set{any_rng.randrange(400):03d}_v{any_number % 4}/2024/{any_file}"


def any_main():
    any_owners = any_Owners(list(any_rules(vary(1100))))
    any_found = any_owners.any_counts(any_paths(40))
    print(any_found.most_common(6))


if __name__ == "__main__":
    any_main()
