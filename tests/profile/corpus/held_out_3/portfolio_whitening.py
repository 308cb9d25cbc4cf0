# code: recompute
# kind: seeded
# gain: 1.94
# ruff: noqa
"""Scores every trading day of a year against a risk model, block by block."""

from dataclasses import dataclass
from typing import Iterator

import numpy as np


@dataclass
class any_RiskModel:
    """Covariance of daily returns, shrunk towards its diagonal."""

    mean: np.ndarray
    covariance: np.ndarray
    shrink: float = 0.1

    @classmethod
    def any_fit(cls, returns: np.ndarray) -> "any_RiskModel":
        return cls(returns.mean(axis=0), np.cov(returns, rowvar=False))

    @property
    def any_regular(self) -> np.ndarray:
        diagonal = np.diag(np.diag(self.covariance))
        return (1 - self.shrink) * self.covariance + self.shrink * diagonal

    @property
    def any_whitener(self) -> np.ndarray:
        values, vectors = np.linalg.eigh(self.any_regular)  # HERE
        return vectors / np.sqrt(np.maximum(values, 1e-12))

    def any_distance(self, block: np.ndarray) -> np.ndarray:
        return np.linalg.norm((block - self.mean) @ self.any_whitener, axis=1)  # HERE


def any_market(days: int, assets: int) -> np.ndarray:
    rng = np.random.default_rng(17)
    factors = rng.standard_normal((days, 12)) * 0.01
    loadings = rng.standard_normal((12, assets)) * 0.6
    return factors @ loadings + rng.standard_normal((days, assets)) * 0.008


def any_blocks(returns: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(returns), size):
        yield returns[start : start + size]


def any_value_at_risk(returns: np.ndarray, weights: np.ndarray, draws: int) -> np.ndarray:
    """Bootstrap of the 1% quantile of each portfolio."""
    rng = np.random.default_rng(2)
    outcome = returns @ weights.T
    worst = np.empty((draws, weights.shape[0]))
    for draw in range(draws):
        picked = outcome[rng.integers(0, len(outcome), len(outcome))]
        worst[draw] = np.partition(picked, len(picked) // 100, axis=0)[len(picked) // 100]
    return worst.mean(axis=0)


def main() -> None:
    returns = any_market(days=vary(2500), assets=220)
    model = any_RiskModel.any_fit(returns[: len(returns) // 2])
    strange = []
    for number, block in enumerate(any_blocks(returns, 10)):
        distance = model.any_distance(block)
        limit = np.sqrt(returns.shape[1]) * 1.06
        strange.extend((number, int(day)) for day in np.flatnonzero(distance > limit))
    weights = np.random.default_rng(3).dirichlet(np.ones(returns.shape[1]), 40)
    risk = any_value_at_risk(returns, weights, draws=vary(900))
    print(f"{len(strange)} strange days, worst portfolio {risk.argmin()} at {risk.min():.4f}")


if __name__ == "__main__":
    main()
