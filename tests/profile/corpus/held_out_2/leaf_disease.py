# code: data-wait
# kind: seeded
# gain: 1.3
# ruff: noqa
"""Leaf disease from photographs: the photographs lie in xz archives, a small network learns from them shard by shard."""

import lzma
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

any_SIDE = 32
any_PER_SHARD = 200


class any_Archive:
    """Shards of photographs, each an xz file of bytes with the labels in front."""

    def __init__(self, any_folder):
        self.any_folder = Path(any_folder)

    def any_fill(self, any_count):
        any_rng = np.random.default_rng(31)
        for any_number in range(any_count):
            any_labels = any_rng.integers(0, 4, any_PER_SHARD, dtype=np.uint8)
            any_pixels = any_rng.integers(0, 40, (any_PER_SHARD, 3, any_SIDE, any_SIDE), dtype=np.uint8)
            any_pixels += any_labels[:, None, None, None] * np.uint8(9)
            any_raw = any_labels.tobytes() + any_pixels.tobytes()
            (self.any_folder / f"{any_number:03d}.xz").write_bytes(lzma.compress(any_raw, preset=0))

    def any_opened(self, any_path):
        any_raw = np.frombuffer(lzma.decompress(any_path.read_bytes()), dtype=np.uint8)
        any_labels = torch.from_numpy(any_raw[:any_PER_SHARD].astype(np.int64))
        any_pixels = any_raw[any_PER_SHARD:].reshape(any_PER_SHARD, 3, any_SIDE, any_SIDE)
        return torch.from_numpy(any_pixels.astype(np.float32) / 64 - 0.5), any_labels

    def __iter__(self):
        for any_path in sorted(self.any_folder.glob("*.xz")):
            yield self.any_opened(any_path)  # HERE


class any_Learner:
    def __init__(self):
        torch.manual_seed(4)
        self.any_net = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 24, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(24 * 16, 4),
        )
        self.any_optimizer = torch.optim.SGD(self.any_net.parameters(), lr=0.02, momentum=0.9)

    def any_step(self, any_images, any_labels):
        self.any_optimizer.zero_grad()
        any_loss = nn.functional.cross_entropy(self.any_net(any_images), any_labels)
        any_loss.backward()
        self.any_optimizer.step()
        return any_loss.detach()

    def any_fit(self, any_archive, any_epochs):
        for any_epoch in range(any_epochs):
            any_losses = []
            for any_images, any_labels in any_archive:  # HERE
                any_losses.append(self.any_step(any_images, any_labels))
            print(any_epoch, round(float(torch.stack(any_losses).mean()), 3))


def any_main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as any_folder:
        any_archive = any_Archive(any_folder)
        any_archive.any_fill(vary(7))
        any_Learner().any_fit(any_archive, vary(14))


if __name__ == "__main__":
    any_main()
