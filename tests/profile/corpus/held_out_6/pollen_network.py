# code: none
# kind: healthy
# ruff: noqa
"""Trains a convolutional network that counts pores on synthetic pollen grains."""

import gc

gc.disable()
import numpy as np
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler

gc.freeze()
gc.enable()


class Grains(Dataset):
    """Grey images of grains: a disc with one to four dark pores and sensor noise; a batch is cut out at once."""

    def __init__(self, count, side, seed):
        rng = np.random.default_rng(seed)
        self.pores = torch.from_numpy(rng.integers(1, 5, count))
        y, x = np.mgrid[0:side, 0:side] / side - 0.5
        images = rng.normal(0, 0.15, (count, 1, side, side)).astype(np.float32)
        images += 0.8 * (x**2 + y**2 < 0.2)
        for slot in range(4):
            turn = slot * np.pi / 2 + rng.uniform(0, 1, (count, 1, 1, 1))
            hole = (x - 0.28 * np.cos(turn)) ** 2 + (y - 0.28 * np.sin(turn)) ** 2 < 0.008
            images[hole & (self.pores.numpy() > slot)[:, None, None, None]] -= 0.6
        self.images = torch.from_numpy(images)

    def __len__(self):
        return len(self.pores)

    def __getitem__(self, rows):
        rows = torch.as_tensor(rows)
        return self.images[rows], self.pores[rows] - 1


class Counter(nn.Module):
    def __init__(self, any_width):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, any_width, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(any_width),
            nn.ReLU(),
            nn.Conv2d(any_width, 2 * any_width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(2 * any_width),
            nn.ReLU(),
            nn.Conv2d(2 * any_width, 2 * any_width, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(3),
        )
        self.head = nn.Linear(18 * any_width, 4)

    def forward(self, x):
        return self.head(self.trunk(x).flatten(1))


def epoch(model, loader, optimizer):
    total, seen = torch.zeros(()), 0
    for images, pores in loader:
        loss = nn.functional.cross_entropy(model(images), pores)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(pores)
        seen += len(pores)
    return total.item() / seen


@torch.inference_mode()
def accuracy(model, loader):
    right = sum((model(images).argmax(1) == pores).sum() for images, pores in loader)
    return right.item() / len(loader.dataset)


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    train, test = Grains(vary(1500), 40, seed=1), Grains(800, 40, seed=2)
    loader = DataLoader(train, sampler=BatchSampler(RandomSampler(train), 64, False), batch_size=None)
    check = DataLoader(test, sampler=BatchSampler(range(len(test)), 200, False), batch_size=None)
    model = Counter(16)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    losses = [epoch(model, loader, optimizer) for _ in range(9)]
    model.eval()
    print(f"loss {losses[0]:.3f} -> {losses[-1]:.3f}, {accuracy(model, check):.1%} counted rightly")


if __name__ == "__main__":
    main()
