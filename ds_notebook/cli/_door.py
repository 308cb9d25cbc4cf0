"""What a command is: options and an example for its help, and one call."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ds_notebook.errors import UsageError
from ds_notebook.options import OptionParser


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command: `run` takes its options and returns the exit status."""

    run: Callable[[argparse.Namespace], int]
    add: Callable[[argparse.ArgumentParser], None]
    example: str

    def parser(self, name: str, what: str) -> OptionParser:
        parser = OptionParser(
            prog=f"ds {name}",
            description=what[0].upper() + what[1:] + ".",
            epilog=f"example: {self.example}",
            help_command=f"ds {name} --help",
        )
        self.add(parser)
        return parser

    def main(self, name: str, what: str, words: Sequence[str]) -> int:
        """Run it with the words of a line; returns the exit status."""
        parser = self.parser(name, what)
        if "-h" in words or "--help" in words:
            print(parser.format_help())
            return 0
        return self.run(parser.parse_args(words))


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`: for programs."""
    parser.add_argument("--json", action="store_true", help="print JSON, for a program to read")


def print_json(value: Any) -> None:  # anything msgspec can write
    """One JSON document on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")


def write_text(path: Path, content: str) -> None:
    """Write a file that the user named; raises UsageError where that cannot be."""
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} could not be written: {error.strerror}. Choose another place.") from None
