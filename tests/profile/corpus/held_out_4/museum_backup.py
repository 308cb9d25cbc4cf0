# code: serialization
# kind: decoy
# ruff: noqa
"""Pack the scans of a museum into deduplicated, compressed chunks with a manifest."""

import json
import os
import shutil
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np

CHUNK = 1 << 18


def write_scans(folder, scans):
    """Grainy pictures; every third is a copy with another caption at its end."""
    rng = np.random.default_rng(8)
    picture = b""
    for number in range(scans):
        if number % 3 != 2:
            grain = rng.integers(0, 12, 1_500_000, dtype=np.uint8)
            picture = (grain + np.arange(1_500_000) // 9000).astype(np.uint8).tobytes()
        (folder / f"scan-{number:04d}.raw").write_bytes(picture + f"caption {number}".encode() * 50)


def chunks(path):
    with open(path, "rb") as source:
        while piece := source.read(CHUNK):
            yield piece


class Store:
    def __init__(self, folder):
        self.folder = folder
        self.known = {}
        self.saved = 0

    def pack(self, piece):
        digest = sha256(piece).hexdigest()
        if digest in self.known:
            self.saved += len(piece)
            return digest, self.known[digest]
        packed = zlib.compress(piece, 6)
        (self.folder / digest).write_bytes(packed)
        self.known[digest] = len(packed)
        return digest, len(packed)


def any_manifest(entries, path):
    path.write_text(json.dumps(entries, indent=1))  # HERE


def restore_ok(folder, manifest, original):
    """Unpack one file again and compare it with what was packed."""
    parts = [zlib.decompress((folder / digest).read_bytes()) for digest, _ in manifest[original.name]["chunks"]]
    return b"".join(parts) == original.read_bytes()


def main():
    root = Path(tempfile.mkdtemp(prefix="museum-"))
    try:
        scans, packed = root / "scans", root / "packed"
        scans.mkdir()
        packed.mkdir()
        write_scans(scans, vary(48))
        store = Store(packed)
        manifest = {}
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for path in sorted(scans.iterdir()):
                pieces = list(pool.map(store.pack, chunks(path)))
                manifest[path.name] = {"bytes": path.stat().st_size, "chunks": pieces}
                if len(manifest) % 12 == 0:
                    any_manifest(manifest, root / "manifest.json")  # HERE
            any_manifest(manifest, root / "manifest.json")
        loaded = json.loads((root / "manifest.json").read_text())
        sample = sorted(scans.iterdir())[::9]
        good = sum(restore_ok(packed, loaded, path) for path in sample)
        before = sum(entry["bytes"] for entry in manifest.values())
        print(f"{len(manifest)} scans, {before / 1e6:.0f} MB to {sum(store.known.values()) / 1e6:.0f} MB")
        print(f"{store.saved / 1e6:.0f} MB were copies, {good} of {len(sample)} restored well")
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
