"""The page on the command line: every command has its help, and each example does what the page says."""

import shlex
from importlib import import_module
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.cli import COMMANDS, main
from ds_notebook.cli.schedule import Actions
from ds_notebook.schedule.submitted import split_command
from tests.docs.pages import DOCS, blocks, section


def examples(name: str) -> list[list[str]]:
    """The example lines of a command, in words."""
    blocks_of_command = blocks(section("cli.md", f"ds {name}"), "console")
    return [shlex.split(line)[1:] for block in blocks_of_command for line in block.splitlines()]


def test_the_page_has_a_section_for_each_command() -> None:
    headings = [line[6:] for line in (DOCS / "cli.md").read_text().splitlines() if line.startswith("## ds ")]

    assert headings == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0

    assert f"example: ds {name}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_on_the_page_are_understood(name: str) -> None:
    command = import_module(f"ds_notebook.cli.{name}").COMMAND

    assert examples(name)
    for words in examples(name):
        assert words[0] == name
        if isinstance(command, Actions):
            options, _ = split_command(words[1:])
            command.parser_of(name, options[0]).parse_args(options[1:])
        else:
            command.parser(name, COMMANDS[name]).parse_args(words[1:])


@pytest.fixture
def run_id(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that has ended, made by the page's own `ds train`, in a working folder of its own."""
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(section("cli.md", "ds train"))
    Path("model.py").write_text(code)
    assert main(["train", "model.py:setup", "--epochs", "10", "--learning-rate", "0.01"]) == 0
    return ds.runs()[0].id


def test_the_examples_that_only_read_run_as_they_stand(run_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("doctor", "runs", "show", "logs", "gate", "clean"):
        for words in examples(name):
            assert main([run_id if word == "RUN" else word for word in words]) == 0, capsys.readouterr()

    assert Path("run.html").is_file() and Path("gate.xml").is_file()
