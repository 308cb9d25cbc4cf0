# code: optimizer-loop
# kind: seeded
# gain: 1.4
# ruff: noqa
"""Fit the rating curves of a network of river gauges together, with shrinkage to a common shape."""

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(2)
KNOTS = 14


def any_basis(stage, knots):
    """Gaussian bumps over log stage, one per knot."""
    where = torch.linspace(0.0, 1.0, knots)
    return torch.exp(-0.5 * ((stage[:, None] - where) * knots / 1.5) ** 2)


def simulate(gauges, visits, seed):
    """Discharge = a * (h - h0)^b with gauge-wise constants and 5 % error, in logs."""
    rng = np.random.default_rng(seed)
    stage = np.sort(rng.uniform(0.05, 1.0, visits))
    a, b, h0 = rng.normal(1, 0.3, gauges), rng.normal(1.7, 0.2, gauges), rng.uniform(-0.2, 0.0, gauges)
    logs = a[None] + b[None] * np.log(stage[:, None] - h0[None])
    logs = logs + rng.normal(0, 0.05, logs.shape)
    return torch.tensor(stage, dtype=torch.float32), torch.tensor(logs, dtype=torch.float32)


class GaugeNetwork(nn.Module):
    """Each gauge owns its coefficients and its offset, so that one can be refitted alone later."""

    def __init__(self, gauges):
        super().__init__()
        self.shape = nn.Parameter(torch.zeros(KNOTS))
        self.weights = nn.ParameterList([nn.Parameter(0.1 * torch.randn(KNOTS)) for _ in range(gauges)])
        self.offsets = nn.ParameterList([nn.Parameter(torch.zeros(1)) for _ in range(gauges)])

    def forward(self, basis):
        table = torch.stack(list(self.weights))
        return basis @ (table + self.shape).T + torch.cat(list(self.offsets)), table


class any_Descent:
    """Moment estimates with bias correction, and a step length that decays with the root of time."""

    def __init__(self, parameters, rate, betas=(0.9, 0.99), floor=1e-8):
        self.parameters = list(parameters)
        self.rate, self.betas, self.floor, self.count = rate, betas, floor, 0
        self.first = [torch.zeros_like(p) for p in self.parameters]
        self.second = [torch.zeros_like(p) for p in self.parameters]

    def clear(self):
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def any_advance(self):
        self.count += 1
        b1, b2 = self.betas
        c1, c2 = 1 - b1**self.count, 1 - b2**self.count
        for p, m, v in zip(self.parameters, self.first, self.second):  # HERE
            m.mul_(b1).add_(p.grad, alpha=1 - b1)  # HERE
            v.mul_(b2).addcmul_(p.grad, p.grad, value=1 - b2)  # HERE
            p.sub_(self.rate * (m / c1) / ((v / c2).sqrt() + self.floor))  # HERE


def fit(network, basis, logs, rounds):
    descent = any_Descent(network.parameters(), rate=0.02)
    for _ in range(rounds):
        descent.clear()
        drawn, table = network(basis)
        loss = (drawn - logs).abs().mean() + 1e-3 * table.square().mean()
        loss.backward()
        descent.any_advance()  # HERE
    return float(loss.detach())


def main():
    stage, logs = simulate(gauges=170, visits=800, seed=8)
    basis = any_basis(stage, KNOTS)
    network = GaugeNetwork(logs.shape[1])
    final = fit(network, basis, logs, rounds=vary(300))
    with torch.no_grad():
        drawn, _ = network(basis)
        worst = int((drawn - logs).square().mean(0).argmax())
    print(f"mean absolute log error {final:.4f}, worst gauge {worst}")


main()
