# code: disk-wait
# kind: decoy
# ruff: noqa
"""Packs generated project folders into compressed, checksummed archives with a journal, two at a time."""

import hashlib
import lzma
import os
import random
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

any_PROJECTS = vary(14)
KINDS = ("notes", "table", "scan")


def make_project(folder: Path, rng: random.Random, draws: np.random.Generator) -> None:
    """Notes of words, tables of numbers and scans of nearly random bytes."""
    folder.mkdir()
    words = [rng.randbytes(rng.randint(1, 4)).hex().encode() for _ in range(800)]
    for number in range(3):
        (folder / f"notes{number}.txt").write_bytes(
            b" ".join([words[place] for place in draws.integers(0, 800, 36000).tolist()])
        )
        rows = [b"%d;%d;%d" % (line, line * 37 % 1009, line * line % 9973) for line in range(9000)]
        (folder / f"table{number}.csv").write_bytes(b"\n".join(rows))
    (folder / "scan0.raw").write_bytes(rng.randbytes(150_000) + bytes(100_000))


class Journal:
    """One line for each archive that is complete; it must survive a power cut."""

    def __init__(self, path: Path) -> None:
        self.stream = path.open("ab")

    def enter(self, name: str, digest: str, size: int) -> None:
        self.stream.write(f"{name} {digest} {size}\n".encode())
        self.stream.flush()
        os.fsync(self.stream.fileno())  # HERE


def packed(path: Path) -> bytes:
    content = path.read_bytes()
    if path.name.startswith("scan"):
        return zlib.compress(content, 6)
    return lzma.compress(content, preset=3)


def pack(project: Path, target: Path) -> tuple[Path, str, int, int]:
    digest = hashlib.sha256()
    raw = 0
    with target.open("wb") as stream:
        for any_file in sorted(project.iterdir()):
            part = packed(any_file)
            digest.update(part)
            raw += any_file.stat().st_size
            stream.write(f"{any_file.name} {len(part)}\n".encode())
            stream.write(part)
    return target, digest.hexdigest(), raw, target.stat().st_size


def main() -> None:
    rng = random.Random(404)
    draws = np.random.default_rng(405)
    with tempfile.TemporaryDirectory() as folder:
        projects = [Path(folder) / f"project{number:02d}" for number in range(any_PROJECTS)]
        for project in projects:
            make_project(project, rng, draws)
        any_journal = Journal(Path(folder) / "journal.log")
        before = after = 0
        with ThreadPoolExecutor(2) as any_packers:
            targets = [project.with_suffix(".pack") for project in projects]
            for target, digest, raw, small in any_packers.map(pack, projects, targets):
                any_journal.enter(target.name, digest, small)
                before += raw
                after += small
        any_journal.stream.close()
    print(f"{len(projects)} projects, {before} bytes packed to {after} ({after / before:.0%})")


if __name__ == "__main__":
    main()
