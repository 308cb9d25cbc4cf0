# code: thread-oversubscription
# kind: seeded
# gain: 1.5
# ruff: noqa
"""Cross-validates a network that predicts a late blood value from a patient's panel."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

ANALYTES = 24


@dataclass(frozen=True)
class Plan:
    width: int
    rate: float
    decay: float


def panel(patients, seed):
    """Correlated analytes by a factor model; the outcome bends in two factors."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(patients, 4))
    loadings = rng.normal(size=(4, ANALYTES))
    values = factors @ loadings + rng.normal(0, 0.5, (patients, ANALYTES))
    outcome = np.sin(factors[:, 0]) + 0.4 * factors[:, 1] * factors[:, 2] + rng.normal(0, 0.2, patients)
    return values.astype(np.float32), outcome.astype(np.float32)


class Predictor(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(ANALYTES, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1)
        )

    def forward(self, x):
        return self.layers(x).squeeze(1)


def fit(plan, x, y, epochs, batch):
    model = Predictor(plan.width)
    optimizer = torch.optim.AdamW(model.parameters(), lr=plan.rate, weight_decay=plan.decay, fused=True)
    for _ in range(epochs):
        for chosen in torch.randperm(len(x)).split(batch):
            optimizer.zero_grad(set_to_none=True)
            nn.functional.mse_loss(model(x[chosen]), y[chosen]).backward()
            optimizer.step()
    return model


def any_prepare():
    torch.set_num_threads(8)  # HERE
    torch.set_flush_denormal(True)


def any_fold(job):
    """Error on the fold that is held back, relative to the spread of the outcome."""
    plan, fold, folds, patients = job
    torch.manual_seed(fold)
    values, outcome = panel(patients, seed=141)
    held = np.arange(len(outcome)) % folds == fold
    mean, spread = values[~held].mean(0), values[~held].std(0)
    x = torch.from_numpy((values - mean) / spread)
    y = torch.from_numpy(outcome)
    keep = torch.from_numpy(~held)
    model = fit(plan, x[keep], y[keep], epochs=5, batch=512)  # HERE
    with torch.no_grad():
        miss = nn.functional.mse_loss(model(x[~keep]), y[~keep])
    return plan, float(miss / y.var())


def any_validate(plans, folds, patients):
    jobs = [(plan, fold, folds, patients) for plan in plans for fold in range(folds)]
    errors = {plan: [] for plan in plans}
    with ProcessPoolExecutor(max_workers=os.cpu_count(), initializer=any_prepare) as pool:  # HERE
        for plan, error in pool.map(any_fold, jobs):  # HERE
            errors[plan].append(error)
    return {plan: float(np.mean(values)) for plan, values in errors.items()}


def main():
    plans = [Plan(width, rate, 0.01) for width in (96, 192) for rate in (1e-3, 4e-3)]
    errors = any_validate(plans, folds=2, patients=vary(6500))
    best = min(errors, key=errors.get)
    print(f"best of {len(plans)}: width {best.width}, rate {best.rate}, error {errors[best]:.3f}")


if __name__ == "__main__":
    main()
