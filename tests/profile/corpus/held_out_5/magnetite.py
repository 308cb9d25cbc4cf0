# code: disk-wait
# kind: decoy
# ruff: noqa
"""Cools a lattice of magnetic grains in a weak field and follows the remanence that it keeps."""

import os
import tempfile
from pathlib import Path

import numpy as np
from scipy import ndimage


class Lattice:
    """Ising-like grains with random easy strength, swept in two colours."""

    def __init__(self, size, seed):
        self.rng = np.random.default_rng(seed)
        self.spins = self.rng.choice(np.array([-1.0, 1.0], dtype=np.float32), (size, size))
        self.strength = self.rng.gamma(6.0, 1 / 6.0, (size, size)).astype(np.float32)
        y, x = np.indices((size, size))
        self.colours = [((x + y) % 2 == c) for c in (0, 1)]

    def sweep(self, temperature, field):
        for colour in self.colours:
            s = self.spins
            around = np.roll(s, 1, 0) + np.roll(s, -1, 0) + np.roll(s, 1, 1) + np.roll(s, -1, 1)
            gain = 2.0 * s * (self.strength * around + field)
            flip = self.rng.random(s.shape, dtype=np.float32) < np.exp(-np.maximum(gain, 0.0) / temperature)
            self.spins = np.where(flip & colour, -s, s)

    def domains(self):
        labels, count = ndimage.label(self.spins > 0)
        return count, np.bincount(labels.ravel())[1:].max(initial=0)


class Journal:
    """States that survive a crash: written beside, pushed to the disk, then renamed."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.kept = 0

    def any_keep(self, lattice, step):
        beside = self.folder / "state.tmp"
        with open(beside, "wb") as out:
            np.save(out, np.packbits(lattice.spins > 0))
            out.flush()
            os.fsync(out.fileno())  # HERE
        os.replace(beside, self.folder / f"state{step:04d}.npy")
        self.kept += 1


def correlation_length(spins):
    """From the second moment of the spectrum."""
    power = np.abs(np.fft.rfft2(spins - spins.mean())) ** 2
    k2 = np.add.outer(np.fft.fftfreq(spins.shape[0]) ** 2, np.fft.rfftfreq(spins.shape[1]) ** 2)
    return float(1.0 / (2 * np.pi * np.sqrt((power * k2).sum() / power.sum())))


def main():
    steps = vary(520)
    lattice = Lattice(430, seed=231)
    remanence, lengths = np.empty(steps), []
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(folder)
        for step in range(steps):
            temperature = 3.6 - 2.8 * step / steps
            lattice.sweep(temperature, field=0.02)
            remanence[step] = lattice.spins.mean()
            if step % 25 == 0:
                lengths.append(correlation_length(lattice.spins))
                journal.any_keep(lattice, step)
    count, largest = lattice.domains()
    print(
        f"remanence {remanence[-1]:.2f}, {journal.kept} states, length {lengths[0]:.1f} -> {lengths[-1]:.1f}, {count} domains up to {largest}"
    )


if __name__ == "__main__":
    main()
