# code: none
# kind: healthy
# ruff: noqa
"""Decides random timetabling puzzles, written as clauses, by search with unit propagation, on all cores."""

import multiprocessing as mp
import random
from collections import Counter


def puzzle(variables, ratio, seed):
    """Random clauses of three literals, at a given number of clauses per variable."""
    rng = random.Random(seed)
    clauses = []
    for _ in range(int(ratio * variables)):
        chosen = rng.sample(range(1, variables + 1), 3)
        clauses.append(frozenset(v if rng.random() < 0.5 else -v for v in chosen))
    return clauses


def simplified(clauses, literal):
    """The clauses once the literal holds, or None where one cannot be met any more."""
    left = []
    for clause in clauses:
        if literal in clause:
            continue
        if -literal in clause:
            clause = clause - {-literal}
            if not clause:
                return None
        left.append(clause)
    return left


class Search:
    def __init__(self, clauses):
        self.any_clauses = clauses
        self.nodes = 0

    def propagate(self, clauses):
        while True:
            unit = next((clause for clause in clauses if len(clause) == 1), None)
            if unit is None:
                return clauses
            (literal,) = unit
            clauses = simplified(clauses, literal)
            if clauses is None:
                return None

    def branch_on(self, clauses):
        """The literal that is most frequent in the shortest clauses."""
        weights = Counter()
        for clause in clauses:
            weight = 5 ** (3 - len(clause))
            for literal in clause:
                weights[literal] += weight
        return max(weights, key=lambda literal: (weights[literal] * (weights[-literal] + 1), literal))

    def solve(self, clauses):
        self.nodes += 1
        clauses = self.propagate(clauses)
        if clauses is None:
            return False
        if not clauses:
            return True
        literal = self.branch_on(clauses)
        for choice in (literal, -literal):
            rest = simplified(clauses, choice)
            if rest is not None and self.solve(rest):
                return True
        return False


def decide(task):
    variables, ratio, seed = task
    search = Search(puzzle(variables, ratio, seed))
    return ratio, search.solve(search.any_clauses), search.nodes


def main():
    tasks = [(66, ratio / 10, 100 * ratio + i) for ratio in range(34, 52, 2) for i in range(vary(30))]
    met, nodes = Counter(), Counter()
    with mp.Pool(2) as pool:
        for ratio, yes, count in pool.imap_unordered(decide, tasks, chunksize=2):
            met[ratio] += yes
            nodes[ratio] += count
    hardest = max(nodes, key=nodes.get)
    print(f"{len(tasks)} puzzles, {sum(met.values())} can be met, hardest at {hardest}: {nodes[hardest]} nodes")


if __name__ == "__main__":
    main()
