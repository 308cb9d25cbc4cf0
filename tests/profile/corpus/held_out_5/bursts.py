# code: tiny-batches
# kind: seeded
# gain: 2.0
# ruff: noqa
"""Recognises the modulation of radio bursts on a band and keeps the log of their stations."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
from scipy import signal
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

KINDS = ("ook", "fsk", "bpsk", "qpsk", "noise")


@dataclass
class Burst:
    station: int
    start: float
    samples: np.ndarray


def modulated(kind, length, rng, noise):
    """Baseband samples of a random message in one of the modulations, with a drifting carrier."""
    symbols = rng.integers(0, 4, length // 16 + 1).repeat(16)[:length]
    if kind == "ook":
        wave = (symbols % 2).astype(complex)
    elif kind == "fsk":
        wave = np.exp(1j * np.cumsum(np.where(symbols % 2, 0.25, -0.25)))
    elif kind == "bpsk":
        wave = np.exp(1j * np.pi * (symbols % 2))
    elif kind == "qpsk":
        wave = np.exp(0.5j * np.pi * symbols)
    else:
        wave = np.zeros(length, complex)
    drift = np.exp(1j * (rng.uniform(-0.02, 0.02) * np.arange(length) + rng.uniform(0, 6)))
    return wave * drift + noise * (rng.normal(size=length) + 1j * rng.normal(size=length))


def features(samples):
    """Moments of amplitude, phase step and spectrum."""
    samples = signal.fftconvolve(samples, np.hanning(7) / 3, mode="same")
    amplitude = np.abs(samples)
    step = np.angle(samples[1:] * samples[:-1].conj())
    _, power = signal.welch(samples, nperseg=128, return_onesided=False, detrend=False)
    power = power / power.sum()
    squared = np.abs(np.fft.fft(samples**2))
    return np.array(
        [
            amplitude.mean(),
            amplitude.std(),
            np.abs(step).mean(),
            step.std(),
            power.max(),
            -(power * np.log(power)).sum(),
            squared.max() / squared.mean(),
            np.abs((samples**4).mean()),
            amplitude.min(),
        ]
    )


class Receiver:
    def __init__(self, recogniser):
        self.recogniser = recogniser
        self.heard = defaultdict(Counter)
        self.doubtful = 0

    def any_hear(self, burst):
        row = features(burst.samples).reshape(1, -1)
        chances = self.recogniser.predict_proba(row)[0]  # HERE
        best = int(chances.argmax())
        if chances[best] < 0.5:
            self.doubtful += 1
        self.heard[burst.station][KINDS[best]] += 1

    def listen(self, bursts):
        for burst in bursts:
            self.any_hear(burst)  # HERE

    def report(self):
        return {station: count.most_common(1)[0][0] for station, count in sorted(self.heard.items())}


def recogniser(count, rng):
    kinds = rng.integers(0, len(KINDS), count)
    rows = [features(modulated(KINDS[k], 1024, rng, rng.uniform(0.1, 0.5))) for k in kinds]
    forest = RandomForestClassifier(60, max_depth=12, random_state=0)
    return make_pipeline(StandardScaler(), forest).fit(np.stack(rows), kinds)


def traffic(stations, count, rng):
    """Every station keeps its modulation and sends at exponential intervals."""
    usual = rng.integers(0, len(KINDS) - 1, stations)
    start = 0.0
    for _ in range(count):
        start += rng.exponential(0.4)
        station = int(rng.integers(stations))
        yield Burst(station, start, modulated(KINDS[usual[station]], 1024, rng, rng.uniform(0.15, 0.6)))


def main():
    rng = np.random.default_rng(111)
    receiver = Receiver(recogniser(1000, rng))
    receiver.listen(traffic(40, vary(520), rng))
    report = receiver.report()
    print(f"{len(report)} stations, {Counter(report.values()).most_common(1)[0]}, {receiver.doubtful} doubtful bursts")


if __name__ == "__main__":
    main()
