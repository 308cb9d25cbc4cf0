# code: data-wait
# kind: seeded
# also: import-time
# gain: 1.3
# ruff: noqa
"""Label machine vibration windows, kept as compressed archives in a folder, by the vote of several shifted views.

The folder stands for a network share: every file takes 8 ms to answer.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
torch.set_num_threads(1)


def any_write_windows(any_folder, any_count):
    any_rng = np.random.default_rng(5)
    any_noise = any_rng.normal(size=24000)
    any_time = np.arange(24000) / 8000
    for any_index in range(any_count):
        any_wave = np.sin(2 * np.pi * (60 + 40 * (any_index % 4)) * any_time) + 0.5 * np.roll(any_noise, any_index)
        np.savez_compressed(any_folder / ("window%04d.npz" % any_index), wave=(100 * any_wave).astype(np.int16))


class any_Windows(Dataset):
    def __init__(self, any_folder, any_shift):
        self.any_paths = sorted(any_folder.glob("*.npz"))
        self.any_shift = any_shift

    def __len__(self):
        return len(self.any_paths)

    def any_fetch(self, any_path):
        time.sleep(0.008)  # HERE
        with np.load(any_path) as any_archive:
            return np.roll(any_archive["wave"], self.any_shift)

    def __getitem__(self, any_index):
        any_wave = self.any_fetch(self.any_paths[any_index])  # HERE
        any_frames = np.lib.stride_tricks.sliding_window_view(any_wave, 512)[::128] * np.hanning(512)
        any_power = np.abs(np.fft.rfft(any_frames, axis=1)) ** 2  # HERE
        return torch.from_numpy(np.log1p(any_power[:, :64]).mean(0)).float()


class any_Labeller:
    def __init__(self, any_folder):
        self.any_folder = any_folder
        self.any_net = nn.Sequential(
            nn.Unflatten(1, (1, 64)),
            nn.Conv1d(1, 64, 5),
            nn.ReLU(),
            nn.Conv1d(64, 64, 5),
            nn.Flatten(),
            nn.Linear(3584, 4),
        )

    def any_feed(self, any_shift):
        return DataLoader(any_Windows(self.any_folder, any_shift), batch_size=16)  # HERE

    @torch.no_grad()
    def any_votes(self, any_views):
        any_sum = 0
        for any_view in range(any_views):
            any_parts = [self.any_net(any_batch).softmax(1) for any_batch in self.any_feed(any_view * 50)]
            any_sum = any_sum + torch.cat(any_parts)
        return any_sum.argmax(1)


with tempfile.TemporaryDirectory() as any_name:
    any_write_windows(Path(any_name), vary(220))
    print("windows by label", torch.bincount(any_Labeller(Path(any_name)).any_votes(2), minlength=4).tolist())
