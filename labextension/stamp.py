"""Marks a built extension with a digest of what it was built from, so that a stale one cannot ship.

    python labextension/stamp.py     after a build: writes dist/sources.sha256

The wheel's build and a test compare it with `digest()`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

HERE = Path(__file__).parent
STAMP = HERE / "dist" / "sources.sha256"
_SOURCES = ("package.json", "package-lock.json", "tsconfig.json", "src/**/*.ts", "style/*.css")


def digest() -> str:
    """SHA-256 over the names and contents of all that goes into the built extension."""
    found = hashlib.sha256()
    for path in sorted(path for pattern in _SOURCES for path in HERE.glob(pattern)):
        found.update(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def is_fresh() -> bool:
    """Whether dist/ was built from the sources as they are."""
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == digest()


if __name__ == "__main__":
    STAMP.write_text(digest(), encoding="utf-8")
