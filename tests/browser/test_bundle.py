"""What is built for the browser: from the sources as they are, typed by Python, small, and without markup from text."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.record.python import ROOT

EXTENSION = ROOT / "labextension"
SOURCES = sorted((EXTENSION / "src").rglob("*.ts"))


def of(script: str) -> dict[str, Any]:
    """The names of a script of the extension's folder, which is no package."""
    return runpy.run_path(str(EXTENSION / script))


@pytest.fixture
def built() -> Path:
    if not (EXTENSION / "dist" / "package.json").is_file():
        pytest.skip("The extension is not built: cd labextension && npm ci && npm run build.")
    return EXTENSION / "dist"


def test_the_wire_types_are_what_python_says() -> None:
    pytest.importorskip("jupyter_server")
    fresh = of("generate_types.py")["types"]()

    assert (EXTENSION / "src" / "types.ts").read_text(encoding="utf-8") == fresh, (
        "Run: python labextension/generate_types.py"
    )


def test_the_built_extension_is_not_stale(built: Path) -> None:
    assert of("stamp.py")["is_fresh"](), "Run: cd labextension && npm run build"


def test_the_widget_is_below_sixty_kilobytes(built: Path) -> None:
    assert (built / "widget.js").stat().st_size < 60_000


def test_the_lab_bundle_is_below_a_hundred_and_fifty_kilobytes(built: Path) -> None:
    assert sum(path.stat().st_size for path in (built / "static").glob("*.js")) < 150_000


def test_speedscope_comes_along_without_what_no_profile_of_ours_needs(built: Path) -> None:
    app = built / "speedscope"

    assert (app / "index.html").is_file() and (app / "LICENSE").is_file()
    assert sum(path.stat().st_size for path in app.iterdir()) < 600_000


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_text_becomes_markup(path: Path) -> None:
    code = path.read_text(encoding="utf-8")

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment", code)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_module_says_its_purpose_in_its_first_line(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]

    assert path.suffixes == [".d", ".ts"] or first.startswith(("/** ", "// Generated "))
