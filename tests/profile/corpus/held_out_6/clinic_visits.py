# code: tiny-batches
# kind: seeded
# gain: 2.38
# ruff: noqa
"""Fits a network that predicts the blood pressure at each visit of a clinic's patients."""

import numpy as np
import torch
from torch import nn

FEATURES = 24


class Cohort:
    """Patients with two to seven visits each; pressure = a smooth function of the measurements + noise."""

    def __init__(self, patients, seed):
        rng = np.random.default_rng(seed)
        self.visits = rng.integers(2, 8, patients)
        total = int(self.visits.sum())
        frailty = np.repeat(rng.normal(0, 0.6, patients), self.visits)
        x = rng.standard_normal((total, FEATURES)).astype(np.float32)
        x[:, 0] += frailty
        y = 120 + 9 * np.tanh(x[:, 0] + x[:, 1] * x[:, 2]) + 4 * np.sin(x[:, 3]) + rng.normal(0, 2, total)
        self.x = torch.from_numpy(x)
        self.y = torch.from_numpy(((y - 120) / 10).astype(np.float32))
        self.ends = np.cumsum(self.visits)

    def any_chart(self, patient):
        stop = int(self.ends[patient])
        return slice(stop - int(self.visits[patient]), stop)

    def __len__(self):
        return len(self.visits)


class Pressure(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(FEATURES, width)
        self.second = nn.Linear(width, width)
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        x = torch.tanh(self.first(x))
        x = torch.tanh(self.second(x))
        return self.out(x).squeeze(-1)


def learn(model, cohort, epochs, seed):
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    losses = []
    for _ in range(epochs):
        summed = 0.0
        for patient in rng.permutation(len(cohort)):
            rows = cohort.any_chart(patient)  # HERE
            optimizer.zero_grad()
            loss = nn.functional.huber_loss(model(cohort.x[rows]), cohort.y[rows])  # HERE
            loss.backward()  # HERE
            optimizer.step()
            summed += loss.item()
        losses.append(summed / len(cohort))
    return losses


def bootstrap(model, cohort, rounds, seed):
    """The spread of the mean absolute error when the visits are drawn anew."""
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        off = (model(cohort.x) - cohort.y).abs().numpy()
    drawn = [off[rng.integers(0, len(off), len(off))].mean() for _ in range(rounds)]
    return float(np.std(drawn))


def main():
    torch.manual_seed(2)
    cohort = Cohort(vary(2400), seed=5)
    model = Pressure(48)
    losses = learn(model, cohort, 4, seed=6)
    print(f"loss {losses[0]:.4f} -> {losses[-1]:.4f}, spread {bootstrap(model, cohort, 1500, seed=7):.5f}")


if __name__ == "__main__":
    main()
