# code: none
# kind: healthy
# ruff: noqa
"""Fish counts of reef transects: bootstrap intervals, a permutation test, a periodogram."""

import numpy as np


def counts(rng, transects, years):
    trend = np.exp(-0.02 * np.arange(years))
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(years) / 7)
    site = rng.gamma(3, 12, (transects, 1))
    return rng.poisson(site * trend * season)


def bootstrap_median(rng, values, draws):
    """Interval of the median across transects, year by year."""
    medians = np.empty((draws, values.shape[1]))
    for start in range(0, draws, 50):
        chosen = rng.integers(0, len(values), (50, len(values)))
        medians[start : start + 50] = np.median(values[chosen], axis=1)
    return np.quantile(medians, [0.05, 0.95], axis=0)


def permutation_test(rng, first, second, rounds):
    """Share of random splits whose difference of means is at least the one seen."""
    pooled = np.concatenate([first, second])
    seen = abs(first.mean() - second.mean())
    block = np.tile(pooled, (100, 1))
    beyond = 0
    for _ in range(rounds // 100):
        rng.permuted(block, axis=1, out=block)
        left = block[:, : len(first)].mean(axis=1)
        right = block[:, len(first) :].mean(axis=1)
        beyond += int((np.abs(left - right) >= seen).sum())
    return beyond / rounds


def strongest_period(values, longest):
    detrended = np.log1p(values) - np.log1p(values).mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(detrended, n=512, axis=1)) ** 2
    frequency = np.fft.rfftfreq(512)
    usable = frequency > 1 / longest
    return 1 / frequency[usable][power.mean(axis=0)[usable].argmax()]


def rank_correlation(values):
    """Spearman correlation of each transect's counts with the year."""
    ranks = values.argsort(axis=1).argsort(axis=1).astype(float)
    years = np.arange(values.shape[1], dtype=float)
    ranks -= ranks.mean(axis=1, keepdims=True)
    years -= years.mean()
    return (ranks @ years) / np.sqrt((ranks**2).sum(axis=1) * (years**2).sum())


def main():
    rng = np.random.default_rng(99)
    values = counts(rng, transects=vary(640), years=30)
    low, high = bootstrap_median(rng, values, draws=1500)
    north, south = values[::2].ravel(), values[1::2].ravel()
    chance = permutation_test(rng, north, south, rounds=6000)
    falling = (rank_correlation(values) < -0.3).mean()
    print(f"median in the last year between {low[-1]:.0f} and {high[-1]:.0f}, north against south p = {chance:.3f}")
    print(f"{falling:.0%} of transects fall, strongest period {strongest_period(values, longest=15):.1f} years")


if __name__ == "__main__":
    main()
