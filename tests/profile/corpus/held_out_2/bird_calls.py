# code: loader-workers
# kind: seeded
# also: data-wait
# gain: 1.2
# ruff: noqa
"""Bird calls: recordings are stretched and turned to spectrograms as they are asked for, a small network names the bird."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


@dataclass(frozen=True)
class any_Settings:
    any_recordings: int = vary(900)
    any_epochs: int = 1
    any_batch: int = 24
    any_workers: int = 0
    any_frame: int = 512
    any_hop: int = 16


class any_Calls(Dataset):
    def __init__(self, any_settings):
        self.any_settings = any_settings
        any_rng = np.random.default_rng(77)
        self.any_birds = any_rng.integers(0, 6, any_settings.any_recordings)
        self.any_noise = any_rng.normal(0, 0.4, (16, 12000))

    def __len__(self):
        return self.any_settings.any_recordings

    def any_sound(self, any_index):
        any_seconds = np.arange(12000) / 8000
        any_pitch = 300 + 150 * self.any_birds[any_index]
        return np.sin(2 * np.pi * any_pitch * any_seconds * (1 + 0.1 * any_seconds)) + self.any_noise[any_index % 16]

    def any_stretched(self, any_sound, any_factor):
        any_places = np.arange(0, len(any_sound) - 1, any_factor)
        return np.interp(any_places, np.arange(len(any_sound)), any_sound)[:10000]

    def any_spectrogram(self, any_sound):
        any_windows = np.lib.stride_tricks.sliding_window_view(any_sound, self.any_settings.any_frame)
        any_windows = any_windows[:: self.any_settings.any_hop] * np.hanning(self.any_settings.any_frame)
        any_power = np.abs(np.fft.rfft(any_windows, axis=1)) ** 2
        return np.log1p(any_power).astype(np.float32)

    def __getitem__(self, any_index):
        any_rng = np.random.default_rng(any_index)
        any_sound = self.any_sound(any_index)
        any_views = [self.any_spectrogram(self.any_stretched(any_sound, any_rng.uniform(0.9, 1.1))) for _ in range(2)]
        return torch.from_numpy(np.stack(any_views)[:, ::8, :96]), int(self.any_birds[any_index])


def any_network():
    return nn.Sequential(
        nn.Conv2d(2, 8, 5, stride=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(3),
        nn.Flatten(),
        nn.Linear(144, 6),
    )


def any_loader(any_settings):
    return DataLoader(any_Calls(any_settings), any_settings.any_batch, num_workers=any_settings.any_workers)  # HERE


def any_train(any_settings):
    torch.manual_seed(8)
    any_net = any_network()
    any_optimizer = torch.optim.Adam(any_net.parameters(), lr=2e-3)
    any_source = any_loader(any_settings)
    for any_epoch in range(any_settings.any_epochs):
        any_right = 0
        for any_batch, any_names in any_source:  # HERE
            any_said = any_net(any_batch)
            any_loss = nn.functional.cross_entropy(any_said, any_names)
            any_optimizer.zero_grad()
            any_loss.backward()
            any_optimizer.step()
            any_right += int((any_said.argmax(1) == any_names).sum())
        print(any_epoch, any_right, "right of", any_settings.any_recordings)


if __name__ == "__main__":
    torch.set_num_threads(1)
    any_train(any_Settings())
