"""What the profiler says of programs whose fault is known, run for real."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.profile.corpus.corpus import load, paths
from tests.profile.corpus.score import Score, profiled, row, run_all, scored

SAMPLE = (
    "disk_wait_fsync",
    "healthy_orjson",
    "n_plus_one_orm",
    "pandas_rows_apply",
    "python_loop_array",
    "regex_compile_terms",
)
"""Without torch, whose import alone takes seconds."""


def test_names_and_numbers_differ_from_load_to_load_and_marks_are_gone() -> None:
    path = next(path for path in paths("seen") if path.stem == "python_loop_array")

    one, other = (load(path, random.Random(seed)) for seed in (1, 2))

    assert one.source != other.source
    assert not any(mark in one.source for mark in ("any_", "vary(", "HERE", "python-loop"))
    assert (one.lines, one.code, one.kind) == (other.lines, "python-loop", "seeded")


@pytest.mark.parametrize("path", paths("seen"), ids=lambda path: path.stem)
def test_each_program_is_python_and_a_seeded_one_has_a_place(path: Path) -> None:
    program = load(path, random.Random(0))

    compile(program.source, program.name, "exec")
    assert program.kind in ("seeded", "healthy", "decoy")
    assert bool(program.lines) == (program.kind == "seeded")


@pytest.mark.parametrize("name", SAMPLE)
def test_the_profiler_is_right_about_a_program_of_the_corpus(name: str, tmp_path: Path) -> None:
    path = next(path for path in paths("seen") if path.stem == name)

    result = profiled(load(path, random.Random(name)), tmp_path)

    assert result.placed or (result.program.kind == "healthy" and not result.findings), row(result)


@pytest.mark.soak
def test_precision_recall_and_place_over_the_corpus() -> None:
    print()
    seen = run_all("seen", seed=1, tell=True)
    print("seen", scored(seen))
    held_out = run_all("held_out", seed=1, tell=True)
    print("held out", scored(held_out))

    assert_bars(scored(seen))


def assert_bars(score: Score) -> None:
    assert score.precision >= 0.95
    assert score.recall >= 0.9
    assert score.place >= 0.85
    assert score.on_healthy == 0
