# code: tiny-batches
# kind: seeded
# gain: 1.9
# ruff: noqa
"""Learn what a healthy gearbox sounds like, then score a month of vibration records for alarms."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

WIDTH = 48


@dataclass
class Record:
    hour: float
    bands: np.ndarray


def any_spectra(rng, count, wear):
    """Band energies: mesh frequency with two side bands whose height follows the wear, log-normal noise."""
    base = np.exp(-0.5 * ((np.arange(WIDTH) - 20) / 3.0) ** 2)
    side = np.exp(-0.5 * ((np.arange(WIDTH) - 14) / 1.0) ** 2) + np.exp(-0.5 * ((np.arange(WIDTH) - 26) / 1.0) ** 2)
    load = rng.uniform(0.5, 1.5, (count, 1))
    level = load * base + wear[:, None] * side
    return (level * rng.lognormal(0, 0.1, (count, WIDTH))).astype(np.float32)


class SpectrumCoder(nn.Module):
    """Squeezes a spectrum to six numbers and draws it again."""

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Linear(WIDTH, 64), nn.GELU(), nn.Linear(64, 32), nn.GELU(), nn.Linear(32, 6))
        self.up = nn.Sequential(nn.Linear(6, 32), nn.GELU(), nn.Linear(32, 64), nn.GELU(), nn.Linear(64, WIDTH))

    def forward(self, x):
        return self.up(self.down(x))


def learn(coder, spectra, epochs, size):
    optimizer = torch.optim.Adam(coder.parameters(), lr=3e-3, fused=True)
    data = torch.from_numpy(spectra)
    for _ in range(epochs):
        order = torch.randperm(len(data))
        for start in range(0, len(data), size):
            chosen = data[order[start : start + size]]
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(coder(chosen), chosen)
            loss.backward()
            optimizer.step()
    return float(loss.detach())


def any_logged(rng, count):
    wear = np.linspace(0, 0.6, count) ** 3
    for hour, bands in enumerate(any_spectra(rng, count, wear)):
        yield Record(hour / 40, bands)


class Watch:
    """Keeps the error of each record and tells when it has stayed high."""

    def __init__(self, coder, limit):
        self.coder = coder.eval()
        self.limit = limit
        self.errors = []

    def any_error(self, record):
        bands = torch.from_numpy(record.bands).unsqueeze(0)  # HERE
        drawn = self.coder(bands)  # HERE
        return float((drawn - bands).square().mean())  # HERE

    @torch.inference_mode()
    def follow(self, records):
        for record in records:
            self.errors.append(self.any_error(record))  # HERE
        high = np.convolve(np.array(self.errors) > self.limit, np.ones(30), "valid") >= 24
        return int(high.argmax()) if high.any() else -1


torch.set_num_threads(1)
torch.manual_seed(4)
rng = np.random.default_rng(4)
coder = SpectrumCoder()
final = learn(coder, any_spectra(rng, 40_000, np.zeros(40_000)), epochs=8, size=2048)
watch = Watch(coder, limit=3 * final)
first = watch.follow(any_logged(rng, vary(15000)))
print(f"training error {final:.5f}, first alarm at record {first} of {len(watch.errors)}")
