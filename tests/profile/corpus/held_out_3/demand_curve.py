# code: tiny-batches
# kind: seeded
# gain: 1.61
# ruff: noqa
"""Learns how the sales of ice cream answer to weather, weekday and price."""

import math
import time

import torch

torch.manual_seed(7)
torch.set_num_threads(1)


def any_history(days, shops):
    day = torch.arange(days).repeat_interleave(shops)
    warmth = 15 + 12 * torch.sin(2 * math.pi * (day / 365 - 0.25)) + 3 * torch.randn(len(day))
    price = 2.5 + 0.5 * torch.rand(len(day))
    weekday = torch.nn.functional.one_hot(day % 7, 7).float()
    wanted = torch.relu(warmth - 8) * (4 - price) * (1 + 0.4 * weekday[:, 5] + 0.6 * weekday[:, 6])
    inputs = torch.cat([(warmth / 20)[:, None], price[:, None], weekday], dim=1)
    return inputs, (wanted + torch.randn(len(day))) / 20


class any_Curve(torch.nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.first = torch.nn.Linear(inputs, width)
        self.second = torch.nn.Linear(width, width)
        self.out = torch.nn.Linear(width, 1)

    def forward(self, rows):
        hidden = torch.tanh(self.first(rows))
        hidden = hidden + torch.tanh(self.second(hidden))
        return self.out(hidden).squeeze(-1)


def any_epoch(model, optimizer, inputs, wanted, rows_at_once):
    order = torch.randperm(len(inputs))
    total = torch.zeros(())
    for chosen in order.split(rows_at_once):  # HERE
        optimizer.zero_grad()
        error = torch.nn.functional.huber_loss(model(inputs[chosen]), wanted[chosen])  # HERE
        error.backward()  # HERE
        optimizer.step()
        total += error.detach() * len(chosen)
    return total / len(inputs)


def any_elasticity(model, inputs):
    """How much the forecast moves when all prices rise by one percent."""
    raised = inputs.clone()
    raised[:, 1] *= 1.01
    with torch.no_grad():
        before, after = model(inputs), model(raised)
    return float(((after - before) / before.abs().clamp(min=0.1)).mean() * 100)


def any_bands(model, inputs, wanted, draws):
    """Bootstrap interval of the mean error."""
    with torch.no_grad():
        error = model(inputs) - wanted
    means = torch.stack([error[torch.randint(len(error), (len(error),))].mean() for _ in range(draws)])
    return torch.quantile(means, torch.tensor([0.05, 0.95])).tolist()


def main():
    inputs, wanted = any_history(days=vary(730), shops=12)
    cut = int(len(inputs) * 0.9)
    model = any_Curve(inputs.shape[1], 48)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True)
    began = time.perf_counter()
    for number in range(3):
        error = any_epoch(model, optimizer, inputs[:cut], wanted[:cut], rows_at_once=4)  # HERE
        print(f"epoch {number}: error {error:.4f}")
    low, high = any_bands(model, inputs[cut:], wanted[cut:], draws=vary(1500))
    print(f"price up 1% -> demand {any_elasticity(model, inputs):+.2f}%, bias {low:+.4f} to {high:+.4f}")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
