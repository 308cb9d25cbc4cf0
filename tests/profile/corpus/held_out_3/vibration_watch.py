# code: memory-growth
# kind: seeded
# gain: 4.93
# ruff: noqa
"""Watches the vibration sensors of a turbine and warns when the last minutes drift away."""

import numpy as np

CHANNELS = 24
BLOCK = 128


class any_Window:
    """What the sensors said lately."""

    def __init__(self, width):
        self.width = width
        self.samples = np.empty((0, CHANNELS))

    def push(self, block):
        self.samples = np.concatenate([self.samples, block])  # HERE

    def latest(self):
        return self.samples[-self.width :]

    def ready(self):
        return len(self.samples) >= self.width


class any_Detector:
    def __init__(self, reference):
        self.mean = reference.mean(axis=0)
        self.scale = reference.std(axis=0)
        spectrum = np.abs(np.fft.rfft(reference[:2048], axis=0))
        self.profile = spectrum / spectrum.sum(axis=0)

    def drift(self, window):
        return np.abs((window.mean(axis=0) - self.mean) / self.scale).max()

    def colour(self, window):
        """How far the spectrum has moved from the reference, 0 to 2."""
        tapered = window[-2048:] * np.hanning(len(window[-2048:]))[:, None]
        spectrum = np.abs(np.fft.rfft(tapered, n=2048, axis=0))
        return np.abs(spectrum / spectrum.sum(axis=0) - self.profile).sum(axis=0).max()


def any_stream(blocks, seed):
    rng = np.random.default_rng(seed)
    phase = np.arange(BLOCK)[:, None] * np.linspace(0.02, 0.3, CHANNELS)
    for number in range(blocks):
        slow = 0.4 * np.sin(number / 200)
        yield np.sin(phase + number) + slow + rng.standard_normal((BLOCK, CHANNELS)) * 0.3


def main():
    stream = any_stream(vary(1000), seed=21)
    reference = np.concatenate([next(stream) for _ in range(32)])
    detector = any_Detector(reference)
    window = any_Window(width=2048)
    warnings = []
    worst = 0.0
    for number, block in enumerate(stream):
        window.push(block)  # HERE
        if not window.ready():
            continue
        recent = window.latest()
        drift, colour = detector.drift(recent), detector.colour(recent)
        worst = max(worst, colour)
        if drift > 0.5 or colour > 1.0:
            warnings.append((number, round(float(drift), 3)))
    print(f"{len(warnings)} warnings, first {warnings[:3]}, worst colour {worst:.3f}")


if __name__ == "__main__":
    main()
