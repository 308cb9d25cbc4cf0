# code: optimizer-loop
# kind: seeded
# gain: 1.48
# ruff: noqa
"""Fits a click model over many categorical fields, then ranks the fields by influence."""

import sys
from collections import deque

import torch
from torch import nn


class any_Fields(nn.Module):
    """One table of vectors for each categorical field."""

    def __init__(self, sizes, width):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(size, width) for size in sizes)
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.05)

    def forward(self, codes):
        return torch.stack([table(codes[:, n]) for n, table in enumerate(self.tables)], dim=1)


class any_ClickModel(nn.Module):
    def __init__(self, sizes, width=16):
        super().__init__()
        self.fields = any_Fields(sizes, width)
        self.top = nn.Sequential(nn.Linear(len(sizes) * width, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, codes):
        vectors = self.fields(codes)
        pairwise = (vectors.sum(1).square() - vectors.square().sum(1)).sum(1) / 2
        return self.top(vectors.flatten(1)).squeeze(1) + pairwise


def any_impressions(sizes, count, generator):
    """Codes with a long tail, as real fields have, and clicks that depend on three of them."""
    columns = [(torch.rand(count, generator=generator).square() * size).long().clamp(max=size - 1) for size in sizes]
    codes = torch.stack(columns, dim=1)
    score = ((codes[:, 0] % 7) - 3) * 0.8 + ((codes[:, 3] % 5) - 2) * 0.6 - (codes[:, 8] % 2) * 0.9
    return codes, torch.bernoulli(torch.sigmoid(score - 1), generator=generator)


class any_Fit:
    def __init__(self, model, rate):
        self.model = model
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-4)  # HERE
        self.recent = deque(maxlen=10)

    def one(self, codes, clicked):
        loss = nn.functional.binary_cross_entropy_with_logits(self.model(codes), clicked)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()  # HERE
        self.recent.append(loss.detach())

    @property
    def smooth(self):
        return float(sum(self.recent) / len(self.recent))


@torch.no_grad()
def any_influence(model, codes, clicked, generator):
    base = nn.functional.binary_cross_entropy_with_logits(model(codes), clicked)
    gains = []
    for field in range(codes.shape[1]):
        mixed = codes.clone()
        mixed[:, field] = mixed[torch.randperm(len(mixed), generator=generator), field]
        gains.append(float(nn.functional.binary_cross_entropy_with_logits(model(mixed), clicked) - base))
    return gains


def main():
    torch.set_num_threads(1)
    torch.manual_seed(5)
    generator = torch.Generator().manual_seed(6)
    sizes = [vary(20000)] * 22 + [400, 90, 24, 7]
    model = any_ClickModel(sizes)
    fit = any_Fit(model, rate=5e-3)
    for step in range(vary(64)):
        fit.one(*any_impressions(sizes, 256, generator))
        if step % 20 == 19:
            print(f"step {step + 1}: loss {fit.smooth:.4f}", file=sys.stderr)
    gains = any_influence(model, *any_impressions(sizes, 2048, generator), generator)
    ranked = sorted(range(len(gains)), key=lambda n: -gains[n])
    print("fields that matter:", ranked[:3], [round(gains[n], 4) for n in ranked[:3]])


main()
