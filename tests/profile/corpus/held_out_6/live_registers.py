# code: none
# kind: healthy
# ruff: noqa
"""Finds which variables are live in the blocks of generated procedures and colours their interference graphs."""

import random
from collections import defaultdict, deque


class Block:
    """Straight code: what it reads before it writes, and what it writes."""

    __slots__ = ("number", "reads", "writes", "after", "before", "live_in", "live_out")

    def __init__(self, number):
        self.number = number
        self.reads, self.writes = set(), set()
        self.after, self.before = [], []
        self.live_in, self.live_out = set(), set()


class Procedure:
    def __init__(self, blocks, variables, rng):
        """A chain of blocks with forward jumps and loops; each block touches a few variables near its own number."""
        names = [f"v{i}" for i in range(variables)]
        self.blocks = [Block(i) for i in range(blocks)]
        known = set()
        for block in self.blocks:
            centre = block.number * variables // blocks
            for _ in range(rng.randint(3, 9)):
                name = names[int(rng.gauss(centre, 12)) % variables]
                if name not in known or rng.random() < 0.35:
                    known.add(name)
                    block.writes.add(name)
                elif name not in block.writes:
                    block.reads.add(name)
            follow = {block.number + 1}
            if rng.random() < 0.3:
                follow.add(block.number + rng.randint(2, 12))
            if rng.random() < 0.12:
                follow.add(block.number - rng.randint(1, 15))
            for target in follow:
                if 0 <= target < blocks:
                    block.after.append(target)
                    self.blocks[target].before.append(block.number)

    def any_liveness(self):
        """The least solution of the flow equations, from the last block backwards."""
        waiting = deque(range(len(self.blocks) - 1, -1, -1))
        queued = set(waiting)
        steps = 0
        while waiting:
            number = waiting.popleft()
            queued.discard(number)
            block = self.blocks[number]
            steps += 1
            out = set().union(*(self.blocks[other].live_in for other in block.after))
            into = block.reads | (out - block.writes)
            block.live_out = out
            if into != block.live_in:
                block.live_in = into
                for other in block.before:
                    if other not in queued:
                        queued.add(other)
                        waiting.append(other)
        return steps

    def interference(self):
        clash = defaultdict(set)
        for block in self.blocks:
            for name in block.writes:
                others = block.live_out | block.writes
                clash[name] |= others
                for other in others:
                    clash[other].add(name)
        for name, others in clash.items():
            others.discard(name)
        return clash


def colours(clash):
    """Greedy colours, the variable whose neighbours already have the most colours first."""
    taken = {name: set() for name in clash}
    colour = {}
    left = set(clash)
    while left:
        name = max(left, key=lambda n: (len(taken[n]), len(clash[n]), n))
        left.discard(name)
        shade = 0
        while shade in taken[name]:
            shade += 1
        colour[name] = shade
        for other in clash[name]:
            taken[other].add(shade)
    return max(colour.values()) + 1


def main():
    rng = random.Random(64)
    steps, worst = 0, 0
    for _ in range(vary(85)):
        procedure = Procedure(rng.randint(300, 700), 240, rng)
        steps += procedure.any_liveness()
        worst = max(worst, colours(procedure.interference()))
    print(f"{steps} steps, {worst} registers at most")


if __name__ == "__main__":
    main()
