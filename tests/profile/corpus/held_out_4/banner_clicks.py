# code: optimizer-loop
# kind: seeded
# gain: 1.8
# ruff: noqa
"""Click-through model for banners: many categorical fields, crossed by inner products."""

import sys
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore")
FIELDS = {"site": 9000, "campaign": 4000, "creative": 90_000, "device": 300, "zip": 120_000, "hour": 168}
FIELDS |= {"publisher": 2500, "referrer": 80_000, "language": 60, "slot": 40, "advertiser": 1800, "model": 7000}


def impressions(count, seed):
    generator = torch.Generator().manual_seed(seed)
    columns = []
    logit = torch.full((count,), -1.0)
    for position, size in enumerate(FIELDS.values()):
        skewed = (torch.rand(count, generator=generator) ** 3 * size).long()
        columns.append(skewed)
        logit += 0.35 * torch.sin(skewed.float() * (0.37 + position))
    clicked = torch.rand(count, generator=generator) < torch.sigmoid(logit)
    return torch.stack(columns, 1), clicked.float()


class CrossModel(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(entries, size) for entries in FIELDS.values())
        self.weights = nn.ModuleList(nn.Embedding(entries, 1) for entries in FIELDS.values())
        for table in [*self.tables, *self.weights]:
            nn.init.normal_(table.weight, std=0.02)
        pairs = len(FIELDS) * (len(FIELDS) - 1) // 2
        self.register_buffer("upper", torch.triu_indices(len(FIELDS), len(FIELDS), 1))
        self.head = nn.Sequential(nn.Linear(pairs, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, fields):
        vectors = torch.stack([table(fields[:, i]) for i, table in enumerate(self.tables)], 1)
        linear = torch.stack([table(fields[:, i]) for i, table in enumerate(self.weights)], 1).sum(1)
        crossed = vectors @ vectors.transpose(1, 2)
        return (linear + self.head(crossed[:, self.upper[0], self.upper[1]])).squeeze(1)


def any_learner(model):
    decay, plain = [], []
    for name, parameter in model.named_parameters():
        (decay if "head" in name and parameter.ndim == 2 else plain).append(parameter)
    groups = [{"params": decay, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=2e-3, foreach=False)  # HERE


def area_under_curve(score, clicked):
    order = score.argsort()
    ranks = torch.empty_like(score)
    ranks[order] = torch.arange(1, len(score) + 1, dtype=score.dtype)
    positive = clicked.bool()
    hits, misses = positive.sum(), (~positive).sum()
    return ((ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * misses)).item()


def calibration(probability, clicked, bins=8):
    """Predicted against observed rate in bins of equal size."""
    parts = probability.argsort().tensor_split(bins)
    return [(probability[part].mean().item(), clicked[part].mean().item()) for part in parts]


def main():
    torch.manual_seed(13)
    torch.set_num_threads(1)  # the other core serves requests
    fields, clicked = impressions(vary(52_000), seed=5)
    cut = len(clicked) * 5 // 6
    model = CrossModel(size=32)
    learner = any_learner(model)
    for rows in torch.randperm(cut).split(850):
        loss = nn.functional.binary_cross_entropy_with_logits(model(fields[rows]), clicked[rows])
        learner.zero_grad()
        loss.backward()
        learner.step()  # HERE
    with torch.inference_mode():
        scores = torch.cat([model(part) for part in fields[cut:].split(5000)])
    held = clicked[cut:]
    print(f"loss {loss.item():.3f}, area under curve {area_under_curve(scores, held):.3f}")
    print(" ".join(f"{said:.2f}/{was:.2f}" for said, was in calibration(scores.sigmoid(), held)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
