# code: gc-pauses
# kind: seeded
# gain: 3.5
# ruff: noqa
"""Keep a road network in memory and answer batches of 'how far from here' requests against it."""

import contextlib
import gc
import heapq
import random


class any_Network:
    def __init__(self, any_towns):
        any_rng = random.Random(2)
        self.any_roads = {any_town: [] for any_town in range(any_towns)}
        for any_town in range(any_towns):
            for _ in range(3):
                any_other = min(any_towns - 1, max(0, any_town + any_rng.randint(-300, 300)))
                self.any_roads[any_town].append([any_other, {"km": any_rng.random() * 9 + 1}])

    def any_reach(self, any_start, any_limit):
        any_seen, any_open = {}, [(0.0, any_start)]
        while any_open:
            any_far, any_town = heapq.heappop(any_open)
            if any_town in any_seen:
                continue
            any_seen[any_town] = any_far
            for any_other, any_road in self.any_roads[any_town]:
                if any_far + any_road["km"] < any_limit:
                    heapq.heappush(any_open, (any_far + any_road["km"], any_other))
        return len(any_seen)


@contextlib.contextmanager
def any_tidy():
    """Hand memory back after each batch, the machine is small."""
    yield
    gc.collect()  # HERE


def any_serve(any_network, any_batches):
    any_rng = random.Random(9)
    any_answers = []
    for _ in range(any_batches):
        with any_tidy():
            any_starts = [any_rng.randrange(100000) for _ in range(30)]
            any_answers.append([any_network.any_reach(any_start, 22.0) for any_start in any_starts])
    return any_answers


def any_main():
    any_answers = any_serve(any_Network(100000), vary(14))
    print("largest area", max(map(max, any_answers)))


any_main()
