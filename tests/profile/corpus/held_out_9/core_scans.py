# code: none
# kind: healthy
# ruff: noqa
"""Pack the X-ray scans of sediment cores into an archive, and prove that it can be read back whole."""

import hashlib
import lzma
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

FILTERS = [{"id": lzma.FILTER_DELTA, "dist": 2}, {"id": lzma.FILTER_LZMA2, "preset": 3}]


def any_scan(seed, height, width=900):
    """Layers as a random walk in density with burrows as dark discs, and detector noise of a few grey values."""
    rng = np.random.default_rng(seed)
    layers = np.cumsum(rng.normal(0, 40, height)) + 20_000
    image = np.repeat(layers[:, None], width, 1)
    yy, xx = np.ogrid[:height, :width]
    for y, x, r in zip(rng.integers(0, height, 12), rng.integers(0, width, 12), rng.integers(8, 40, 12)):
        y0, y1, x0, x1 = max(0, y - r), y + r, max(0, x - r), x + r
        inside = (yy[y0:y1] - y) ** 2 + (xx[:, x0:x1] - x) ** 2 < r * r
        image[y0:y1, x0:x1][inside] -= 3000
    image += 3 * rng.standard_normal(image.shape, dtype=np.float32)
    return np.clip(image, 0, 65535).astype("<u2")


def any_pack(task):
    """Compress one scan to its file, and give its name and digests."""
    path, image = task
    raw = image.tobytes()
    packed = lzma.compress(raw, format=lzma.FORMAT_XZ, filters=FILTERS)
    path.write_bytes(packed)
    return path.name, hashlib.sha256(raw).hexdigest(), len(raw), len(packed)


def any_check(task):
    path, digest = task
    return hashlib.sha256(lzma.decompress(path.read_bytes())).hexdigest() == digest


class ScanArchive:
    def __init__(self, folder, people=2):
        self.folder = folder
        self.people = people
        self.index = {}

    def add(self, scans):
        with ThreadPoolExecutor(self.people) as pool:
            tasks = [(self.folder / f"core{i:03d}.xz", image) for i, image in scans]
            for name, digest, before, after in pool.map(any_pack, tasks):
                self.index[name] = (digest, before, after)

    def prove(self):
        with ThreadPoolExecutor(self.people) as pool:
            tasks = [(self.folder / name, entry[0]) for name, entry in self.index.items()]
            return sum(pool.map(any_check, tasks))

    def ratio(self):
        return sum(e[1] for e in self.index.values()) / sum(e[2] for e in self.index.values())


def main():
    with tempfile.TemporaryDirectory() as folder:
        archive = ScanArchive(Path(folder))
        archive.add((i, any_scan(i, height=vary(1000))) for i in range(9))
        whole = archive.prove()
        print(f"{whole} of {len(archive.index)} scans whole, packed {archive.ratio():.2f} times smaller")


main()
