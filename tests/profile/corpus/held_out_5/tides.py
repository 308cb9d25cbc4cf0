# code: none
# kind: healthy
# ruff: noqa
"""Predicts tides at gauges by harmonic analysis and packs the yearly tables for the almanac."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hashlib
import lzma
import re
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from scipy import linalg, signal

SPEEDS = {
    "M2": 28.9841042,
    "S2": 30.0,
    "N2": 28.4397295,
    "K2": 30.0821373,
    "K1": 15.0410686,
    "O1": 13.9430356,
    "P1": 14.9589314,
    "Q1": 13.3986609,
    "M4": 57.9682084,
    "MS4": 58.9841042,
    "M6": 86.9523127,
    "Mf": 1.0980331,
}
ROW = re.compile(r"(\d{4}) ([HL]) (-?\d+\.\d\d)")


@lru_cache(maxsize=4)
def design(hours, step):
    """Cosines and sines of all constituents; the same for all gauges of a length."""
    t = np.arange(0, hours, step)[:, None]
    angle = np.radians(np.array(list(SPEEDS.values())))[None, :] * t
    matrix = np.hstack([np.ones_like(t), np.cos(angle), np.sin(angle)])
    matrix.setflags(write=False)
    return matrix


def observed(hours, rng):
    """A gauge: random constituents, surge as red noise, and spikes of the instrument."""
    matrix = design(hours, 0.25)
    size = np.concatenate([[0.1], np.geomspace(1.6, 0.03, len(SPEEDS)), np.geomspace(1.2, 0.02, len(SPEEDS))])
    level = matrix @ (size * rng.normal(1.0, 0.3, len(size)))
    surge = signal.lfilter([0.02], [1.0, -0.995], rng.normal(size=len(level)))
    level += surge
    level[rng.integers(0, len(level), 60)] += rng.normal(0, 2.0, 60)
    return level


def fit(hours, level, rounds=4):
    """Least squares with weights that take the spikes out."""
    matrix = design(hours, 0.25)
    weight = np.ones(len(level))
    for _ in range(rounds):
        weighted = matrix * weight[:, None]
        solution = linalg.solve(weighted.T @ matrix, weighted.T @ level, assume_a="pos")
        miss = np.abs(level - matrix @ solution)
        weight = 1.0 / np.maximum(1.0, miss / (3.0 * np.median(miss)))
    return solution


def almanac(hours, solution):
    """High and low waters of the coming period as lines of text."""
    level = design(hours, 0.1) @ solution
    high, _ = signal.find_peaks(level, distance=40)
    low, _ = signal.find_peaks(-level, distance=40)
    turns = sorted([(i, "H") for i in high] + [(i, "L") for i in low])
    return "\n".join(f"{int(i / 10) % 24:02d}{i % 10 * 6:02d} {kind} {level[i]:.2f}" for i, kind in turns)


def any_packed(text):
    return hashlib.sha256(text.encode()).hexdigest(), lzma.compress(text.encode(), preset=6)


def highest(data):
    text = lzma.decompress(data).decode()
    return max(float(value) for _, kind, value in ROW.findall(text) if kind == "H")


def main():
    rng = np.random.default_rng(191)
    hours = 24 * 200
    tables = []
    for _ in range(vary(80)):
        level = observed(hours, rng)
        tables.append(almanac(hours, fit(hours, level)))
    with ThreadPoolExecutor(2) as pool:
        packed = list(pool.map(any_packed, tables))
        tops = list(pool.map(highest, (data for _, data in packed)))
    size = sum(len(data) for _, data in packed)
    print(
        f"{len(tables)} gauges, {len({digest for digest, _ in packed})} tables, {size // 1024} kB, highest water {max(tops):.2f} m"
    )


if __name__ == "__main__":
    main()
