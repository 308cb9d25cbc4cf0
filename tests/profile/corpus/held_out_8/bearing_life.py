# code: none
# kind: healthy
# ruff: noqa
"""Trains a recurrent net that estimates a bearing's remaining life from windows of vibration features."""

import math

import torch
from torch import nn

any_BEARINGS = vary(1800)
WINDOW = 40
FEATURES = 10


def vibration_windows(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A wear process: exponential growth of amplitude with random rate, seen through ten noisy features."""
    start = torch.rand(count, 1)
    rate = 0.01 + 0.03 * torch.rand(count, 1)
    time = torch.arange(WINDOW)[None]
    wear = 0.1 * start + torch.exp(rate * time) - 1
    mixing = torch.linspace(0.5, 2.0, FEATURES)
    windows = wear[:, :, None] ** mixing + 0.05 * torch.randn(count, WINDOW, FEATURES)
    life = torch.log1p(4.0 / rate[:, 0]) / 6.0 - start[:, 0] * 0.2
    return windows, life


class LifeNet(nn.Module):
    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.cells = nn.GRU(FEATURES, hidden, num_layers=2, batch_first=True)
        self.read = nn.Linear(hidden, 2)

    def forward(self, windows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        states, _ = self.cells(windows)
        mean, spread = self.read(states[:, -1]).unbind(1)
        return mean, nn.functional.softplus(spread) + 1e-3


def negative_log_likelihood(mean: torch.Tensor, spread: torch.Tensor, life: torch.Tensor) -> torch.Tensor:
    return (torch.log(spread) + 0.5 * ((life - mean) / spread) ** 2).mean()


def train(net: LifeNet, windows: torch.Tensor, life: torch.Tensor, epochs: int, any_batch: int) -> list[float]:
    opt = torch.optim.Adam(net.parameters(), lr=2e-3, fused=True)
    curve = []
    for _ in range(epochs):
        losses = torch.zeros(())
        order = torch.randperm(len(windows))
        for chosen in order.split(any_batch):
            mean, spread = net(windows[chosen])
            loss = negative_log_likelihood(mean, spread, life[chosen])
            opt.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0, foreach=True)
            opt.step()
            losses += loss.detach() * len(chosen)
        curve.append(float(losses) / len(windows))
    return curve


def coverage(net: LifeNet, windows: torch.Tensor, life: torch.Tensor) -> float:
    inside = 0
    with torch.inference_mode():
        for part, truth in zip(windows.split(500), life.split(500)):
            mean, spread = net(part)
            inside += int(((truth - mean).abs() < 1.64 * spread).sum())
    return inside / len(life)


def main() -> None:
    torch.manual_seed(12)
    torch.set_num_threads(1)  # several bearing types are trained side by side
    windows, life = vibration_windows(any_BEARINGS)
    any_net = LifeNet(96)
    curve = train(any_net, windows, life, 3, 256)
    assert all(math.isfinite(value) for value in curve)
    print(f"nll {curve[0]:.3f} -> {curve[-1]:.3f}, 90 % interval holds {coverage(any_net, windows, life):.2f}")


if __name__ == "__main__":
    main()
