# code: none
# kind: healthy
# ruff: noqa
"""Trains a small convolutional net to read the fibre angle from noisy micrographs that are distorted anew each time."""

import numpy as np
import torch
from scipy import ndimage
from torch import nn
from torch.utils.data import DataLoader, Dataset

any_IMAGES = vary(1000)
SIDE = 48
EPOCHS = 2


class Micrographs(Dataset):
    """Raw scans in memory; each access turns, shifts and blurs one by a random amount."""

    def __init__(self, count: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.angles = rng.uniform(0, np.pi, count)
        rows, cols = np.mgrid[:64, :64]
        phase = rng.uniform(0, 6, count)
        self.scans = np.empty((count, 64, 64), dtype=np.float32)
        for number, angle in enumerate(self.angles):
            wave = np.cos(0.7 * (rows * np.sin(angle) + cols * np.cos(angle)) + phase[number])
            self.scans[number] = wave + 0.6 * rng.standard_normal((64, 64))

    def __len__(self) -> int:
        return len(self.angles)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        turn, blur, warp = torch.rand(3).tolist()
        turn = (turn - 0.5) * 0.6
        scan = ndimage.rotate(self.scans[number], np.degrees(turn), reshape=False, order=1, mode="reflect")
        scan = ndimage.gaussian_filter(scan, 0.3 + 0.7 * blur)
        scan = ndimage.zoom(scan, 1.0 + 0.1 * warp, order=1)[8 : 8 + SIDE, 8 : 8 + SIDE]
        double = 2 * (self.angles[number] + turn)
        target = torch.tensor([np.cos(double), np.sin(double)], dtype=torch.float32)
        return torch.from_numpy(np.ascontiguousarray(scan))[None], target


def build_net() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 12, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(12, 24, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(24, 32, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(3),
        nn.Flatten(),
        nn.Linear(288, 2),
    )


def fit(net: nn.Module, loader: DataLoader, epochs: int) -> list[float]:
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, fused=True)
    curve = []
    for _ in range(epochs):
        any_sum = torch.zeros(())
        for any_scan, any_target in loader:
            loss = nn.functional.mse_loss(net(any_scan), any_target)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
            any_sum += loss.detach()
        curve.append(float(any_sum) / len(loader))
    return curve


def main() -> None:
    torch.manual_seed(3)
    torch.set_num_threads(1)  # one core trains, the other distorts
    data = Micrographs(any_IMAGES, 8)
    loader = DataLoader(data, batch_size=64, shuffle=True, num_workers=1, persistent_workers=True, prefetch_factor=4)
    curve = fit(build_net(), loader, EPOCHS)
    print("mean squared error per epoch:", " ".join(f"{value:.3f}" for value in curve))


if __name__ == "__main__":
    main()
