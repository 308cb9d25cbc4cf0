"""What is counted for single rules, in a real profile: patterns, predictions, packages, other encoders."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ds_notebook.profile import profile_of
from ds_notebook.profile.apart import profile_program
from ds_notebook.profile.capture.hooks.encoders import BUDGET_S, speedups
from ds_notebook.profile.config import ProfileConfig
from ds_notebook.profile.observed import Observed


def observed(folder: Path, source: str) -> Observed:
    """Of a program, run by itself."""
    program = folder / "prog.py"
    program.write_text(source)
    record, status = profile_program(["python", str(program)], ProfileConfig())
    assert status == 0
    return profile_of(record).observed


def test_patterns_are_counted_by_line_with_how_many_are_different(tmp_path: Path, runs: Path) -> None:
    before = re._compiler.compile  # type: ignore[attr-defined]  # not a public part of `re`

    (found,) = observed(
        tmp_path,
        "import re\nfor _ in range(3):\n    re.purge()\n    for i in range(50):\n        re.match(f'a{i}', 'a')\n",
    ).patterns

    assert (found.compilations, found.distinct, found.site) == (150, 50, f"<module> ({tmp_path / 'prog.py'}:5)")
    assert 0 < found.first_s < found.seconds
    assert re._compiler.compile is before  # type: ignore[attr-defined]


ROW_BY_ROW = """
import numpy as np
from sklearn.linear_model import LogisticRegression
import wave

rows = np.random.default_rng(0).normal(size=(200, 4))
model = LogisticRegression().fit(rows, rows[:, 0] > 0)
for _ in range(150):  # a second of it: looks are a tenth of one apart
    for row in rows:
        model.predict(row.reshape(1, -1))
"""


@pytest.fixture(scope="module")
def row_by_row(tmp_path_factory: pytest.TempPathFactory) -> Observed:
    pytest.importorskip("sklearn")
    folder = tmp_path_factory.mktemp("rows")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DS_RUNS", str(folder / "ds_runs"))
        return observed(folder, ROW_BY_ROW)


def test_rows_that_a_model_is_asked_about_at_a_time_are_noted(row_by_row: Observed) -> None:
    (found,) = row_by_row.predictions

    assert found.function.endswith("predict") and found.site.endswith(":10)")
    assert found.rows == found.looks > 0


def test_packages_whose_objects_are_about_are_noted_and_what_they_need(row_by_row: Observed) -> None:
    assert {"numpy", "sklearn"} <= set(row_by_row.packages)
    assert "wave" not in row_by_row.packages
    assert {"numpy", "scipy"} <= set(row_by_row.requires["sklearn"])
    assert "sklearn" not in row_by_row.requires.get("numpy", [])


RECORDS = [{"id": i, "name": f"name {i}", "sizes": [1.5 * i, 2.5]} for i in range(500)]


@pytest.mark.parametrize(
    ("function", "payload"),
    [
        ("json.dumps", json.dumps(RECORDS)),
        ("json.loads", json.dumps(RECORDS)),
        ("pickle.dumps", pickle.dumps(RECORDS)),
        ("pickle.loads", pickle.dumps(RECORDS)),
    ],
)
def test_other_encoders_are_measured_on_a_payload_within_the_budget(function: str, payload: str | bytes) -> None:
    began_s = time.process_time()

    found = speedups(function, [payload])

    assert found is not None and found["msgspec"] > 0
    assert time.process_time() - began_s < 4 * BUDGET_S


def test_a_pickle_with_objects_of_classes_is_not_read(tmp_path: Path) -> None:
    class Careless:
        def __reduce__(self) -> tuple[object, ...]:
            return subprocess.check_call, ([sys.executable, "-c", f"open({str(tmp_path / 'made')!r}, 'w')"],)

    assert speedups("pickle.loads", [pickle.dumps(Careless())]) is None
    assert not (tmp_path / "made").exists()


def test_payloads_of_other_formats_are_not_compared() -> None:
    assert speedups("protobuf.SerializeToString", [b"\x0a"]) is None
