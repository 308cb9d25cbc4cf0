# code: memory-growth
# kind: seeded
# gain: 3.0
# ruff: noqa
"""Learns to continue the weather of a station network and replays a season with it."""

import numpy as np
import torch
from torch import nn


def network_weather(stations, hours, seed):
    """A travelling wave, a daily cycle and red noise at stations spread along a line."""
    rng = np.random.default_rng(seed)
    place = np.sort(rng.uniform(0, 1, stations))
    t = np.arange(hours)[:, None]
    wave = np.sin(2 * np.pi * (t / 83 - 1.5 * place)) + 0.5 * np.sin(2 * np.pi * (t / 37 - 2.2 * place))
    red = np.zeros((hours, stations))
    for hour in range(1, hours):
        red[hour] = 0.9 * red[hour - 1] + 0.1 * rng.normal(size=stations)
    temperature = wave + 0.6 * np.sin(2 * np.pi * t / 24) + red
    clock = np.stack([np.sin(2 * np.pi * t / 24), np.cos(2 * np.pi * t / 24)], axis=-1).repeat(stations, axis=1)
    data = np.concatenate([temperature[..., None], clock], axis=-1)
    return torch.from_numpy(data.astype(np.float32))


class Continuation(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.cell = nn.GRUCell(3, width)
        self.out = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def begin(self, stations):
        return torch.zeros(stations, self.cell.hidden_size)

    def forward(self, now, memory):
        memory = self.cell(now, memory)
        return now[:, :1] + self.out(memory), memory


class Descent:
    """Plain momentum on the parameters of a model, with clipped gradients."""

    def __init__(self, model, rate, momentum=0.8):
        self.parameters = list(model.parameters())
        self.rate, self.momentum = rate, momentum
        self.speed = [torch.zeros_like(p) for p in self.parameters]

    def step(self):
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for p, speed in zip(self.parameters, self.speed):
            speed.mul_(self.momentum).add_(p.grad)
            p.data.sub_(self.rate * speed)
            p.grad = None


class Course:
    """Learns in the order of time: block after block of hours, with the stations' memory carried on."""

    def __init__(self, model, data, block):
        self.model, self.data, self.block = model, data, block
        self.descent = Descent(model, rate=0.05)
        self.any_memory = model.begin(data.shape[1])

    def any_block(self, start):
        loss = 0.0
        for hour in range(start, start + self.block):
            ahead, self.any_memory = self.model(self.data[hour], self.any_memory)  # HERE
            loss = loss + nn.functional.mse_loss(ahead, self.data[hour + 1, :, :1])
        loss = loss / self.block
        loss.backward(retain_graph=True)  # HERE
        self.descent.step()
        return loss.item()

    def run(self, blocks):
        return [self.any_block(number * self.block) for number in range(blocks)]


@torch.no_grad()
def replay(model, data):
    """Skill against persistence hour by hour, and the worst hour."""
    memory = model.begin(data.shape[1])
    misses, persistence = [], []
    for now, truth in zip(data[:-1], data[1:]):
        ahead, memory = model(now, memory)
        misses.append(nn.functional.mse_loss(ahead, truth[:, :1]).item())
        persistence.append(nn.functional.mse_loss(now[:, :1], truth[:, :1]).item())
    return 1.0 - sum(misses) / sum(persistence), int(np.argmax(misses))


def main():
    torch.manual_seed(131)
    torch.set_num_threads(1)
    data = network_weather(120, 2600, seed=132)
    model = Continuation(56)
    losses = Course(model, data, block=12).run(vary(27))
    skill, worst = replay(model.eval(), data)
    print(
        f"{len(data)} hours at {data.shape[1]} stations, loss {losses[0]:.3f} -> {losses[-1]:.3f}, "
        f"skill {skill:.2f}, worst hour {worst}"
    )


if __name__ == "__main__":
    main()
