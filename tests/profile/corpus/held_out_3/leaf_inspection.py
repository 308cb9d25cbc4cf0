# code: data-wait
# kind: seeded
# also: loader-workers
# gain: 1.49
# ruff: noqa
"""Tells healthy leaves from sick ones with a trained network; photos live in an object store."""

import io
import time

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.set_num_threads(1)


class any_ObjectStore:
    """Stands for the bucket of the greenhouse: every read costs a round trip."""

    def __init__(self, photos, seed):
        self._blobs = {}
        rng = np.random.default_rng(seed)
        for number in range(photos):
            pixels = rng.integers(60, 120, (48, 48, 3), dtype=np.uint8)
            pixels[..., 1] += 0 if number % 3 == 0 else 80
            stream = io.BytesIO()
            Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
            self._blobs[f"leaf/{number}"] = stream.getvalue()

    def __len__(self):
        return len(self._blobs)

    def get(self, key):
        time.sleep(0.006)  # HERE
        return self._blobs[key]


class any_Leaves(Dataset):
    def __init__(self, store):
        self.store = store

    def __len__(self):
        return len(self.store)

    def __getitem__(self, index):
        blob = self.store.get(f"leaf/{index}")  # HERE
        photo = ImageOps.autocontrast(Image.open(io.BytesIO(blob)).resize((40, 40)))
        pixels = torch.from_numpy(np.array(photo, dtype=np.float32) / 255)
        return pixels.permute(2, 0, 1), index


def any_network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(32 * 16, 2),
    ).eval()


class any_Inspector:
    def __init__(self, loader):
        self.loader = loader
        self.network = any_network()
        self.batches = iter(loader)
        self.rounds = 0

    def _following(self):
        try:
            return next(self.batches)  # HERE
        except StopIteration:
            self.batches = iter(self.loader)
            self.rounds += 1
            return next(self.batches)

    @torch.inference_mode()
    def inspect(self, steps):
        """Mean score and its spread over the views for each photo seen."""
        scores = {}
        for _ in range(steps):
            photos, numbers = self._following()
            views = torch.stack([photos, photos.flip(3)])
            chance = self.network(views.flatten(0, 1)).softmax(1)[:, 1].view(2, -1)
            for number, mean, spread in zip(numbers.tolist(), chance.mean(0), chance.std(0)):
                scores[number] = float(mean), float(spread)
        return scores


def main():
    store = any_ObjectStore(photos=vary(800), seed=4)
    loader = DataLoader(any_Leaves(store), batch_size=48, drop_last=True)  # HERE
    inspector = any_Inspector(loader)
    scores = inspector.inspect(steps=vary(12))
    unsure = sorted(scores, key=lambda number: -scores[number][1])[:5]
    print(f"{len(scores)} photos in {inspector.rounds + 1} rounds, least sure of {unsure}")


if __name__ == "__main__":
    main()
