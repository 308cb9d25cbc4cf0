# code: memory-growth
# kind: seeded
# gain: 1.6
# ruff: noqa
"""Map soil carbon from sensor data with a network whose uncertainty comes from repeated dropout."""

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(9)
SENSORS = 12


def any_soil(count, seed):
    """Carbon depends on clay, moisture and slope in a smooth way; sensors are noisy mixtures of them."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(0, 1, (count, 3))
    carbon = 2 + np.tanh(hidden[:, 0]) + 0.4 * hidden[:, 1] - 0.2 * hidden[:, 2] ** 2
    mix = np.random.default_rng(0).normal(0, 1, (3, SENSORS))
    seen = hidden @ mix + rng.normal(0, 0.3, (count, SENSORS))
    return torch.tensor(seen, dtype=torch.float32), torch.tensor(carbon, dtype=torch.float32)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Linear(width, width)
        self.drop = nn.Dropout(0.15)

    def forward(self, x):
        return x + self.drop(torch.relu(self.mix(self.norm(x))))


class SoilNet(nn.Module):
    def __init__(self, width=32, depth=5):
        super().__init__()
        self.enter = nn.Linear(SENSORS, width)
        self.blocks = nn.Sequential(*[Block(width) for _ in range(depth)])
        self.leave = nn.Linear(width, 1)

    def forward(self, x):
        return self.leave(self.blocks(torch.relu(self.enter(x)))).squeeze(1)


def learn(net, seen, carbon, epochs, size):
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, fused=True)
    for _ in range(epochs):
        order = torch.randperm(len(seen))
        for chosen in order.split(size):
            optimizer.zero_grad()
            nn.functional.mse_loss(net(seen[chosen]), carbon[chosen]).backward()
            optimizer.step()


class any_Sampler:
    """Draws maps from the network with its dropout left on."""

    def __init__(self, net, cells):
        self.net = net.train()
        self.cells = cells
        self.maps = []

    def any_draw(self, times):
        for _ in range(times):
            self.maps.append(self.net(self.cells))  # HERE
        return self

    def summary(self):
        stack = torch.stack(self.maps)  # HERE
        return stack.mean(0).detach().numpy(), stack.std(0).detach().numpy()


def main():
    seen, carbon = any_soil(20_000, seed=1)
    net = SoilNet()
    learn(net, seen, carbon, epochs=4, size=1000)
    cells, truth = any_soil(vary(16000), seed=2)
    sampler = any_Sampler(net, cells)
    mean, spread = sampler.any_draw(60).summary()  # HERE
    truth = truth.numpy()
    print(
        f"error {np.sqrt(np.mean((mean - truth) ** 2)):.3f}, within two spreads {np.mean(np.abs(mean - truth) < 2 * spread):.3f}"
    )


main()
