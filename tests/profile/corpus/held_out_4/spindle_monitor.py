# code: memory-growth
# kind: seeded
# gain: 2.0
# ruff: noqa
"""Watch the vibration of a milling spindle: spectrum, wear score and alarm against the recent past."""

from dataclasses import dataclass

import numpy as np

RATE_HZ = 25_600


@dataclass
class Verdict:
    second: int
    score: float
    level: float
    alarm: bool


class any_Baseline:
    """The level above which a reading is unusual, from the signal so far."""

    def __init__(self, recent):
        self.recent = recent
        self.any_past = np.empty((0, 8), dtype=np.float32)

    def any_level(self, signal):
        self.any_past = np.concatenate([self.any_past, signal])  # HERE
        window = envelope(self.any_past[-self.recent :])
        centre = np.median(window, axis=0)
        spread = np.median(np.abs(window - centre), axis=0)
        return centre + 6 * spread


class Spindle:
    """Synthetic machine: three harmonics, a bearing tone that grows, noise."""

    def __init__(self, seed, life_s):
        self.rng = np.random.default_rng(seed)
        self.life_s = life_s

    def second(self, at):
        t = np.arange(RATE_HZ, dtype=np.float32) / RATE_HZ
        wear = 0.1 + 0.9 * (at / self.life_s) ** 3
        signal = np.zeros((RATE_HZ, 8), dtype=np.float32)
        base = np.sin(2 * np.pi * 180 * t) + 0.4 * np.sin(2 * np.pi * 360 * t)
        tone = wear * np.sin(2 * np.pi * 3170 * t) * (1 + 0.5 * np.sin(2 * np.pi * 12 * t))
        gains = np.linspace(0.7, 1.3, 8, dtype=np.float32)
        signal += (base + tone)[:, None].astype(np.float32) * gains
        signal += self.rng.standard_normal((RATE_HZ, 8), dtype=np.float32) * 0.3
        return signal


def band_energy(signal):
    """Energy around the bearing tone against all energy, of each channel."""
    spectrum = np.abs(np.fft.rfft(signal, axis=0)) ** 2
    band = spectrum[3000:3400].sum(axis=0)
    return band / spectrum.sum(axis=0)


def envelope(signal, width=8):
    """Mean of the rectified signal in short windows: what the baseline is made of."""
    usable = len(signal) // width * width
    return np.abs(signal[:usable]).reshape(-1, width, signal.shape[1]).mean(axis=1)


def run(spindle, baseline, seconds):
    verdicts = []
    for at in range(seconds):
        signal = spindle.second(at)
        score = float(band_energy(signal).mean())
        level = baseline.any_level(signal)  # HERE
        loud = (envelope(signal) > level).mean()
        verdicts.append(Verdict(at, score, float(level.mean()), bool(loud > 0.002 or score > 0.5)))
    return verdicts


def remaining_life(verdicts):
    """A straight line through the cube root of the wear score says when it reaches the limit."""
    x = np.array([verdict.second for verdict in verdicts])
    y = np.cbrt([verdict.score for verdict in verdicts])
    slope, start = np.polyfit(x[len(x) // 2 :], y[len(x) // 2 :], 1)
    return (np.cbrt(0.6) - start) / slope if slope > 0 else np.inf


def main():
    seconds = vary(170)
    verdicts = run(Spindle(6, life_s=200), any_Baseline(recent=16_000), seconds)
    alarms = [verdict.second for verdict in verdicts if verdict.alarm]
    print(f"{seconds} s watched, {len(alarms)} alarms, first at {alarms[0] if alarms else 'none'}")
    print(f"limit expected at {remaining_life(verdicts):.0f} s, level {verdicts[-1].level:.2f}")


if __name__ == "__main__":
    main()
