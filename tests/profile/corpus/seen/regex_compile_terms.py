# code: regex-compile
# kind: seeded
import random
import re

random.seed(5)
any_letters = "abcdefghij"
any_terms = ["".join(random.choices(any_letters, k=6)) for _ in range(vary(10000))]
any_notes = [" ".join(random.choices(any_terms, k=12)) for _ in range(3)]


def any_tally():
    any_hits = 0
    for any_note in any_notes:
        for any_term in any_terms:
            any_hits += len(re.findall(rf"(?:^|\s){any_term}(?:s|es)?\b", any_note))  # HERE
    return any_hits


print(any_tally())
