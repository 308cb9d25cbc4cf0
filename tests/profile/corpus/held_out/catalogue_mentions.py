# code: regex-compile
# kind: seeded
# gain: 1.9
# ruff: noqa
"""Count how often each supplier is mentioned in the week's support tickets, then archive the tickets."""

import bz2
import random
import re
from collections import Counter
from string import ascii_lowercase

any_rng = random.Random(11)


def any_word(any_low, any_high):
    return "".join(any_rng.choices(ascii_lowercase, k=any_rng.randint(any_low, any_high)))


def any_make_ticket(any_vocabulary, any_suppliers):
    any_words = any_rng.choices(any_vocabulary, k=vary(120)) + any_rng.choices(any_suppliers, k=6)
    any_rng.shuffle(any_words)
    return " ".join(any_words)


class any_MentionCounter:
    def __init__(self, any_suppliers):
        self.any_suppliers = any_suppliers
        self.any_hits = Counter()

    def any_feed(self, any_ticket):
        for any_supplier in self.any_suppliers:
            any_found = re.findall(r"\b" + re.escape(any_supplier) + r"(?:'s)?\b", any_ticket)  # HERE
            if any_found:
                self.any_hits[any_supplier] += len(any_found)


def any_main():
    any_vocabulary = [any_word(3, 9) for _ in range(3000)]
    any_suppliers = [any_word(7, 12) for _ in range(900)]
    any_tickets = [any_make_ticket(any_vocabulary, any_suppliers) for _ in range(vary(30))]
    any_counter = any_MentionCounter(any_suppliers)
    for any_ticket in any_tickets:
        any_counter.any_feed(any_ticket)
    any_archive = "\n".join(" ".join(any_rng.sample(any_vocabulary, 2000)) for _ in range(vary(220)))
    any_packed = bz2.compress(any_archive.encode())
    print(len(any_counter.any_hits), "suppliers mentioned;", len(any_packed), "bytes archived")


any_main()
