# code: disk-wait
# kind: seeded
# gain: 1.6
# ruff: noqa
"""Follow the strain gauges of a footbridge: simulate its swaying, log it to a file, then find the modes in the log."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


import tempfile
from pathlib import Path

import numpy as np
from scipy import linalg, signal

GAUGES = 48
RATE = 100.0
BLOCK = 16


def bridge(modes, rng):
    """Mode shapes at the gauges and a discrete state space of damped oscillators."""
    place = np.linspace(0.02, 0.98, GAUGES)
    shapes = np.sin(np.pi * np.outer(np.arange(1, modes + 1), place))
    frequency = 1.6 * np.arange(1, modes + 1) ** 1.7
    damping = rng.uniform(0.006, 0.02, modes)
    blocks = []
    for f, d in zip(frequency, damping):
        w = 2 * np.pi * f
        blocks.append(linalg.expm(np.array([[0, 1], [-w * w, -2 * d * w]]) / RATE))
    return shapes, blocks, frequency


def sway(rng, shapes, blocks, frequency, seconds):
    """The gauges in blocks of samples; each mode is an AR(2) of white forcing."""
    n = int(seconds * RATE)
    n -= n % BLOCK
    motion = np.empty((len(blocks), n))
    for i, block in enumerate(blocks):
        pole = [1.0, -np.trace(block), np.linalg.det(block)]
        motion[i] = signal.lfilter([1.0], pole, rng.standard_normal(n)) / frequency[i] ** 1.5
    for start in range(0, n, BLOCK):
        yield (shapes.T @ motion[:, start : start + BLOCK]).T + 0.05 * rng.standard_normal((BLOCK, GAUGES))


class any_Tape:
    """A log of samples by gauges in one mapped file."""

    def __init__(self, file, samples):
        self.cells = np.memmap(file, dtype=np.float32, mode="w+", shape=(samples, GAUGES))
        self.at = 0

    def put(self, block):
        self.cells[self.at : self.at + len(block)] = block
        self.at += len(block)
        self.cells.flush()  # HERE

    def read(self):
        return np.asarray(self.cells[: self.at], dtype=np.float64)


def peaks(record):
    """Frequency domain decomposition: the first singular value of the spectral matrix."""
    size, hop = 1024, 512
    window = np.hanning(size)
    starts = np.arange(0, len(record) - size, hop)
    spectra = np.stack([np.fft.rfft(window[:, None] * record[s : s + size], axis=0) for s in starts])
    cross = np.einsum("sfi,sfj->fij", spectra[:, :200], spectra[:, :200].conj(), optimize=True) / len(starts)
    first = np.linalg.eigvalsh(cross)[:, -1]
    top, _ = signal.find_peaks(np.log(first), prominence=1.5)
    return top * RATE / size


def main():
    rng = np.random.default_rng(5)
    shapes, blocks, frequency = bridge(6, rng)
    seconds = vary(420)
    with tempfile.TemporaryDirectory() as folder:
        tape = any_Tape(Path(folder) / "strain.f32", int(seconds * RATE))
        for block in sway(rng, shapes, blocks, frequency, seconds):
            tape.put(block)  # HERE
        found = peaks(tape.read())
        size = tape.cells.nbytes
        del tape
    print(f"{size / 1e6:.1f} MB logged; modes at " + ", ".join(f"{f:.2f}" for f in found[:6]) + " Hz")


if __name__ == "__main__":
    main()
