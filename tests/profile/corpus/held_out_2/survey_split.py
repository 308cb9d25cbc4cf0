# code: import-time
# kind: seeded
# gain: 9.6
# ruff: noqa
"""Splits the answers of a survey into a part to work on and a part to keep, and counts both."""

import hashlib
import random
from collections import Counter

from sklearn.model_selection import train_test_split  # HERE
from torch import Generator  # HERE
from torch.utils.data import random_split  # HERE


class any_Answers:
    """Answers, each under the hash of who gave it."""

    def __init__(self, any_rows):
        self.any_rows = any_rows

    @classmethod
    def any_drawn(cls, any_count):
        any_rng = random.Random(17)
        any_rows = []
        for any_number in range(any_count):
            any_who = hashlib.sha256(f"person {any_number}".encode()).hexdigest()[:16]
            any_rows.append((any_who, any_rng.choice("abcde"), any_rng.randrange(1, 6), any_rng.randrange(18, 90)))
        return cls(any_rows)

    def __len__(self):
        return len(self.any_rows)

    def __getitem__(self, any_at):
        return self.any_rows[any_at]


def any_halves(any_answers):
    """Work and keep; the lengths as shares."""
    return random_split(any_answers, [0.8, 0.2], generator=Generator().manual_seed(2))


def any_fold(any_rows):
    any_first, any_second = train_test_split(any_rows, test_size=0.5, random_state=3)
    return {"first": any_first, "second": any_second}


def any_counted(any_rows):
    any_counts = Counter()
    for _, any_region, any_mark, any_age in any_rows:
        any_counts[any_region, any_age // 20 * 20] += any_mark
    return any_counts


def any_sealed(any_rows, any_rounds):
    """One slow hash over all the keys, for the minutes of the board."""
    any_text = "".join(any_who for any_who, *_ in any_rows).encode()
    return hashlib.pbkdf2_hmac("sha256", any_text, b"survey", any_rounds).hex()[:12]


def any_main():
    any_work, any_keep = any_halves(any_Answers.any_drawn(vary(40000)))
    any_rows = [any_work[any_at] for any_at in range(len(any_work))]
    for any_name, any_part in any_fold(any_rows).items():
        print(any_name, len(any_part), any_counted(any_part).most_common(2))
    print("kept", len(any_keep), any_sealed(any_rows, vary(700000)))


if __name__ == "__main__":
    any_main()
