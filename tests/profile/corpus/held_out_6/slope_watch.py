# code: memory-growth
# kind: seeded
# gain: 2.76
# ruff: noqa
"""Watches an unstable slope with a line of geophones and raises an alarm where the ground begins to ring."""

import numpy as np
from scipy import signal

RATE = 200.0


def packets(count, channels, length, seed):
    """Noise of the ground, packet by packet; from two thirds on it rings at 23 Hz on a few channels."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        packet = rng.standard_normal((channels, length))
        if number > 2 * count // 3:
            clock = (number * length + np.arange(length)) / RATE
            packet[2:6] += 1.2 * np.sin(2 * np.pi * 23 * clock)
        yield packet


class Filter:
    """A band-pass that carries its state from packet to packet."""

    def __init__(self, channels):
        self.sections = signal.butter(4, (5, 60), btype="band", fs=RATE, output="sos")
        self.state = np.zeros((len(self.sections), channels, 2))

    def __call__(self, packet):
        passed, self.state = signal.sosfilt(self.sections, packet, axis=1, zi=self.state)
        return passed


class Watch:
    """Compares the spectrum of the last seconds with its slow average."""

    def __init__(self, channels, seconds):
        self.width = int(seconds * RATE)
        self.any_past = np.zeros((channels, 0))
        self.average = None
        self.alarms = []

    def take(self, number, packet):
        self.any_past = np.concatenate([self.any_past, packet], axis=1)  # HERE
        if self.any_past.shape[1] < self.width:
            return
        recent = self.any_past[:, -self.width :]
        frequencies, power = signal.welch(recent, RATE, nperseg=256, axis=1)
        if self.average is None:
            self.average = power
            return
        ratio = power / self.average
        if ratio.max() > 12:
            channel, line = np.unravel_index(ratio.argmax(), ratio.shape)
            self.alarms.append((number, int(channel), float(frequencies[line])))
        self.average = 0.98 * self.average + 0.02 * power


def main():
    channels = 24
    clean = Filter(channels)
    watch = Watch(channels, 10.0)
    for number, packet in enumerate(packets(vary(620), channels, 400, seed=44)):
        watch.take(number, clean(packet))
    first = watch.alarms[0] if watch.alarms else None
    print(f"{len(watch.alarms)} alarms, the first {first}")


if __name__ == "__main__":
    main()
