# code: none
# kind: healthy
# ruff: noqa
"""Learn to measure the blood flow in tissue from simulated laser speckle patterns."""

import numpy as np
import torch
from scipy import fft
from torch import nn
from torch.utils.data import DataLoader, Dataset

SIDE = 56
FRAMES = 4


class any_Speckle(Dataset):
    """Each item is simulated anew: a random pupil field whose phases drift with the flow between the frames."""

    def __init__(self, count, seed):
        self.count = count
        self.seed = seed
        fy, fx = np.meshgrid(fft.fftfreq(SIDE), fft.fftfreq(SIDE), indexing="ij")
        self.pupil = (np.hypot(fy, fx) < 0.18).astype(np.float32)

    def __len__(self):
        return self.count // 32

    def __getitem__(self, index):
        rng = np.random.default_rng([self.seed, index])
        flow = rng.uniform(0.05, 1.0, 32).astype(np.float32)
        phase = rng.uniform(0, 2 * np.pi, (32, 1, SIDE, SIDE)).astype(np.float32)
        steps = rng.standard_normal((32, FRAMES, SIDE, SIDE), dtype=np.float32) * flow[:, None, None, None]
        field = np.exp(1j * (phase + steps.cumsum(1))) * self.pupil
        intensity = np.abs(fft.ifft2(field)) ** 2
        intensity /= intensity.mean((2, 3), keepdims=True)
        return torch.from_numpy(intensity.astype(np.float32)), torch.from_numpy(flow)


class FlowNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(FRAMES, 32, 5, padding=2),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Conv2d(64, 64, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
        )
        self.head = nn.Linear(64, 1)

    def forward(self, x):
        return self.head(self.body(x).flatten(1)).squeeze(1)


def any_train(net, loader, epochs):
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3, fused=True)
    last = []
    for _ in range(epochs):
        losses = []
        for frames, flow in loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(net(frames), flow)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        last.append(float(np.mean(losses)))
    return last


def main():
    torch.manual_seed(5)
    torch.set_num_threads(1)
    loader = DataLoader(
        any_Speckle(vary(900), seed=21), batch_size=None, shuffle=True, num_workers=1, prefetch_factor=4
    )
    last = any_train(FlowNet(), loader, epochs=1)
    print("mean squared errors " + ", ".join(f"{v:.4f}" for v in last))


if __name__ == "__main__":
    main()
