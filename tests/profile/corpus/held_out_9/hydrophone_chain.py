# code: serialization
# kind: seeded
# gain: 4.3
# ruff: noqa
"""Detect whale clicks in hydrophone blocks with a chain of processing stages joined by messages."""

import json

import numpy as np
from scipy import fft, signal

RATE = 24_000
BLOCK = vary(12000)


class Packet:
    """What is handed from stage to stage: a header and the samples of a block."""

    def __init__(self, number, samples, **header):
        self.number = number
        self.samples = np.asarray(samples, dtype=np.float64)
        self.header = header

    def any_wire(self):
        body = {"number": self.number, "header": self.header, "samples": self.samples.tolist()}  # HERE
        return json.dumps(body)  # HERE

    @classmethod
    def any_unwire(cls, text):
        body = json.loads(text)  # HERE
        return cls(body["number"], body["samples"], **body["header"])  # HERE


def record(blocks, seed):
    """Sea noise is reddish Gaussian noise; clicks are damped 6 kHz pulses at a Poisson rate."""
    rng = np.random.default_rng(seed)
    t = np.arange(120) / RATE
    pulse = np.sin(2 * np.pi * 6000 * t) * np.exp(-t * 900)
    for number in range(blocks):
        white = rng.normal(0, 1, BLOCK)
        noise = signal.lfilter([0.4], [1, -0.8], white)
        for at in rng.integers(0, BLOCK - 120, rng.poisson(3)):
            noise[at : at + 120] += rng.uniform(4, 9) * pulse
        yield Packet(number, noise, gain=1.0).any_wire()


def high_pass(messages):
    sos = signal.butter(6, 3500, "highpass", fs=RATE, output="sos")
    for text in messages:
        packet = Packet.any_unwire(text)  # HERE
        yield Packet(
            packet.number, signal.sosfiltfilt(sos, packet.samples), **packet.header, low=3500
        ).any_wire()  # HERE


def whiten(messages, width=1024):
    for text in messages:
        packet = Packet.any_unwire(text)
        _, power = signal.welch(packet.samples, RATE, nperseg=width)
        spectrum = np.fft.rfft(packet.samples)
        smooth = np.interp(np.linspace(0, 1, len(spectrum)), np.linspace(0, 1, len(power)), np.sqrt(power))
        yield Packet(
            packet.number, np.fft.irfft(spectrum / (smooth + 1e-4), len(packet.samples)), **packet.header
        ).any_wire()


def envelope(messages):
    for text in messages:
        packet = Packet.any_unwire(text)
        analytic = signal.hilbert(packet.samples, fft.next_fast_len(len(packet.samples)))
        level = np.abs(analytic[: len(packet.samples)])
        smooth = signal.medfilt(level, 31)
        yield Packet(packet.number, level - smooth, noise=float(np.median(level))).any_wire()


def pick(messages, factor=6.0):
    for text in messages:
        packet = Packet.any_unwire(text)
        peaks, _ = signal.find_peaks(packet.samples, height=factor * packet.header["noise"], distance=100)
        yield from ((packet.number * BLOCK + int(p)) / RATE for p in peaks)


def main():
    clicks = list(pick(envelope(whiten(high_pass(record(110, seed=17))))))
    gaps = np.diff(clicks)
    print(f"{len(clicks)} clicks, median gap {np.median(gaps):.3f} s")


main()
