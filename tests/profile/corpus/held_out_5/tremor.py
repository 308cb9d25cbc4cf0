# code: python-loop
# kind: seeded
# gain: 2.1
# ruff: noqa
"""Picks the first arrivals of small earthquakes in the traces of a borehole array."""

import numpy as np
from scipy import signal

RATE = 100.0


def synthetic_array(stations, seconds, quakes, seed):
    """Coloured noise and damped wave trains that move over the array at 3 km/s."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE)
    noise = signal.lfilter([1.0], [1.0, -0.7], rng.normal(size=(stations, n)), axis=1)
    depth = np.sort(rng.uniform(0.2, 3.0, stations))
    t = np.arange(int(6 * RATE)) / RATE
    wavelet = np.exp(-t / 1.1) * np.sin(2 * np.pi * 8.0 * t)
    origins = np.linspace(n * 0.1, n * 0.85, quakes).astype(int)
    for origin in origins:
        for row, z in enumerate(depth):
            start = origin + int(z / 3.0 * RATE)
            noise[row, start : start + len(wavelet)] += 18.0 * wavelet
    return noise, depth, origins


class Trigger:
    """Short-term over long-term average of the energy of a trace."""

    def __init__(self, short, long, on, off):
        self.short, self.long = int(short * RATE), int(long * RATE)
        self.on, self.off = on, off

    def any_average(self, energy, end, width):
        return sum(energy[end - width : end]) / width  # HERE

    def ratio(self, trace, step=4):
        energy = trace * trace
        ends = range(self.long, len(trace), step)
        ratio = np.ones(len(ends))
        for i, end in enumerate(ends):  # HERE
            quiet = self.any_average(energy, end, self.long)  # HERE
            ratio[i] = self.any_average(energy, end, self.short) / quiet  # HERE
        return np.repeat(ratio, step)

    def picks(self, trace):
        ratio = self.ratio(trace)
        high = ratio > self.on
        starts = np.flatnonzero(high[1:] & ~high[:-1]) + 1
        found, last = [], -self.long
        for start in starts:
            if start - last > self.long // 2:
                found.append(int(start) + self.long)
                last = start
        return found


def band(traces, low, high):
    sos = signal.butter(4, [low, high], btype="band", fs=RATE, output="sos")
    return signal.sosfiltfilt(sos, traces, axis=1)


def coherence_map(traces, rounds, seed):
    """Mean coherence of random pairs of stations, with bootstrap pieces."""
    rng = np.random.default_rng(seed)
    total = np.zeros(129)
    for _ in range(rounds):
        a, b = rng.choice(len(traces), 2, replace=False)
        start = rng.integers(0, traces.shape[1] // 4)
        end = start + traces.shape[1] // 2
        total += signal.coherence(traces[a, start:end], traces[b, start:end], fs=RATE, nperseg=256)[1]
    return total / rounds


def velocity(picks, depth):
    """Slope of depth over arrival, by the median over pairs (Theil-Sen)."""
    rows = [(z, found[0] / RATE) for z, found in zip(depth, picks) if found]
    z, t = np.array(rows).T
    i, j = np.triu_indices(len(z), 1)
    moved = np.abs(t[j] - t[i]) > 0.02
    return np.median((z[j] - z[i])[moved] / (t[j] - t[i])[moved]) if moved.any() else np.nan


def main():
    raw, depth, origins = synthetic_array(6, vary(400), 4, seed=21)
    traces = band(raw, 2.0, 20.0)
    trigger = Trigger(short=0.5, long=8.0, on=5.0, off=1.5)
    picks = [trigger.picks(trace) for trace in traces]
    mean = coherence_map(traces, 90, seed=22)
    print(
        f"{sum(map(len, picks))} picks for {len(origins)} quakes, speed {velocity(picks, depth):.1f} km/s, "
        f"coherence at 8 Hz {mean[20]:.2f}"
    )


if __name__ == "__main__":
    main()
