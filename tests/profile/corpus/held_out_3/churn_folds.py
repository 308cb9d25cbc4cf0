# code: loader-workers
# kind: seeded
# also: data-wait
# gain: 1.75
# ruff: noqa
"""Cross-validates a small churn model and picks the width of its hidden layer."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import DataLoader, Subset, TensorDataset

torch.set_num_threads(1)


@dataclass(frozen=True)
class any_Settings:
    hidden: int
    epochs: int
    rate: float = 0.02
    batch: int = 256
    workers: int = 2


def any_customers(count: int) -> TensorDataset:
    rng = np.random.default_rng(14)
    features = rng.standard_normal((count, 24)).astype(np.float32)
    logit = features[:, 0] * 1.5 - features[:, 1] * features[:, 2] + rng.standard_normal(count) * 0.5
    return TensorDataset(torch.from_numpy(features), torch.from_numpy((logit > 0).astype(np.float32)))


def any_folds(count: int, parts: int) -> list[tuple[list[int], list[int]]]:
    order = np.random.default_rng(15).permutation(count)
    pieces = np.array_split(order, parts)
    return [(np.concatenate(pieces[:k] + pieces[k + 1 :]).tolist(), pieces[k].tolist()) for k in range(parts)]


def any_batches(data: Subset, settings: any_Settings, shuffle: bool) -> DataLoader:
    return DataLoader(data, settings.batch, shuffle=shuffle, num_workers=settings.workers)  # HERE


@torch.inference_mode()
def any_accuracy(model: torch.nn.Module, data: Subset, settings: any_Settings) -> float:
    right = total = 0
    for features, left in any_batches(data, settings, shuffle=False):  # HERE
        right += int(((model(features).squeeze(1) > 0) == left.bool()).sum())
        total += len(left)
    return right / total


def any_train(data: Subset, check: Subset, settings: any_Settings) -> tuple[torch.nn.Module, float]:
    model = torch.nn.Sequential(
        torch.nn.Linear(24, settings.hidden),
        torch.nn.GELU(),
        torch.nn.Linear(settings.hidden, settings.hidden),
        torch.nn.GELU(),
        torch.nn.Linear(settings.hidden, 1),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.rate, fused=True)
    best = 0.0
    for _ in range(settings.epochs):
        for features, left in any_batches(data, settings, shuffle=True):  # HERE
            loss = torch.nn.functional.binary_cross_entropy_with_logits(model(features).squeeze(1), left)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        best = max(best, any_accuracy(model, check, settings))
    return model, best


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=vary(2400))
    parser.add_argument("--folds", type=int, default=3)
    options = parser.parse_args()
    torch.manual_seed(3)
    customers = any_customers(options.customers)
    for hidden in (32, 96):
        settings = any_Settings(hidden=hidden, epochs=4)
        scores = []
        for train, check in any_folds(len(customers), options.folds):
            _, score = any_train(Subset(customers, train), Subset(customers, check), settings)
            scores.append(score)
        print(f"hidden {hidden:3d}: accuracy {np.mean(scores):.3f} +- {np.std(scores):.3f}")


if __name__ == "__main__":
    main()
