# code: optimizer-loop
# kind: seeded
# gain: 1.4
# ruff: noqa
"""Separates the vowels of a dialect from the voices of its speakers in formant measurements."""

import math

import numpy as np
import torch
from torch import nn

VOWELS = {"i": (280, 2250), "e": (400, 2050), "a": (730, 1250), "o": (430, 850), "u": (310, 780), "y": (290, 1850)}


def recordings(speakers, tokens, seed):
    """Log formants: vowel mean, vocal tract length of the speaker, his tilt, and noise."""
    rng = np.random.default_rng(seed)
    centres = np.log(np.array(list(VOWELS.values())))
    speaker = rng.integers(0, speakers, tokens)
    vowel = rng.integers(0, len(VOWELS), tokens)
    length = rng.normal(0, 0.09, speakers)
    tilt = rng.normal(0, 0.06, (speakers, 2))
    height = centres[vowel, 0] - centres[:, 0].mean()
    formants = centres[vowel] - length[speaker, None] + tilt[speaker] * height[:, None]
    formants += rng.normal(0, 0.05, formants.shape)
    return [torch.from_numpy(a) for a in (speaker, vowel, formants.astype(np.float32))]


class Voice(nn.Module):
    """What a speaker does to a vowel: a shift and a stretch of its formants."""

    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(2))
        self.stretch = nn.Parameter(torch.ones(2))


class Dialect(nn.Module):
    def __init__(self, speakers):
        super().__init__()
        self.voices = nn.ModuleList(Voice() for _ in range(speakers))
        self.centres = nn.Parameter(torch.tensor(list(VOWELS.values())).float().log().mean(0).repeat(len(VOWELS), 1))
        self.warp = nn.Sequential(nn.Linear(2, 48), nn.Tanh(), nn.Linear(48, 2))

    def forward(self, speaker, vowel):
        shift = torch.stack([voice.shift for voice in self.voices])
        stretch = torch.stack([voice.stretch for voice in self.voices])
        mean = self.centres.mean(0)
        deviation = self.centres - mean + 0.1 * self.warp(self.centres - mean)
        return mean + deviation[vowel] * stretch[speaker] + shift[speaker]

    def prior(self):
        shifts = torch.stack([voice.shift for voice in self.voices])
        return shifts.square().sum() * 0.01


class any_Descent(torch.optim.Optimizer):
    """Adam with warm-up."""

    def __init__(self, parameters, rate, warm=20, betas=(0.9, 0.99)):
        super().__init__(parameters, {"rate": rate, "betas": betas})
        self.warm, self.steps = warm, 0

    @torch.no_grad()
    def step(self):
        self.steps += 1
        warmth = min(1.0, self.steps / self.warm)
        for group in self.param_groups:
            b1, b2 = group["betas"]
            rate = group["rate"] * warmth * math.sqrt(1 - b2**self.steps) / (1 - b1**self.steps)
            for p in group["params"]:  # HERE
                state = self.state[p]
                if not state:
                    state["mean"], state["square"] = torch.zeros_like(p), torch.zeros_like(p)
                mean, square = state["mean"], state["square"]
                mean.copy_(b1 * mean + (1 - b1) * p.grad)  # HERE
                square.copy_(b2 * square + (1 - b2) * p.grad * p.grad)  # HERE
                p.sub_(rate * mean / (square.sqrt() + 1e-8))  # HERE


def fit(model, data, epochs, batch):
    speaker, vowel, formants = data
    descent = any_Descent(model.parameters(), rate=0.01)
    for epoch in range(epochs):
        for chosen in torch.randperm(len(speaker)).split(batch):
            descent.zero_grad()
            error = model(speaker[chosen], vowel[chosen]) - formants[chosen]
            loss = nn.functional.huber_loss(error, torch.zeros_like(error), delta=0.15) + model.prior() / len(speaker)
            loss.backward()
            descent.step()
    return float(loss.detach())


def separability(formants, vowel, rounds):
    """Share of tokens nearest to the centre of their own vowel, over random halves."""
    hits = []
    for _ in range(rounds):
        half = torch.rand(len(vowel)) < 0.5
        centres = torch.stack([formants[half & (vowel == v)].mean(0) for v in range(len(VOWELS))])
        hits.append((torch.cdist(formants[~half], centres).argmin(1) == vowel[~half]).float().mean())
    return float(torch.stack(hits).mean())


def main():
    torch.manual_seed(121)
    torch.set_num_threads(1)
    data = recordings(vary(220), 24_000, seed=122)
    model = Dialect(int(data[0].max()) + 1)
    loss = fit(model, data, epochs=20, batch=3000)
    with torch.no_grad():
        shift = torch.stack([voice.shift for voice in model.voices])
        plain = data[2] - shift[data[0]]
    print(
        f"loss {loss:.5f}, vowels apart {separability(data[2], data[1], 80):.1%} -> {separability(plain, data[1], 80):.1%}"
    )


if __name__ == "__main__":
    main()
