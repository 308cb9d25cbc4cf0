# code: disk-wait
# kind: seeded
# gain: 2.84
# ruff: noqa
"""Annealing of a machine schedule that can be taken up again after a crash."""

import math
import os
import random
import shutil
import tempfile
from pathlib import Path


class any_Checkpoint:
    """Replaces the file whole, so that a reader never sees half of it."""

    def __init__(self, path):
        self.path = path
        self.spare = path.with_suffix(".new")

    def save(self, step, order, cost):
        with open(self.spare, "w") as out:
            out.write(f"{step} {cost:.3f}\n")
            out.write(" ".join(map(str, order)))
            out.flush()
            os.fsync(out.fileno())  # HERE
        os.replace(self.spare, self.path)

    def load(self):
        head, body = self.path.read_text().split("\n")
        return int(head.split()[0]), [int(job) for job in body.split()]


def any_jobs(count, seed):
    rng = random.Random(seed)
    return [(rng.randint(1, 30), rng.randint(20, 900), rng.randint(1, 9)) for _ in range(count)]


def any_cost(order, jobs):
    """Weighted lateness of the jobs in this order."""
    clock = cost = 0
    for job in order:
        duration, due, weight = jobs[job]
        clock += duration
        if clock > due:
            cost += weight * (clock - due)
    return cost


def any_neighbour(order, rng):
    first, second = sorted(rng.sample(range(len(order)), 2))
    changed = order[:]
    changed[first : second + 1] = reversed(changed[first : second + 1])
    return changed


def any_anneal(jobs, steps, checkpoint):
    rng = random.Random(4)
    order = sorted(range(len(jobs)), key=lambda job: jobs[job][1])
    cost = any_cost(order, jobs)
    best, best_order = cost, order
    for step in range(steps):
        heat = 2000 * (1 - step / steps) + 1e-9
        candidate = any_neighbour(order, rng)
        price = any_cost(candidate, jobs)
        if price < cost or rng.random() < math.exp((cost - price) / heat):
            order, cost = candidate, price
        if cost < best:
            best, best_order = cost, order
        if step % 30 == 0:
            checkpoint.save(step, best_order, best)  # HERE
    checkpoint.save(steps, best_order, best)
    return best_order, best


def main():
    folder = Path(tempfile.mkdtemp())
    try:
        checkpoint = any_Checkpoint(folder / "schedule.state")
        jobs = any_jobs(vary(70), seed=12)
        _, cost = any_anneal(jobs, vary(60000), checkpoint)
        step, order = checkpoint.load()
        print(f"step {step}: lateness {cost}, first jobs {order[:6]}, check {any_cost(order, jobs)}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
