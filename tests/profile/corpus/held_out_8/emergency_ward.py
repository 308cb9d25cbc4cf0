# code: none
# kind: healthy
# ruff: noqa
"""Simulates an emergency ward with triage, rooms, doctors and laboratory, event by event, for some months."""

import heapq
from collections import deque
from dataclasses import dataclass, field

import numpy as np

any_DAYS = vary(480)
DAY = 24 * 60.0


class Draws:
    """Random numbers drawn in large blocks, handed out one at a time."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.blocks: dict[str, list[float]] = {"exponential": [], "uniform": []}

    def _next(self, kind: str) -> float:
        block = self.blocks[kind]
        if not block:
            fresh = self.rng.exponential(size=20000) if kind == "exponential" else self.rng.random(20000)
            block = self.blocks[kind] = fresh.tolist()
        return block.pop()

    def exponential(self, mean: float) -> float:
        return mean * self._next("exponential")

    def uniform(self) -> float:
        return self._next("uniform")


@dataclass(slots=True, eq=False)
class Patient:
    arrived: float
    urgency: int
    tests_left: int
    seen: float = -1.0


@dataclass
class Ward:
    draws: Draws
    doctors: int = 5
    benches: int = 3
    now: float = 0.0
    agenda: list = field(default_factory=list)
    waiting: dict = field(default_factory=lambda: {level: deque() for level in (1, 2, 3)})
    lab_queue: deque = field(default_factory=deque)
    count: int = 0
    delays: dict = field(default_factory=lambda: {1: [0, 0.0], 2: [0, 0.0], 3: [0, 0.0]})
    stays: float = 0.0
    left: int = 0

    def plan(self, delay: float, action, patient=None) -> None:
        self.count += 1
        heapq.heappush(self.agenda, (self.now + delay, self.count, action, patient))

    def arrive(self, _) -> None:
        draw = self.draws.uniform()
        urgency = 1 if draw < 0.1 else 2 if draw < 0.45 else 3
        any_patient = Patient(self.now, urgency, int(self.draws.uniform() * 3))
        self.waiting[urgency].append(any_patient)
        busy = 1.5 if 8 <= self.now % DAY / 60 < 20 else 0.7
        self.plan(self.draws.exponential(6.0 / busy), self.arrive)
        self.call_next()

    def call_next(self) -> None:
        while self.doctors:
            for any_level in (1, 2, 3):
                if self.waiting[any_level]:
                    patient = self.waiting[any_level].popleft()
                    break
            else:
                return
            self.doctors -= 1
            if patient.seen < 0:
                patient.seen = self.now
                record = self.delays[patient.urgency]
                record[0] += 1
                record[1] += self.now - patient.arrived
            self.plan(4 + self.draws.exponential(9.0), self.examined, patient)

    def examined(self, patient: Patient) -> None:
        self.doctors += 1
        if patient.tests_left:
            patient.tests_left -= 1
            self.lab_queue.append(patient)
            self.start_tests()
        else:
            self.stays += self.now - patient.arrived
            self.left += 1
        self.call_next()

    def start_tests(self) -> None:
        while self.benches and self.lab_queue:
            self.benches -= 1
            self.plan(3 + self.draws.exponential(6.0), self.tested, self.lab_queue.popleft())

    def tested(self, patient: Patient) -> None:
        self.benches += 1
        self.waiting[patient.urgency].append(patient)
        self.start_tests()
        self.call_next()

    def run(self, until: float) -> None:
        self.plan(0.0, self.arrive)
        while self.agenda[0][0] < until:
            self.now, _, action, patient = heapq.heappop(self.agenda)
            action(patient)


def main() -> None:
    for doctors in (5, 6, 7):
        ward = Ward(Draws(doctors), doctors=doctors)
        ward.run(any_DAYS * DAY)
        means = [total / max(number, 1) for number, total in ward.delays.values()]
        print(
            f"{doctors} doctors: waits {means[0]:.1f} {means[1]:.1f} {means[2]:.1f}, stay {ward.stays / ward.left:.0f} min"
        )


if __name__ == "__main__":
    main()
