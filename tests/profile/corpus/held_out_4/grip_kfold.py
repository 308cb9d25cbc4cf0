# code: loader-workers
# kind: seeded
# gain: 2.1
# ruff: noqa
"""Cross-validate a classifier of grip sensor readings of a prosthetic hand."""

import warnings
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

warnings.filterwarnings("ignore")


@dataclass(frozen=True)
class Plan:
    folds: int = 5
    epochs: int = 4
    batch: int = 128
    width: int = 96
    rate: float = 2e-3


class GripReadings(Dataset):
    """Windows of 16 electrodes in memory, standardised once."""

    def __init__(self, windows, grips):
        flat = windows.flatten(1)
        self.inputs = (flat - flat.mean(0)) / (flat.std(0) + 1e-6)
        self.targets = grips

    def __len__(self):
        return len(self.targets)

    def __getitems__(self, indices):
        return self.inputs[indices], self.targets[indices]


class Part(Dataset):
    def __init__(self, whole, indices):
        self.whole = whole
        self.indices = indices

    def __len__(self):
        return len(self.indices)

    def __getitems__(self, chosen):
        return self.whole.__getitems__(self.indices[chosen])


def measured(samples, seed):
    generator = torch.Generator().manual_seed(seed)
    grips = torch.randint(0, 6, (samples,), generator=generator)
    pattern = torch.randn(6, 16, 12, generator=generator)
    noise = torch.randn(samples, 16, 12, generator=generator) * 2.5
    return pattern[grips] + noise, grips


def as_read(batch):
    """The data set hands out whole batches already."""
    return batch


def any_feed(part, plan, shuffle):
    return DataLoader(part, batch_size=plan.batch, shuffle=shuffle, num_workers=3, collate_fn=as_read)  # HERE


def build(plan):
    return nn.Sequential(
        nn.Linear(192, plan.width),
        nn.GELU(),
        nn.Dropout(0.1),
        nn.Linear(plan.width, plan.width),
        nn.GELU(),
        nn.Linear(plan.width, 6),
    )


def any_epoch(model, part, plan, optimizer=None):
    """One pass; trains if there is an optimizer. Returns mean loss and accuracy."""
    model.train(optimizer is not None)
    loss_sum, right = 0.0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for inputs, targets in any_feed(part, plan, shuffle=optimizer is not None):  # HERE
            scores = model(inputs)
            loss = nn.functional.cross_entropy(scores, targets, label_smoothing=0.05)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            loss_sum += loss.item() * len(targets)
            right += (scores.argmax(1) == targets).sum().item()
    return loss_sum / len(part), right / len(part)


def main():
    torch.manual_seed(3)
    torch.set_num_threads(1)
    plan = Plan()
    readings = GripReadings(*measured(vary(4000), seed=9))
    fold_of = torch.arange(len(readings)) % plan.folds
    outcomes = []
    for fold in range(plan.folds):
        train = Part(readings, torch.nonzero(fold_of != fold).flatten())
        held = Part(readings, torch.nonzero(fold_of == fold).flatten())
        model = build(plan)
        optimizer = torch.optim.AdamW(model.parameters(), lr=plan.rate, fused=True)
        best = 0.0
        for _ in range(plan.epochs):
            any_epoch(model, train, plan, optimizer)
            _, accuracy = any_epoch(model, held, plan)
            best = max(best, accuracy)
        outcomes.append(best)
    spread = torch.tensor(outcomes)
    print(f"accuracy {spread.mean():.3f} +- {spread.std():.3f} over {plan.folds} folds")


if __name__ == "__main__":
    main()
