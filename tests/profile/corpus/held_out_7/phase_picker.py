# code: data-wait
# kind: seeded
# gain: 1.3
# ruff: noqa
"""Train a small 1-D network to tell local from distant earthquakes in simulated three-component records."""

import numpy as np
import torch
from scipy import signal
from torch import nn

torch.manual_seed(11)
torch.set_num_threads(1)

RATE = 50.0
LENGTH = 1536
BATCH = 96
STEPS = vary(80)
SOS = signal.butter(4, [0.8, 12.0], btype="band", fs=RATE, output="sos")
TIME = np.arange(LENGTH) / RATE
FREQ = np.fft.rfftfreq(LENGTH, 1 / RATE)


def pink(rng, n):
    """Noise with a power that falls as 1/f, as at a quiet vault."""
    spectrum = rng.standard_normal((n, 3, FREQ.size)) + 1j * rng.standard_normal((n, 3, FREQ.size))
    spectrum /= np.sqrt(np.maximum(FREQ, 0.2))
    return np.fft.irfft(spectrum, LENGTH, axis=-1)


def any_gather(rng):
    """One batch: Brune-like pulses with a coda, put into noise, band-passed and scaled."""
    near = rng.integers(0, 2, BATCH)
    onset = rng.uniform(6, 12, BATCH)[:, None]
    gap = np.where(near == 1, rng.uniform(1, 4, BATCH), rng.uniform(7, 14, BATCH))[:, None]
    corner = np.where(near == 1, rng.uniform(4, 9, BATCH), rng.uniform(1, 3, BATCH))[:, None]
    after_p = np.clip(TIME - onset, 0, None)
    after_s = np.clip(TIME - onset - gap, 0, None)
    p = after_p * np.exp(-corner * after_p) * np.sin(2 * np.pi * corner * after_p)
    s = after_s * np.exp(-0.6 * corner * after_s) * np.sin(1.4 * np.pi * corner * after_s)
    mix = rng.uniform(0.2, 1.0, (BATCH, 3, 2))
    wave = mix[:, :, :1] * p[:, None, :] + 2 * mix[:, :, 1:] * s[:, None, :]
    wave = wave / wave.std(axis=-1, keepdims=True) + 0.5 * pink(rng, BATCH)
    wave = signal.sosfiltfilt(SOS, wave, axis=-1)  # HERE
    wave /= np.abs(wave).max(axis=-1, keepdims=True)
    return torch.from_numpy(wave.astype(np.float32)), torch.from_numpy(near)  # HERE


def any_stream(seed, steps):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        yield any_gather(rng)  # HERE


class Picker(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(3, width, 11, stride=2, padding=5),
            nn.ReLU(),
            nn.Conv1d(width, width, 9, stride=2, padding=4),
            nn.ReLU(),
            nn.Conv1d(width, 2 * width, 7, stride=2, padding=3),
            nn.ReLU(),
            nn.Conv1d(2 * width, 2 * width, 7, stride=2, padding=3),
            nn.ReLU(),
        )
        self.head = nn.Linear(2 * width, 2)

    def forward(self, x):
        return self.head(self.body(x).mean(dim=-1))


net = Picker()
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 8e-3, total_steps=STEPS)
right = torch.zeros(())
seen = 0
for step, (wave, near) in enumerate(any_stream(5, STEPS)):  # HERE
    logits = net(wave)
    loss = nn.functional.cross_entropy(logits, near)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    schedule.step()
    if step >= STEPS // 2:
        right += (logits.detach().argmax(1) == near).sum()
        seen += len(near)

print(f"{seen} records in the second half, {100 * float(right) / seen:.1f} % told apart")
