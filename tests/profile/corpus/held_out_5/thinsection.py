# code: none
# kind: healthy
# ruff: noqa
"""Segments the grains of rock thin sections with a small network trained on made-up sections."""

import numpy as np
import torch
from scipy import ndimage
from torch import nn


def section(size, grains, rng):
    """A Voronoi pattern of grains with their own colour and twinning, seen through noise; the mask marks borders."""
    seeds = rng.integers(0, size, (grains, 2))
    away = np.ones((size, size), dtype=bool)
    away[seeds[:, 0], seeds[:, 1]] = False
    (ny, nx) = ndimage.distance_transform_edt(away, return_distances=False, return_indices=True)
    owner = ny * size + nx
    colour = rng.random((size * size, 3)).astype(np.float32)
    image = colour[owner]
    y, x = np.mgrid[:size, :size]
    twins = np.sin(0.9 * (x * np.cos(colour[owner, 0] * 3) + y * np.sin(colour[owner, 0] * 3)))
    image += 0.08 * twins[..., None]
    image += rng.normal(0, 0.05, image.shape)
    border = ndimage.maximum_filter(owner, 3) != ndimage.minimum_filter(owner, 3)
    return image.transpose(2, 0, 1).astype(np.float32), border


def sections(count, size, seed):
    rng = np.random.default_rng(seed)
    images = np.empty((count, 3, size, size), dtype=np.float32)
    borders = np.empty((count, size, size), dtype=bool)
    for i in range(count):
        images[i], borders[i] = section(size, 30, rng)
    return torch.from_numpy(images), torch.from_numpy(borders)


class Segmenter(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.down = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU()
        )
        self.deep = nn.Sequential(
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * width, width, 3, padding=1),
            nn.ReLU(),
            nn.Upsample(scale_factor=2, mode="nearest"),
        )
        self.out = nn.Conv2d(2 * width, 1, 1)

    def forward(self, x):
        fine = self.down(x)
        return self.out(torch.cat([fine, self.deep(fine)], dim=1)).squeeze(1)


def train(model, images, borders, epochs, batch):
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, fused=True)
    weight = torch.tensor(float((~borders).sum() / borders.sum()))
    losses = []
    for _ in range(epochs):
        for chosen in torch.randperm(len(images)).split(batch):
            optimizer.zero_grad(set_to_none=True)
            target = borders[chosen].float()
            loss = nn.functional.binary_cross_entropy_with_logits(model(images[chosen]), target, pos_weight=weight)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
    return torch.stack(losses)


@torch.no_grad()
def grain_sizes(model, images, batch=32):
    """Pixels of the grains left when the found borders are taken out."""
    sizes = []
    for part in images.split(batch):
        inside = (model(part) < 0).numpy()
        for mask in inside:
            labels, count = ndimage.label(mask)
            sizes.append(np.bincount(labels.ravel(), minlength=count + 1)[1:])
    sizes = np.concatenate(sizes)
    return sizes[sizes > 20]


def main():
    torch.manual_seed(181)
    torch.set_num_threads(1)
    images, borders = sections(96, 64, seed=182)
    model = Segmenter(14)
    any_losses = train(model, images, borders, epochs=vary(6), batch=32)
    fresh, _ = sections(64, 64, seed=183)
    sizes = grain_sizes(model.eval(), fresh)
    print(
        f"loss {any_losses[0]:.3f} -> {any_losses[-3:].mean():.3f}, {len(sizes)} grains, median {np.median(sizes):.0f} px"
    )


if __name__ == "__main__":
    main()
