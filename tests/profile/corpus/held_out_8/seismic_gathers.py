# code: none
# kind: healthy
# ruff: noqa
"""Writes seismic shot records to disk, reads them back by offset, filters and stacks them along hyperbolas."""

import tempfile
from pathlib import Path

import numpy as np
from scipy import fft

any_SHOTS = vary(220)
RECEIVERS = 192
SAMPLES = 1024
INTERVAL = 0.004


def wavelet(length: int, peak: float) -> np.ndarray:
    time = (np.arange(length) - length // 2) * INTERVAL
    square = (np.pi * peak * time) ** 2
    return ((1 - 2 * square) * np.exp(-square)).astype(np.float32)


def shoot(number: int, rng: np.random.Generator) -> np.ndarray:
    """One shot over four flat layers: spikes on the hyperbolas, convolved with the wavelet, and noise."""
    offsets = np.abs(np.arange(RECEIVERS) - RECEIVERS / 2) * 25.0
    spikes = np.zeros((RECEIVERS, SAMPLES), dtype=np.float32)
    rows = np.arange(RECEIVERS)
    for depth, speed, strength in ((0.6, 1800, 1.0), (1.1, 2200, 0.7), (1.7, 2600, 0.6), (2.4, 3000, 0.5)):
        times = np.sqrt((depth + 0.002 * number) ** 2 + (offsets / speed) ** 2)
        place = np.minimum((times / INTERVAL).astype(int), SAMPLES - 1)
        spikes[rows, place] += strength
    spectrum = fft.rfft(spikes, axis=1) * fft.rfft(wavelet(SAMPLES, 22.0))
    record = fft.irfft(spectrum, n=SAMPLES, axis=1)
    return record + 0.2 * rng.standard_normal(record.shape, dtype=np.float32)


def acquire(path: Path, shots: int) -> None:
    survey = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(shots, RECEIVERS, SAMPLES))
    rng = np.random.default_rng(11)
    for number in range(shots):
        survey[number] = shoot(number, rng)
    del survey


def bandpass(gather: np.ndarray, low: float, high: float) -> np.ndarray:
    frequency = fft.rfftfreq(SAMPLES, INTERVAL)
    ramp = np.clip((frequency - low) / 4, 0, 1) * np.clip((high - frequency) / 10, 0, 1)
    return fft.irfft(fft.rfft(gather, axis=1) * ramp.astype(np.float32), n=SAMPLES, axis=1)


def moved_out(gather: np.ndarray, offset: float, speed: float) -> np.ndarray:
    zero = np.arange(SAMPLES) * INTERVAL
    place = np.sqrt(zero**2 + (offset / speed) ** 2) / INTERVAL
    whole = np.minimum(place.astype(int), SAMPLES - 2)
    share = (place - whole).astype(np.float32)
    return gather[:, whole] * (1 - share) + gather[:, whole + 1] * share


def stack(path: Path, any_speed: float) -> np.ndarray:
    """Sums the common-offset gathers; the survey stays on disk, one offset is in memory at a time."""
    survey = np.load(path, mmap_mode="r")
    total = np.zeros((survey.shape[0], SAMPLES), dtype=np.float32)
    for any_receiver in range(RECEIVERS):
        gather = bandpass(survey[:, any_receiver], 4.0, 60.0)
        offset = abs(any_receiver - RECEIVERS / 2) * 25.0
        gather /= np.sqrt((gather**2).mean(axis=1, keepdims=True))
        total += moved_out(gather, offset, any_speed)
    return total / RECEIVERS


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        any_path = Path(folder) / "survey.npy"
        acquire(any_path, any_SHOTS)
        section = stack(any_path, 2200.0)
        np.save(Path(folder) / "section.npy", section)
    strongest = np.abs(section).mean(axis=0)
    top = int(strongest[100:850].argmax()) + 100
    print(f"{len(section)} traces stacked, strongest reflection at {top * INTERVAL:.3f} s")


if __name__ == "__main__":
    main()
