# code: none
# kind: healthy
# ruff: noqa
"""Turns scans of drill cores from slices into columns through files, as they are too many for the memory."""

import tempfile
from pathlib import Path

import numpy as np
from scipy import ndimage


def scan(block, slices, side, rng):
    """Density of a block of slices: layers that dip, with grains blurred by the scanner."""
    depth = (np.arange(slices, dtype=np.float32) + block * slices)[:, None, None]
    dip = np.linspace(0, 9, side, dtype=np.float32)[None, :, None]
    grains = rng.standard_normal((slices, side, side), dtype=np.float32)
    blurred = ndimage.gaussian_filter(grains, 1.0)
    blurred += np.sin((depth + dip) / 11)
    return blurred


class Store:
    """Slices are written block by block and read back as columns."""

    def __init__(self, folder, side):
        self.folder = folder
        self.side = side
        self.blocks = 0

    def any_append(self, block):
        np.save(self.folder / f"block_{self.blocks:03d}.npy", block)
        self.blocks += 1

    def columns(self, width):
        """Strips of the core over its full depth; each strip is read once from every block."""
        opened = [np.load(self.folder / f"block_{i:03d}.npy", mmap_mode="r") for i in range(self.blocks)]
        for start in range(0, self.side, width):
            yield np.concatenate([block[:, start : start + width] for block in opened])


def layer_spectrum(strip):
    """The mean power of the density along the depth."""
    strip = strip - strip.mean(axis=0)
    return (np.abs(np.fft.rfft(strip, axis=0)) ** 2).mean(axis=(1, 2))


def main():
    rng = np.random.default_rng(50)
    side, slices, blocks = 256, 48, vary(10)
    with tempfile.TemporaryDirectory() as place:
        store = Store(Path(place), side)
        for number in range(blocks):
            store.any_append(scan(number, slices, side, rng))
        spectra = np.array([layer_spectrum(strip) for strip in store.columns(64)])
    spectrum = spectra.mean(axis=0)
    period = blocks * slices / spectrum[1:].argmax() if spectrum[1:].argmax() else np.inf
    print(
        f"{blocks * slices} slices, layers about {period:.0f} slices thick, contrast {spectrum.max() / np.median(spectrum):.0f}"
    )


if __name__ == "__main__":
    main()
