# code: tiny-batches
# kind: seeded
# gain: 1.7
# ruff: noqa
"""Learn mineral abundances from simulated reflectance spectra, then map a whole airborne scene with the network."""

import numpy as np
import torch
from torch import nn

BANDS = 160
MINERALS = 6


def endmembers(rng):
    """Smooth reflectance curves with absorption bands at random places."""
    wave = np.linspace(0.4, 2.5, BANDS)
    base = 0.3 + 0.4 * rng.random((MINERALS, 1)) + 0.1 * rng.standard_normal((MINERALS, 1)) * (wave - 1.4)
    for _ in range(4):
        centre = rng.uniform(0.5, 2.4, (MINERALS, 1))
        width = rng.uniform(0.03, 0.12, (MINERALS, 1))
        base -= rng.uniform(0.03, 0.2, (MINERALS, 1)) * np.exp(-(((wave - centre) / width) ** 2))
    return np.clip(base, 0.02, 0.95)


def mixed(rng, library, shares):
    spectra = shares @ library
    spectra *= rng.uniform(0.7, 1.2, (len(shares), 1))
    spectra += rng.normal(0, 0.01, spectra.shape)
    return torch.from_numpy(spectra.astype(np.float32))


def scene(rng, rows, columns):
    """Abundances that vary slowly over the ground."""
    y, x = np.mgrid[0:rows, 0:columns]
    fields = []
    for _ in range(MINERALS):
        fy, fx, phase = rng.uniform(0.01, 0.08), rng.uniform(0.01, 0.08), rng.uniform(0, 6)
        fields.append(np.exp(1.5 * np.sin(fy * y + phase) * np.cos(fx * x - phase)))
    fields = np.stack(fields, axis=-1)
    return fields / fields.sum(axis=-1, keepdims=True)


class Unmixer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(BANDS),
            nn.Linear(BANDS, 128),
            nn.GELU(),
            nn.Linear(128, 128),
            nn.GELU(),
            nn.Linear(128, MINERALS),
            nn.Softmax(dim=-1),
        )

    def forward(self, spectra):
        return self.layers(spectra)


def train(net, rng, library, steps=vary(150), size=2048):
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3, fused=True)
    shares = rng.dirichlet(np.full(MINERALS, 0.6), 10 * size)
    spectra = mixed(rng, library, shares)
    shares = torch.from_numpy(shares.astype(np.float32))
    for _ in range(steps):
        pick = torch.randint(len(shares), (size,))
        loss = nn.functional.mse_loss(net(spectra[pick]), shares[pick])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return loss.item()


@torch.inference_mode()
def any_map(net, cube):
    """The abundance map, one flight-line footprint after the other."""
    net.eval()
    flat = cube.reshape(-1, BANDS)
    out = torch.empty(len(flat), MINERALS)
    any_foot = 2
    for first in range(0, len(flat), any_foot):  # HERE
        out[first : first + any_foot] = net(flat[first : first + any_foot])  # HERE
    return out.reshape(*cube.shape[:-1], MINERALS)


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    rng = np.random.default_rng(21)
    library = endmembers(rng)
    net = Unmixer()
    last = train(net, rng, library)
    truth = scene(rng, vary(380), 220)
    cube = mixed(rng, library, truth.reshape(-1, MINERALS)).reshape(*truth.shape[:-1], BANDS)
    found = any_map(net, cube).numpy()  # HERE
    error = np.abs(found - truth).mean(axis=(0, 1))
    print(f"training loss {last:.5f}; mean error per mineral " + " ".join(f"{e:.3f}" for e in error))


if __name__ == "__main__":
    main()
