# code: import-time
# kind: seeded
# gain: 2.8
# ruff: noqa
"""A diary of blood sugar, from a line per reading to a summary in plain text. Values may come from anywhere."""

import math
import random
from collections import defaultdict
from statistics import fmean, pstdev

try:
    import torch  # HERE
except ImportError:
    torch = None

any_LOW, any_HIGH = 3.9, 10.0


def any_plain(any_value):
    """A number, whatever kind of number it was."""
    if torch is not None and isinstance(any_value, torch.Tensor):
        return any_value.item()
    return float(any_value)


class any_Diary:
    def __init__(self):
        self.any_days = defaultdict(list)

    def any_note(self, any_minute, any_level):
        self.any_days[any_minute // 1440].append((any_minute % 1440, any_plain(any_level)))

    def any_read(self, any_lines):
        for any_line in any_lines:
            any_minute, any_level = any_line.split(";")
            self.any_note(int(any_minute), any_level)
        return self

    def any_day(self, any_number):
        any_levels = [any_level for any_minute, any_level in self.any_days[any_number]]
        any_inside = sum(any_LOW <= any_level <= any_HIGH for any_level in any_levels) / len(any_levels)
        return fmean(any_levels), pstdev(any_levels), any_inside


def any_lines(any_days):
    any_rng = random.Random(17)
    any_level = 6.5
    for any_minute in range(0, any_days * 1440, 5):
        any_meal = math.exp(-((any_minute % 360 - 90) ** 2) / 3000)
        any_level += 0.1 * (6 + 4 * any_meal - any_level) + any_rng.gauss(0, 0.2)
        yield f"{any_minute};{max(any_level, 2.0):.2f}"


def any_summary(any_diary):
    any_rows = [any_diary.any_day(any_number) for any_number in sorted(any_diary.any_days)]
    any_bad = min(range(len(any_rows)), key=lambda any_at: any_rows[any_at][2])
    return [
        f"days {len(any_rows)}, mean {fmean(any_row[0] for any_row in any_rows):.2f}",
        f"inside {fmean(any_row[2] for any_row in any_rows):.1%}, worst day {any_bad}",
        f"spread {fmean(any_row[1] for any_row in any_rows):.2f}",
    ]


if __name__ == "__main__":
    print("\n".join(any_summary(any_Diary().any_read(any_lines(vary(1500))))))
