# code: loader-workers
# kind: seeded
# gain: 1.6
# ruff: noqa
"""Learns the material and mobility score of chess-like positions with a small network."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

VALUES = np.array([1.0, 3.0, 3.2, 5.0, 9.0, 0.0])


class Positions(Dataset):
    """Piece planes with a score; a whole batch is cut out at once."""

    def __init__(self, planes, scores):
        self.planes, self.scores = torch.from_numpy(planes), torch.from_numpy(scores)

    def __len__(self):
        return len(self.scores)

    def __getitem__(self, i):
        return self.planes[i].float(), self.scores[i]

    def __getitems__(self, chosen):
        chosen = torch.as_tensor(chosen)
        return self.planes[chosen].float(), self.scores[chosen]


def random_positions(count, seed):
    """Pieces thinned out at random from full sets; the score is material, centre and noise."""
    rng = np.random.default_rng(seed)
    pieces = np.repeat(np.arange(6), (8, 2, 2, 2, 1, 1))
    planes = np.zeros((count, 12, 8, 8), dtype=np.uint8)
    rows = np.arange(count)[:, None]
    squares = np.argsort(rng.random((count, 64)), axis=1)[:, :32]
    kinds = np.concatenate([pieces, pieces + 6])
    there = (rng.random((count, 32)) < rng.uniform(0.4, 1.0, (count, 1))) | (kinds % 6 == 5)
    planes[rows, kinds[None, :], squares // 8, squares % 8] = there
    near = 3.5 - np.abs(np.arange(8) - 3.5)
    centre = np.minimum.outer(near, near) / 20
    weight = VALUES[:, None, None] + centre
    score = np.einsum("npxy,pxy->n", planes[:, :6], weight) - np.einsum("npxy,pxy->n", planes[:, 6:], weight)
    return planes, np.tanh((score + rng.normal(0, 0.3, count)) / 6).astype(np.float32)


class Evaluator(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(768, width), nn.ReLU(), nn.Linear(width, 32), nn.ReLU(), nn.Linear(32, 1), nn.Tanh()
        )

    def forward(self, planes):
        return self.layers(planes).squeeze(1)


class Course:
    """Epochs of training with a look at the positions held back, until it no longer gets better."""

    def __init__(self, model, patience):
        self.model, self.patience = model, patience
        self.optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        self.best, self.waited = np.inf, 0

    def any_loader(self, positions, batch, shuffle):
        return DataLoader(positions, batch, shuffle=shuffle, num_workers=2, collate_fn=tuple)  # HERE

    def epoch(self, positions):
        for planes, scores in self.any_loader(positions, 512, True):  # HERE
            self.optimizer.zero_grad(set_to_none=True)
            nn.functional.mse_loss(self.model(planes), scores).backward()
            self.optimizer.step()

    @torch.no_grad()
    def error(self, positions):
        parts = [
            nn.functional.mse_loss(self.model(planes), scores, reduction="sum").item()
            for planes, scores in self.any_loader(positions, 2048, False)  # HERE
        ]
        return sum(parts) / len(positions)

    def stale(self, error):
        self.waited = 0 if error < self.best else self.waited + 1
        self.best = min(self.best, error)
        return self.waited >= self.patience


def main():
    torch.manual_seed(101)
    torch.set_num_threads(1)
    count = vary(7500)
    planes, scores = random_positions(count, seed=102)
    cut = count * 4 // 5
    known, held = Positions(planes[:cut], scores[:cut]), Positions(planes[cut:], scores[cut:])
    course = Course(Evaluator(160), patience=12)
    for epoch in range(1, 25):
        course.epoch(known)
        if course.stale(course.error(held)):
            break
    print(f"{epoch} epochs, error {course.best:.4f} of {scores.var():.4f}")


if __name__ == "__main__":
    main()
