# code: loader-workers
# kind: seeded
# gain: 1.5
# ruff: noqa
"""Fit a network for the density of mixed brines to a synthetic table of salts, temperature and pressure."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler


@dataclass
class Plan:
    rows: int = vary(12000)
    epochs: int = 26
    batch: int = 1024
    any_helpers: int = 2
    rate: float = 2e-3


class BrineTable(Dataset):
    """Molalities of five salts, temperature and pressure; density by a Pitzer-like formula with noise."""

    def __init__(self, rows, seed):
        rng = np.random.default_rng(seed)
        salts = rng.gamma(1.5, 0.6, (rows, 5))
        temperature = rng.uniform(5, 150, rows)
        pressure = rng.uniform(1, 400, rows)
        strength = salts @ np.array([1.0, 3.0, 1.0, 4.0, 3.0]) / 2
        mass = salts @ np.array([41.0, 86.0, 47.0, 118.0, 79.0])
        density = 1002.0 + mass - 2.2 * strength**1.5 - 0.0035 * (temperature - 4) ** 2 + 0.045 * pressure
        density += rng.normal(0, 0.7, rows)
        raw = np.column_stack([salts, temperature, pressure, np.sqrt(strength)])
        self.inputs = torch.from_numpy(((raw - raw.mean(0)) / raw.std(0)).astype(np.float32))
        self.target = torch.from_numpy(((density - 1100) / 100).astype(np.float32))[:, None]

    def __len__(self):
        return len(self.target)

    def __getitem__(self, rows):
        return self.inputs[rows], self.target[rows]


class Fitter:
    def __init__(self, plan):
        self.plan = plan
        self.net = nn.Sequential(
            nn.Linear(8, 96),
            nn.SiLU(),
            nn.Linear(96, 96),
            nn.SiLU(),
            nn.Linear(96, 96),
            nn.SiLU(),
            nn.Linear(96, 1),
        )
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=plan.rate, fused=True)
        self.train_rows = self._loader(BrineTable(plan.rows, 1), RandomSampler)
        self.check_rows = self._loader(BrineTable(plan.rows // 4, 2), SequentialSampler)

    def _loader(self, table, order):
        batches = BatchSampler(order(table), self.plan.batch, drop_last=False)
        return DataLoader(table, sampler=batches, batch_size=None, num_workers=self.plan.any_helpers)  # HERE

    def epoch(self):
        self.net.train()
        for inputs, target in self.train_rows:  # HERE
            loss = nn.functional.huber_loss(self.net(inputs), target)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()

    @torch.inference_mode()
    def error(self):
        self.net.eval()
        total, rows = torch.zeros(()), 0
        for inputs, target in self.check_rows:  # HERE
            total += (self.net(inputs) - target).abs().sum()
            rows += len(target)
        return 100 * float(total) / rows


def main():
    torch.manual_seed(3)
    torch.set_num_threads(1)
    plan = Plan()
    fitter = Fitter(plan)
    errors = []
    for _ in range(plan.epochs):
        fitter.epoch()  # HERE
        errors.append(fitter.error())  # HERE
    print(f"mean error {errors[0]:.2f} -> {min(errors):.2f} kg/m3 after {plan.epochs} passes")


if __name__ == "__main__":
    main()
