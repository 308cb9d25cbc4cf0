# code: gil-contention
# kind: seeded
# gain: 2.78
# ruff: noqa
"""Packs the documents of a month into a compressed archive and shows how far it is."""

import hashlib
import random
import shutil
import sys
import tempfile
import threading
import zlib
from pathlib import Path

WORDS = "invoice reminder order delivery note customs damaged parcel pallet return".split()


class any_Display(threading.Thread):
    """Keeps the status line current while the packer works."""

    def __init__(self, total):
        super().__init__(name="display", daemon=True)
        self.total = total
        self.done = 0
        self.packed = 0
        self.raw = 1
        self.line = ""
        self.closed = False

    def any_bar(self):
        share = self.done / self.total
        filled = int(share * 40)
        ratio = self.packed / self.raw
        return f"[{'#' * filled}{'.' * (40 - filled)}] {share:6.1%} ratio {ratio:.2f}"

    def run(self):
        shown = ""
        while not self.closed:
            self.line = self.any_bar()  # HERE
            if self.line != shown and self.done % 100 == 0:
                print(self.line, file=sys.stderr)
                shown = self.line

    def close(self):
        self.closed = True
        self.join()


def any_documents(folder, count):
    rng = random.Random(9)
    vocabulary = [f"{word}{n}" for word in WORDS for n in range(40)]
    for number in range(count):
        text = " ".join(rng.choices(vocabulary, k=4200))
        path = folder / f"{number:05d}.txt"
        path.write_text(text)
        yield path


def any_pack(paths, archive, display):
    index = {}
    with archive.open("wb") as out:
        for path in paths:
            raw = path.read_bytes()
            packed = zlib.compress(raw, 6)  # HERE
            index[path.name] = (out.tell(), len(packed), hashlib.sha256(raw).hexdigest())
            out.write(packed)
            display.raw += len(raw)
            display.packed += len(packed)
            display.done += 1
    return index


def any_verify(index, archive):
    with archive.open("rb") as source:
        for name, (offset, size, digest) in index.items():
            source.seek(offset)
            raw = zlib.decompress(source.read(size))
            if hashlib.sha256(raw).hexdigest() != digest:
                raise SystemExit(f"{name} is damaged")


def main():
    folder = Path(tempfile.mkdtemp())
    try:
        paths = list(any_documents(folder, vary(260)))
        display = any_Display(len(paths))
        display.start()  # HERE
        archive = folder / "month.bin"
        index = any_pack(paths, archive, display)
        display.close()
        any_verify(index, archive)
        print(len(index), "documents", archive.stat().st_size, "bytes")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
