# code: gc-pauses
# kind: decoy
# ruff: noqa
"""Looks for planets: folds light curves at many periods and keeps the deepest box."""

import gc
from typing import NamedTuple

import numpy as np


class any_Candidate(NamedTuple):
    star: int
    period: float
    depth: float
    strength: float


def any_curve(star: int, samples: int) -> tuple[np.ndarray, np.ndarray, float]:
    rng = np.random.default_rng(1000 + star)
    clock = np.sort(rng.uniform(0, 60, samples))
    flux = 1 + rng.normal(0, 0.002, samples) + 0.003 * np.sin(clock / 5)
    period = rng.uniform(1.5, 9)
    flux[(clock / period) % 1 < 0.03] -= 0.006
    return clock, flux, period


def any_flatten(flux: np.ndarray, width: int) -> np.ndarray:
    """Takes the slow changes of the star out with a moving mean."""
    total = np.concatenate([[0.0], np.cumsum(np.pad(flux, width // 2, mode="reflect"))])
    size = len(total) - len(flux)
    return flux - (total[size:] - total[:-size]) / size


def any_scan(clock: np.ndarray, flux: np.ndarray, periods: np.ndarray, bins: int) -> tuple[float, float, float]:
    noise = flux.std()
    before = np.arange(bins) - 1
    best = (0.0, 0.0, 0.0)
    for period in periods:
        phase = clock * (bins / period)
        slot = phase.astype(np.intp) % bins
        count = np.bincount(slot, minlength=bins)
        level = np.bincount(slot, weights=flux, minlength=bins)
        pair_count = count + count[before]
        pair_level = level + level[before]
        score = -pair_level / np.sqrt(np.maximum(pair_count, 1)) / noise
        top = int(score.argmax())
        if score[top] > best[2]:
            best = float(period), float(-pair_level[top] / max(pair_count[top], 1)), float(score[top])
    return best


def any_survey(stars: int, samples: int, periods: np.ndarray) -> tuple[list[any_Candidate], int]:
    found = []
    close = 0
    for star in range(stars):
        clock, flux, truth = any_curve(star, samples)
        period, depth, strength = any_scan(clock, any_flatten(flux, 401), periods, bins=80)
        if strength > 9:
            found.append(any_Candidate(star, period, depth, strength))
            ratio = period / truth
            close += abs(ratio - round(ratio)) < 0.02 or abs(1 / ratio - round(1 / ratio)) < 0.02
        if star % 2:
            gc.collect()  # HERE
    return found, close


def main() -> None:
    periods = 1 / np.linspace(1 / 9.5, 1 / 1.2, vary(2600))
    found, close = any_survey(vary(12), samples=8000, periods=periods)
    print(f"{len(found)} candidates, {close} at the true period or a multiple")
    for candidate in sorted(found, key=lambda entry: -entry.strength)[:3]:
        print(f"  star {candidate.star:2d} period {candidate.period:.3f} d depth {candidate.depth:.4f}")


if __name__ == "__main__":
    main()
