# code: serialization
# kind: seeded
# gain: 1.7
# ruff: noqa
"""Reads the message files of moored weather buoys and finds the storms they saw."""

import math
import random
import tempfile
from pathlib import Path

import numpy as np
import yaml
from scipy import signal

FIELDS = ("pressure", "gust", "wave", "water")


class Buoy:
    """A buoy's record: an hourly table with gaps where messages were lost."""

    def __init__(self, name, place):
        self.name, self.place = name, place
        self.hours, self.rows = [], []

    def take(self, message):
        self.hours.append(int(message["hour"]))
        self.rows.append([message["values"].get(field, math.nan) for field in FIELDS])

    def table(self, length):
        table = np.full((length, len(FIELDS)), np.nan)
        table[np.array(self.hours)] = np.array(self.rows)
        for column in table.T:
            lost = np.isnan(column)
            column[lost] = np.interp(np.flatnonzero(lost), np.flatnonzero(~lost), column[~lost])
        return table


def write_season(folder, buoys, hours, seed):
    """AR(1) weather around a seasonal mean, a few storms, 2% of the messages lost."""
    rng = np.random.default_rng(seed)
    lost = random.Random(seed)
    shocks = rng.normal(size=(hours, len(FIELDS)))
    weather = signal.lfilter([1.0], [1.0, -0.96], shocks, axis=0)
    for middle in rng.integers(30, hours - 30, size=max(2, hours // 200)):
        weather[middle - 12 : middle + 12, 0] -= 14.0 * np.hanning(24)
        weather[middle - 12 : middle + 12, 1:3] += 11.0 * np.hanning(24)[:, None]
    for number in range(buoys):
        seen = weather + rng.normal(0, 0.4, weather.shape)
        with open(folder / f"buoy{number:02d}.yaml", "w") as out:
            out.write(f"---\nbuoy: B{number:02d}\nplace: [{54 + number / 10:.2f}, {3 + number / 7:.2f}]\n")
            for hour, row in enumerate(seen.round(2)):
                if lost.random() < 0.02:
                    continue
                out.write(f"---\nhour: {hour}\nquality: good\nvalues:\n")
                out.writelines(f"  {field}: {value}\n" for field, value in zip(FIELDS, row))


def any_messages(path):
    with open(path) as lines:
        yield from yaml.safe_load_all(lines)  # HERE


def read_season(folder):
    buoys = []
    for path in sorted(folder.glob("*.yaml")):
        stream = any_messages(path)
        head = next(stream)
        buoy = Buoy(head["buoy"], head["place"])
        for message in stream:
            buoy.take(message)
        buoys.append(buoy)
    return buoys


def storms(tables):
    """Hours in which the smoothed pressure of most buoys lies far under its median."""
    pressure = np.stack([table[:, 0] for table in tables])
    smooth = signal.savgol_filter(pressure, 9, 2, axis=1)
    low = smooth < np.median(smooth, axis=1, keepdims=True) - 8.0
    hours = np.flatnonzero(low.mean(axis=0) > 0.5)
    return np.split(hours, np.flatnonzero(np.diff(hours) > 6) + 1) if len(hours) else []


def surrogate_limit(tables, rounds, seed):
    """How deep the pressure falls in phase-shuffled copies of the record (95th percentile)."""
    rng = np.random.default_rng(seed)
    pressure = np.stack([table[:, 0] - table[:, 0].mean() for table in tables])
    spectrum = np.fft.rfft(pressure, axis=1)
    depths = np.empty((rounds, 50))
    for i in range(rounds):
        phase = np.exp(2j * np.pi * rng.random((50, 1, spectrum.shape[1])))
        depths[i] = np.fft.irfft(spectrum * phase, n=pressure.shape[1], axis=2).min(axis=(1, 2))
    return np.quantile(depths, 0.05)


def main():
    hours = vary(1100)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_season(folder, 4, hours, seed=5)
        buoys = read_season(folder)
    tables = [buoy.table(hours) for buoy in buoys]
    found = storms(tables)
    limit = surrogate_limit(tables, 120, seed=6)
    print(f"{len(buoys)} buoys, {len(found)} storms, chance depth {limit:.1f}")


if __name__ == "__main__":
    main()
