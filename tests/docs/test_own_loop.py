"""The page on loops of one's own: each section's blocks run as one script, and what its record holds."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.record.commands import Pause, Resume, Save, Set, Stop, send
from ds_notebook.record.events import Span
from tests.docs.pages import blocks, section

PLAIN, LIGHTNING, HUGGING_FACE = "A plain PyTorch loop", "Lightning", "Hugging Face Trainer"
LOOPS = [PLAIN, LIGHTNING, HUGGING_FACE]
SHORT, LONG = "num_epochs = 3", "num_epochs = 100_000"


def script_of(heading: str) -> str:
    """The section's blocks behind what all sections share."""
    shared, own = blocks(section("own-loop.md", "")), blocks(section("own-loop.md", heading))
    return "\n\n".join(["import ds_notebook as ds", *shared, *own])


class Script:
    """A script in a process of its own, what it prints kept in a file."""

    def __init__(self, source: str, folder: Path) -> None:
        (folder / "script.py").write_text(source, encoding="utf-8")
        self._printed = folder / "printed.txt"
        with open(self._printed, "wb") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "script.py"],
                cwd=folder,
                env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
                stdout=printed,
                stderr=subprocess.STDOUT,
            )

    def end(self, timeout_s: float = 60) -> None:
        """Wait for its end, which must be a good one."""
        assert self.process.wait(timeout_s) == 0, self._printed.read_text()

    def run(self) -> ds.Record:
        """The record that it writes, once that has a loss."""
        while self.process.poll() is None:
            for record in ds.runs():
                if record.columns().get("loss"):
                    return record
            time.sleep(0.05)
        raise AssertionError(self._printed.read_text())


@contextmanager
def started(source: str, folder: Path) -> Iterator[Script]:
    """The script, which is gone at the end."""
    script = Script(source, folder)
    try:
        yield script
    finally:
        script.process.kill()
        script.process.wait()


def wait_for(record: ds.Record, reached: Callable[[ds.Record], bool]) -> None:
    deadline = time.monotonic() + 30
    while not reached(record):
        assert time.monotonic() < deadline, list(record.events())[-3:]
        time.sleep(0.02)


def answers(record: ds.Record) -> dict[str, str]:
    """Each command's verdict, by the command in words."""
    return {each.evidence["command"]: each.verdict for each in record.decisions if each.policy == "command"}


@pytest.mark.parametrize("heading", LOOPS)
def test_a_loop_on_the_page_leaves_its_losses_and_spans(heading: str, runs: Path, tmp_path: Path) -> None:
    with started(script_of(heading), tmp_path) as script:
        script.end()

    (record,) = ds.runs()
    columns = record.columns()
    (val_loss,) = {"val_loss", "eval_loss"} & set(columns)
    assert record.state == "finished"
    assert (len(columns["loss"][0]), len(columns[val_loss][0])) == (24, 3)
    assert "forward" in {event.name for event in record.events() if isinstance(event, Span)}


@pytest.mark.parametrize("heading", LOOPS)
def test_a_loop_on_the_page_obeys_pause_resume_and_stop(heading: str, runs: Path, tmp_path: Path) -> None:
    with started(script_of(heading).replace(SHORT, LONG), tmp_path) as script:
        record = script.run()
        for command, state in ((Pause(), "paused"), (Resume(), "running"), (Stop(), "stopped")):
            send(record.path, command)
            wait_for(record, lambda record, state=state: record.state == state)
        script.end()

    assert answers(record) == {"pause": "applied", "resume": "applied", "stop": "applied"}


@pytest.mark.parametrize("heading", LOOPS)
def test_an_interrupted_loop_on_the_page_says_so(heading: str, runs: Path, tmp_path: Path) -> None:
    with started(script_of(heading).replace(SHORT, LONG), tmp_path) as script:
        record = script.run()
        script.process.send_signal(signal.SIGINT)
        script.process.wait(60)

    assert record.state == "interrupted"


def test_a_loop_that_polls_takes_the_commands_it_knows(runs: Path, tmp_path: Path) -> None:
    (polling,) = blocks(section("own-loop.md", "Commands"))
    imports, loop = polling.split("\n\n", 1)
    last_line = "            run.log(loss=loss)\n"
    source = script_of(PLAIN).replace(last_line, last_line + textwrap.indent(loop, " " * 12))

    with started(f"{imports}\n{source.replace(SHORT, LONG)}", tmp_path) as script:
        record = script.run()
        for command in (Set(name="lr", value=0.5), Save()):
            send(record.path, command)
        wait_for(record, lambda record: len(answers(record)) == 2)

    assert answers(record) == {"set lr=0.5": "applied", "save": "refused"}
