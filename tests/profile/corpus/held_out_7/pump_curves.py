# code: optimizer-loop
# kind: seeded
# gain: 1.6
# ruff: noqa
"""Calibrate the head and power curves of a water utility's pumps together, each pump with coefficients of its own."""

import math

import numpy as np
import torch
from torch import nn


def readings(pumps, each, seed):
    """Flow, speed and age of each pump at some times; head and power by affinity laws, with wear and noise."""
    rng = np.random.default_rng(seed)
    flow, speed, age = rng.uniform(0.05, 1.2, (3, pumps, each))
    lift, fall, wear = rng.uniform([[1.5], [0.4], [0.02]], [[2.5], [1.1], [0.3]], (3, pumps))[:, :, None]
    head = lift * speed**2 - fall * flow**2 - wear * age * flow
    power = 0.2 * speed**3 + 0.6 * flow * speed**2 * (1 + 0.2 * wear * age)
    target = np.stack([head, power], axis=-1) + rng.normal(0, 0.02, (pumps, each, 2))
    to = lambda a: torch.tensor(a, dtype=torch.float32)
    return to(np.stack([flow, speed, age], axis=-1)), to(target)


class Fleet(nn.Module):
    """A shared basis of curves, and for every pump a row of weights under its own name."""

    def __init__(self, names, basis=24):
        super().__init__()
        self.basis = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, basis), nn.Tanh())
        self.head = nn.ParameterDict({name: nn.Parameter(0.1 * torch.randn(basis)) for name in names})
        self.power = nn.ParameterDict({name: nn.Parameter(0.1 * torch.randn(basis)) for name in names})

    def forward(self, x):
        curves = self.basis(x)
        head = torch.stack(list(self.head.values()))
        power = torch.stack(list(self.power.values()))
        return torch.einsum("ptb,kpb->ptk", curves, torch.stack([head, power]))


class any_Mover(torch.optim.Optimizer):
    """Adam with the largest second moment so far, a decay apart from the gradient and a clipped, warm start."""

    def __init__(self, weights, rate, betas=(0.9, 0.99), decay=1e-3, warm=40):
        super().__init__(weights, dict(rate=rate, betas=betas, decay=decay, warm=warm))
        self.count = 0

    @torch.no_grad()
    def step(self, closure=None):
        self.count += 1
        for group in self.param_groups:
            low, high = group["betas"]
            rate = group["rate"] * min(1.0, self.count / group["warm"])
            lean = 1 - low**self.count
            spread = math.sqrt(1 - high**self.count)
            size = math.sqrt(sum(float(w.grad.norm()) ** 2 for w in group["params"]))  # HERE
            cut = min(1.0, 1.0 / (size + 1e-6))
            for w in group["params"]:  # HERE
                grad = w.grad * cut
                state = self.state[w]
                if not state:
                    state["mean"] = torch.zeros_like(w)
                    state["square"] = torch.zeros_like(w)
                    state["top"] = torch.zeros_like(w)
                w.mul_(1 - rate * group["decay"])
                state["mean"].mul_(low).add_(grad, alpha=1 - low)  # HERE
                state["square"].mul_(high).addcmul_(grad, grad, value=1 - high)  # HERE
                state["top"] = torch.maximum(state["top"], state["square"])
                bottom = state["top"].sqrt() / spread + 1e-8
                w.addcdiv_(state["mean"], bottom, value=-rate / lean)  # HERE


def main():
    torch.manual_seed(8)
    torch.set_num_threads(1)
    names = [f"P{i:03d}" for i in range(160)]
    x, y = readings(len(names), 60, 1)
    fleet = Fleet(names)
    any_tool = any_Mover(fleet.parameters(), rate=8e-3)
    steps = vary(300)
    for step in range(steps):
        loss = nn.functional.mse_loss(fleet(x), y)
        any_tool.zero_grad()
        loss.backward()
        any_tool.step()  # HERE
    with torch.inference_mode():
        miss = (fleet(x) - y).abs().mean(dim=(1, 2))
    print(
        f"{steps} steps, loss {loss.item():.5f}, worst pump {names[int(miss.argmax())]} off by {float(miss.max()):.3f}"
    )


if __name__ == "__main__":
    main()
