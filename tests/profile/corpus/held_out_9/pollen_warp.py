# code: data-wait
# kind: seeded
# gain: 1.4
# ruff: noqa
"""Train a small network to tell pollen genera apart from elastically warped microscope images."""

import numpy as np
import torch
from scipy import ndimage
from torch import nn

SIDE = 64
GENERA = 4

torch.set_num_threads(1)
torch.manual_seed(11)


def any_grain(rng, genus):
    """A grain is a disc with genus-dependent spines and pores, and shot noise over it."""
    yy, xx = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    angle = np.arctan2(yy, xx) + rng.uniform(0, 2 * np.pi)
    radius = 0.55 + 0.08 * np.cos((3 + 2 * genus) * angle)
    body = 1.0 / (1.0 + np.exp((np.hypot(yy, xx) - radius) * 25))
    pores = 0.3 * np.cos((2 + genus) * angle) * body
    return (body + pores + rng.normal(0, 0.1, body.shape)).astype(np.float32)


def any_deform(image, rng, grid):
    """Slide preparation squeezes the grain: a smooth random displacement, other at each showing."""
    shift = ndimage.gaussian_filter(rng.normal(0, 14, (2, SIDE, SIDE)), (0, 6, 6))
    where = grid + shift
    return ndimage.map_coordinates(image, where, order=3, mode="nearest")


class Slides:
    """The stack of images, shown in another order and another squeeze in each epoch."""

    def __init__(self, count, seed):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, GENERA, count)
        self.images = [any_grain(rng, int(g)) for g in self.labels]
        self.grid = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)

    def shown(self, epoch, size):
        rng = np.random.default_rng([5, epoch])
        order = rng.permutation(len(self.images))
        for start in range(0, len(order) - size + 1, size):
            chosen = order[start : start + size]
            stack = np.stack([any_deform(self.images[i], rng, self.grid) for i in chosen])  # HERE
            yield torch.from_numpy(stack)[:, None].float(), torch.from_numpy(self.labels[chosen])  # HERE


class GrainNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(24, 48, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),
        )
        self.head = nn.Linear(48 * 16, GENERA)

    def forward(self, x):
        return self.head(self.features(x).flatten(1))


def fit(net, slides, epochs, size):
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, fused=True)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        right = seen = 0
        for images, labels in slides.shown(epoch, size):  # HERE
            optimizer.zero_grad()
            scores = net(images)
            criterion(scores, labels).backward()
            optimizer.step()
            right += int((scores.argmax(1) == labels).sum())
            seen += len(labels)
        print(f"epoch {epoch}: {right / seen:.3f} right of {seen}")


if __name__ == "__main__":
    fit(GrainNet(), Slides(vary(600), seed=3), epochs=5, size=48)
