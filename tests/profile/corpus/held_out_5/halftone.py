# code: data-wait
# kind: seeded
# also: recompute
# gain: 1.8
# ruff: noqa
"""Trains a network that tells printing faults apart in scans of halftone sheets."""

import numpy as np
import torch
from PIL import Image
from torch import nn

FAULTS = ("clean", "streak", "double", "hickey")


def screen(size, angle, pitch, tone):
    """An ideal halftone screen: a rotated cosine lattice cut at the wanted tone."""
    y, x = np.mgrid[:size, :size]
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    lattice = np.cos(2 * np.pi * u / pitch) + np.cos(2 * np.pi * v / pitch)
    return (lattice > 2 - 4 * tone).astype(np.float32)


def scanned_sheet(size, fault, rng):
    tone = screen(size, rng.uniform(0.2, 0.9), rng.uniform(9, 14), rng.uniform(0.3, 0.6))
    if fault == 1:
        start = rng.integers(0, size - 30)
        tone[:, start : start + 14] *= 0.25
    elif fault == 2:
        tone = np.maximum(tone, np.roll(tone, (3, 4), (0, 1)))
    elif fault == 3:
        y, x = np.mgrid[:size, :size]
        cy, cx = rng.integers(60, size - 60, 2)
        away = np.hypot(y - cy, x - cx)
        tone[(away > 18) & (away < 34)] = 0
        tone[away <= 18] = 1
    ink = 235 - 200 * tone + rng.normal(0, 12, tone.shape)
    return Image.fromarray(ink.clip(0, 255).astype(np.uint8))


class Press:
    """The scans of a day, and the level views of them that are shown to the network."""

    def __init__(self, sheets, size, seed):
        self.rng = np.random.default_rng(seed)
        self.labels = self.rng.integers(0, len(FAULTS), sheets)
        self.scans = [scanned_sheet(size, fault, self.rng) for fault in self.labels]
        self.skew = self.rng.normal(0, 2.5, sheets)

    def any_view(self, number, side=40):
        scan = self.scans[number]
        level = scan.rotate(-self.skew[number], Image.Resampling.BICUBIC, fillcolor=235)  # HERE
        edge = 14
        cut = level.resize((side, side), Image.Resampling.LANCZOS, (edge, edge, scan.width - edge, scan.width - edge))
        return torch.from_numpy(np.asarray(cut, dtype=np.float32) / 128 - 1)[None]

    def any_batches(self, numbers, size):
        for start in range(0, len(numbers), size):
            chosen = numbers[start : start + size]
            yield torch.stack([self.any_view(i) for i in chosen]), torch.from_numpy(self.labels[chosen])  # HERE


class Inspector(nn.Module):
    def __init__(self, width):
        super().__init__()
        stages, before = [], 1
        for channels in (width, 2 * width, 4 * width):
            stages += [nn.Conv2d(before, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(2)]
            before = channels
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(4 * width, len(FAULTS))

    def forward(self, x):
        return self.head(self.stages(x).mean((2, 3)))


def train(press, model, numbers, epochs, batch):
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, fused=True)
    for _ in range(epochs):
        order = press.rng.permutation(numbers)
        for views, labels in press.any_batches(order, batch):  # HERE
            if press.rng.random() < 0.5:
                views = views.flip(2)
            optimizer.zero_grad(set_to_none=True)
            nn.functional.cross_entropy(model(views), labels).backward()
            optimizer.step()
    return model.eval()


def main():
    torch.manual_seed(91)
    torch.set_num_threads(1)
    press = Press(sheets=80, size=vary(330), seed=92)
    numbers = np.arange(80)
    model = train(press, Inspector(6), numbers, epochs=11, batch=32)
    with torch.no_grad():
        right = [
            float((model(views).argmax(1) == labels).float().mean()) for views, labels in press.any_batches(numbers, 64)
        ]
    print(f"{len(numbers)} sheets, {np.mean(right):.0%} right")


if __name__ == "__main__":
    main()
