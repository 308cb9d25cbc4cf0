# code: gil-contention
# kind: seeded
# gain: 1.6
# ruff: noqa
"""Which companies of two registers are one and the same: names are compared by the letters they share, block by block."""

import random
from collections import defaultdict
from multiprocessing.dummy import Pool

any_FIRST = "north south east alpine royal first blue green star united general modern grand lake river".split()
any_SECOND = "steel paper trading foods energy textile glass shipping timber chemical optics motors bank".split()
any_LAST = ["ltd", "limited", "ag", "inc", "incorporated", "gmbh", "co", "company"]


def any_register(any_seed, any_count):
    any_rng = random.Random(any_seed)
    any_names = []
    for _ in range(any_count):
        any_name = " ".join(any_rng.choice(any_words) for any_words in (any_FIRST, any_SECOND, any_LAST))
        if any_rng.random() < 0.4:
            any_at = any_rng.randrange(1, len(any_name))
            any_name = any_name[:any_at] + any_name[any_at + 1 :]
        any_names.append(any_name)
    return any_names


def any_pieces(any_name):
    any_padded = f"  {any_name} "
    return {any_padded[any_at : any_at + 3] for any_at in range(len(any_padded) - 2)}


def any_likeness(any_one, any_other):
    any_left, any_right = any_pieces(any_one), any_pieces(any_other)  # HERE
    return len(any_left & any_right) / len(any_left | any_right)


class any_Blocks:
    """Names that begin alike, of both registers."""

    def __init__(self, any_left, any_right):
        self.any_sides = defaultdict(lambda: ([], []))
        for any_side, any_names in enumerate((any_left, any_right)):
            for any_name in any_names:
                self.any_sides[any_name[:2]][any_side].append(any_name)

    def any_jobs(self):
        return sorted(self.any_sides.values())


def any_matched(any_block):
    any_left, any_right = any_block
    any_found = []
    for any_one in any_left:
        any_score, any_best = max((any_likeness(any_one, any_other), any_other) for any_other in any_right)  # HERE
        if any_score > 0.7:
            any_found.append((any_one, any_best, round(any_score, 2)))
    return any_found


def any_linked(any_blocks, any_workers):
    any_jobs = [any_block for any_block in any_blocks.any_jobs() if all(any_block)]
    with Pool(any_workers) as any_pool:
        any_parts = any_pool.map(any_matched, any_jobs, chunksize=1)  # HERE
    return [any_pair for any_part in any_parts for any_pair in any_part]


def any_main():
    any_blocks = any_Blocks(any_register(1, vary(2400)), any_register(2, vary(2400)))
    any_pairs = any_linked(any_blocks, 4)
    print(len(any_pairs), "pairs", any_pairs[:2])


if __name__ == "__main__":
    any_main()
