"""SIGKILL at any instant: the resumed run ends with the same weights, optimizer and curve as one that never died."""

from __future__ import annotations

import datetime
import faulthandler
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.record.python import ROOT, run_python


@pytest.mark.parametrize("workers", [0, 2])
def test_ten_kills_change_nothing_in_what_is_learned_and_recorded(tmp_path: Path, workers: int) -> None:
    trials = killed_trainings(tmp_path, workers, num_kills=10)

    assert [trial for trial in trials if trial["differs"]] == []


def test_a_kill_within_an_evaluation_or_a_checkpoint_changes_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.train.killed_at", str(tmp_path)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr

    assert [json.loads(line) for line in told.stdout.splitlines()] == [
        {"moment": "in_the_second_evaluation", "differs": []},
        {"moment": "before_the_second_checkpoint_has_its_name", "differs": []},
        {"moment": "between_the_second_checkpoints_name_and_its_event", "differs": []},
    ]


def test_a_kill_while_auto_tries_leaves_a_lost_run_and_the_next_one_starts_afresh(tmp_path: Path) -> None:
    code = """
        import os, signal, sys
        import torch
        import ds_notebook as ds

        class Model(torch.nn.Linear):
            calls = 0

            def forward(self, inputs):
                Model.calls += 1
                if sys.argv[1] == "die" and Model.calls == 3:
                    os.kill(os.getpid(), signal.SIGKILL)
                return super().forward(inputs)

        data = [(torch.randn(8, 4), torch.randint(3, (8,))) for _ in range(6)]
        run = ds.Trainer(Model(4, 3), data, config=ds.TrainConfig(precision="auto", resume="auto")).fit()
        print([each.state for each in ds.runs()], run.record.decisions[0].verdict, run.step)
    """
    run_python(code, tmp_path, "die")

    assert run_python(code, tmp_path, "live") == "['finished', 'lost'] fresh start 6\n"


@pytest.mark.soak
@pytest.mark.parametrize("workers", [0, 2])
def test_a_hundred_kills_each_change_nothing(tmp_path: Path, workers: int, capsys: pytest.CaptureFixture[str]) -> None:
    faulthandler.cancel_dump_traceback_later()
    trials = killed_trainings(tmp_path, workers, num_kills=100)
    with capsys.disabled():
        print("\n" + row(workers, trials))

    assert [trial for trial in trials if trial["differs"]] == []


def killed_trainings(folder: Path, workers: int, num_kills: int) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "tests.train.killed_trainer", str(folder), str(workers), "0", str(num_kills)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return [json.loads(line) for line in told.stdout.splitlines()]


def row(workers: int, trials: list[dict[str, object]]) -> str:
    """A row of docs/soak.md."""
    kills = sum(int(str(trial["kills"])) for trial in trials)
    equal = sum(not trial["differs"] for trial in trials)
    result = f"{equal} of {len(trials)} resumed trainings equal the uninterrupted one: weights, optimizer, each row"
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return f"| SIGKILL of a trainer, {workers} workers | {kills} | {result} | {datetime.date.today()} | {machine} |"
