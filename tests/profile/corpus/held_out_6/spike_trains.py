# code: python-loop
# kind: seeded
# gain: 4.91
# ruff: noqa
"""Simulates a population of neurons with a common rhythm and measures which pairs fire together."""

import itertools

import numpy as np


class Recording:
    """Inhomogeneous Poisson spikes of each cell, thinned by a rhythm whose phase differs from cell to cell."""

    def __init__(self, cells, seconds, seed):
        rng = np.random.default_rng(seed)
        self.seconds = seconds
        self.trains = []
        for phase in rng.uniform(0, np.pi, cells):
            at = np.sort(rng.uniform(0, seconds, rng.poisson(24 * seconds)))
            keep = rng.random(at.size) < 0.5 * (1 + np.cos(2 * np.pi * 8 * at + phase))
            self.trains.append(at[keep])

    def rates(self):
        return np.array([len(train) / self.seconds for train in self.trains])


def smoothed_rates(recording, step, width):
    """The rate of each cell over time, blurred by a Gaussian."""
    edges = np.arange(0, recording.seconds + step, step)
    kernel = np.exp(-0.5 * (np.arange(-4 * width, 4 * width + step, step) / width) ** 2)
    kernel /= kernel.sum()
    counts = [np.histogram(train, edges)[0] for train in recording.trains]
    return np.array([np.convolve(c, kernel, mode="same") for c in counts]) / step


class Correlogram:
    """Counts the lags between the spikes of two cells."""

    def __init__(self, reach, bins):
        self.reach = reach
        self.bins = bins

    def count(self, first, second):
        any_tally = np.zeros(self.bins)
        scale = self.bins / (2 * self.reach)
        low = 0
        for spike in first:  # HERE
            while low < len(second) and second[low] < spike - self.reach:
                low += 1
            other = low
            while other < len(second) and second[other] < spike + self.reach:  # HERE
                any_tally[int((second[other] - spike + self.reach) * scale)] += 1  # HERE
                other += 1
        return any_tally

    def strength(self, first, second, seconds):
        lags = self.count(first, second)
        expected = len(first) * len(second) / seconds * (2 * self.reach / self.bins)
        middle = lags[self.bins // 2 - 2 : self.bins // 2 + 2].mean()
        return (middle - expected) / np.sqrt(expected)


def main():
    recording = Recording(18, vary(280), seed=21)
    correlogram = Correlogram(0.25, 100)
    pairs = list(itertools.combinations(range(len(recording.trains)), 2))
    strengths = {
        (a, b): correlogram.strength(recording.trains[a], recording.trains[b], recording.seconds) for a, b in pairs
    }
    rates = smoothed_rates(recording, 0.001, 0.05)
    together = np.corrcoef(rates)
    best = max(strengths, key=strengths.get)
    print(f"{recording.rates().mean():.1f} Hz, cells {best} at {strengths[best]:.1f}, {together[best]:.2f}")


if __name__ == "__main__":
    main()
