# code: data-wait
# kind: seeded
# gain: 1.4
# ruff: noqa
"""Train a small network that tells bird calls apart, from recordings in a folder."""

import os
import shutil
import tempfile
import warnings
import wave

import numpy as np
import torch
from torch import nn

warnings.filterwarnings("ignore")
SPECIES = ["wren", "robin", "tit", "crow"]
RATE = 22_050


def write_recordings(folder, per_species):
    rng = np.random.default_rng(1)
    t = np.arange(RATE * 2) / RATE
    for species in range(len(SPECIES)):
        for number in range(per_species):
            start = 900 + 700 * species + rng.uniform(-80, 80)
            sweep = start + 150 * np.sin(2 * np.pi * (3 + 2 * species) * t)
            call = np.sin(2 * np.pi * np.cumsum(sweep) / RATE) + rng.normal(0, 0.4, len(t))
            with wave.open(os.path.join(folder, f"{SPECIES[species]}-{number}.wav"), "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(2)
                out.setframerate(RATE)
                out.writeframes((call * 8000).astype("<i2").tobytes())


def band_edges(bins, bands):
    """First bin of each band; bands are narrow for low tones, as in the ear."""
    mel = np.linspace(2595 * np.log10(1 + 500 / 700), 2595 * np.log10(1 + RATE / 2 / 700), bands + 1)
    hz = 700 * (10 ** (mel / 2595) - 1)
    return np.unique((hz / (RATE / 2) * (bins - 1)).astype(int)[:-1])


class any_Recordings:
    """Endless variety from few files: each visit shifts, stretches and muddies a recording."""

    def __init__(self, folder, seed):
        self.paths = sorted(os.path.join(folder, name) for name in os.listdir(folder))
        self.rng = np.random.default_rng(seed)
        self.edges = band_edges(513, 40)
        self.window = np.hanning(1024)

    def any_clip(self, path):
        with wave.open(path) as source:
            sound = np.frombuffer(source.readframes(source.getnframes()), "<i2") / 32768.0
        sound = np.roll(sound, self.rng.integers(len(sound)))
        positions = np.arange(0, len(sound) - 1, self.rng.uniform(0.9, 1.1))
        sound = np.interp(positions, np.arange(len(sound)), sound)
        sound = np.resize(sound, RATE * 2) + self.rng.normal(0, self.rng.uniform(0, 0.05), RATE * 2)
        frames = np.lib.stride_tricks.sliding_window_view(sound, 1024)[::128]
        bands = []
        for part in np.array_split(frames, 24):
            spectrum = np.fft.rfft(part * self.window, axis=1)  # HERE
            bands.append(np.add.reduceat(spectrum.real**2 + spectrum.imag**2, self.edges, axis=1))  # HERE
        return np.log(np.concatenate(bands).T + 1e-3).astype(np.float32)

    def any_batches(self, size):
        order = self.rng.permutation(len(self.paths))
        for chosen in np.array_split(order, max(1, len(order) // size)):
            clips = np.stack([self.any_clip(self.paths[index]) for index in chosen])  # HERE
            names = [os.path.basename(self.paths[index]).split("-")[0] for index in chosen]
            labels = torch.tensor([SPECIES.index(name) for name in names])
            yield torch.from_numpy(clips).unsqueeze(1), labels


def network():
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=(2, 4)),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(256, len(SPECIES)),
    )


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)  # the network is too small for more
    folder = tempfile.mkdtemp(prefix="birds-")
    try:
        write_recordings(folder, per_species=vary(52))
        recordings = any_Recordings(folder, seed=2)
        model = network()
        weights = list(model.parameters())
        for epoch in range(5):
            right = seen = 0
            for clips, labels in recordings.any_batches(size=32):  # HERE
                scores = model(clips)
                loss = nn.functional.cross_entropy(scores, labels)
                slopes = torch.autograd.grad(loss, weights)
                with torch.no_grad():
                    torch._foreach_add_(weights, slopes, alpha=-0.06)
                right += int((scores.argmax(1) == labels).sum())
                seen += len(labels)
            print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {right / seen:.2f}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
