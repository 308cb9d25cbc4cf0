# code: data-wait
# kind: seeded
# also: recompute
# gain: 1.67
# ruff: noqa
"""Trains a small network that tells five genera of plants apart on scanned herbarium sheets."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

SIDE = 48
GENERA = ("Carex", "Festuca", "Salix", "Betula", "Rubus")


def draw_sheets(folder, count, seed):
    """Writes scans: leaves are ellipses whose slimness and hue follow the genus, on speckled paper."""
    rng = np.random.default_rng(seed)
    genus = rng.integers(0, len(GENERA), count)
    y, x = np.mgrid[0:320, 0:320] / 320.0
    for i, g in enumerate(genus):
        paper = 0.85 + 0.05 * rng.standard_normal((320, 320))
        sheet = np.repeat(paper[..., None], 3, axis=2)
        for _ in range(4):
            cx, cy, turn = rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8), rng.uniform(0, np.pi)
            u = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
            v = (y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)
            leaf = (u / 0.16) ** 2 + (v / (0.025 + 0.02 * g)) ** 2 < 1
            sheet[leaf] = (0.2 + 0.06 * g, 0.45 - 0.03 * g, 0.2)
        Image.fromarray((255 * sheet.clip(0, 1)).astype(np.uint8)).save(folder / f"sheet_{i:04d}.jpg", quality=92)
    return torch.from_numpy(genus)


class Herbarium:
    """The scans of one collection."""

    def __init__(self, folder, genus):
        self.scans = sorted(folder.glob("*.jpg"))
        self.genus = genus

    def any_sheet(self, i):
        with Image.open(self.scans[i]) as scan:
            small = scan.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)  # HERE
        pixels = np.asarray(small, dtype=np.float32) / 255.0
        pixels -= np.median(pixels, axis=(0, 1))
        return pixels.transpose(2, 0, 1)

    def minibatches(self, size, rng):
        order = rng.permutation(len(self.scans))
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            stack = torch.from_numpy(np.stack([self.any_sheet(i) for i in chosen]))  # HERE
            if rng.random() < 0.5:
                stack = stack.flip(-1)
            yield stack, self.genus[chosen]


def network():
    return nn.Sequential(
        nn.Conv2d(3, 8, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(16 * 16, len(GENERA)),
    )


def train(collection, epochs):
    rng = np.random.default_rng(4)
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(epochs):
        right, total = 0, 0.0
        for pixels, genus in collection.minibatches(32, rng):
            scores = model(pixels)
            loss = nn.functional.cross_entropy(scores, genus)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(genus)
            right += (scores.argmax(1) == genus).sum().item()
    return total / len(collection.scans), right / len(collection.scans)


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        genus = draw_sheets(folder, vary(100), seed=9)
        loss, hits = train(Herbarium(folder, genus), epochs=13)
    print(f"loss {loss:.3f}, {hits:.0%} of the sheets right")


if __name__ == "__main__":
    main()
