"""`%ds_schedule` in a real kernel, with a scheduler of its own."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ds_notebook.schedule.client import Schedule
from tests.magics.conftest import Kernel


@pytest.fixture(scope="module")
def schedule(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schedule]:
    """The scheduler that the kernel talks to; ended with all its jobs."""
    folder = tmp_path_factory.mktemp("state") / "scheduler"
    assert kernel.run(f"import os; os.environ['DS_SCHEDULER'] = {str(folder)!r}").error == ""
    schedule = Schedule(folder)
    yield schedule
    schedule.stop(jobs=True)


def test_an_empty_queue_says_what_to_type(kernel: Kernel, schedule: Schedule) -> None:
    cell = kernel.run("%ds_schedule")

    assert "%ds_schedule submit nightly.ipynb" in cell.displays[0]["text/plain"]


def test_what_was_just_submitted_from_python_is_shown_though_its_scheduler_only_begins(
    kernel: Kernel, schedule: Schedule
) -> None:
    cell = kernel.run("from ds_notebook.schedule import submit\nsubmit(['true'], id='early')\n%ds_schedule")

    assert cell.error == ""
    assert "early" in cell.displays[0]["text/plain"]


def test_a_submit_shows_the_queue_and_leaves_the_ids(kernel: Kernel, schedule: Schedule, tmp_path: Path) -> None:
    cell = kernel.run(f"%ds_schedule submit --name hello --cwd {tmp_path} -- python -c 'print(1)'")
    ids = kernel.run("print(jobs[0])").text.strip()

    assert cell.error == ""
    assert cell.displays[0]["text/plain"].startswith("schedule: ")
    assert schedule.wait(ids, timeout_s=30)[0].state == "succeeded"
    assert "hello" in kernel.run("%ds_schedule").displays[0]["text/plain"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("dance", "'dance' is not known. Write submit NOTEBOOK, cancel ID"),
        ("submit nowhere.ipynb", "There is no notebook"),
        ("cancel nobody", "nobody"),
    ],
)
def test_a_slip_is_one_sentence(kernel: Kernel, schedule: Schedule, line: str, sentence: str) -> None:
    error = re.sub(r"\x1b\[[0-9;]*m", "", kernel.run(f"%ds_schedule {line}").error)

    assert error.startswith("UsageError: ") and sentence in error
    assert "Traceback" not in error
