"""`ds profile -- python PROGRAM`: where a program's time goes, why, and what would help."""

from __future__ import annotations

import argparse
import math
import sys

from ds_notebook.cli._door import Command, add_json, print_json
from ds_notebook.draw import text
from ds_notebook.errors import UsageError
from ds_notebook.options import OptionParser, add_options, from_options
from ds_notebook.profile.apart import profile_program
from ds_notebook.profile.config import ProfileConfig
from ds_notebook.profile.formats import import_profile
from ds_notebook.profile.formats.imported import COUNT_S
from ds_notebook.profile.trials import ScriptBench, latest_findings, sentence, try_remedies
from ds_notebook.record import Record
from ds_notebook.rooms import scene_of


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "program",
        metavar="-- python PROGRAM",
        nargs=argparse.REMAINDER,
        help="the program with its arguments, as without `ds profile`; its exit status is kept",
    )
    add_options(parser, ProfileConfig)
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    words = asked.program[1:] if asked.program[:1] == ["--"] else asked.program
    if not words:
        raise UsageError("There is no program to profile. Name one: ds profile -- python program.py")
    if words[0] == "import":
        return _import(words[1:], as_json=asked.json)
    stdout = sys.stderr.fileno() if asked.json else None  # what the program prints must not mix with the JSON
    config = from_options(ProfileConfig, asked)
    record, status = profile_program(words, config, stdout=stdout)
    if config.fix:
        try:
            _fix(record, words, status, config.repeat)
        except KeyboardInterrupt:  # what was found is not lost with what was to be tried
            status = 130
    _show(record, as_json=asked.json)
    return status


def _import(words: list[str], *, as_json: bool) -> int:
    parser = OptionParser(prog="ds profile import", help_command="ds profile import --help")
    parser.add_argument("file", nargs="*", help="what py-spy, speedscope, cProfile or `ds export` wrote")
    parser.add_argument("--count-s", type=float, default=COUNT_S, help="seconds that a count of collapsed stacks is")
    asked = parser.parse_args(words)
    if len(asked.file) != 1:
        raise UsageError("Import takes one file: ds profile import out.pstats")
    if not 0 < asked.count_s < math.inf:
        raise UsageError(f"A count of {asked.count_s:g} s is none. Give seconds above 0, as in --count-s 1e-6.")
    _show(import_profile(asked.file[0], count_s=asked.count_s), as_json=as_json)
    return 0


def _show(record: Record, *, as_json: bool) -> None:
    if as_json:
        print_json({"run": record.id, "path": str(record.path), "findings": _plain(record)})
    else:
        print(text(scene_of(record), width=100))
        print(f"The record: {record.path}. As a page: ds show {record.id} --html profile.html")


def _fix(record: Record, words: list[str], status: int, runs: int) -> None:
    """Try the remedies; each result is said as it comes, beside the program's own messages."""
    if status:
        print(f"The program ended with status {status}, so no remedy was tried.", file=sys.stderr)
        return
    try_remedies(
        record, ScriptBench(words), runs=runs, after_each=lambda trial: print(sentence(trial), file=sys.stderr)
    )


def _plain(record: Record) -> list[dict[str, object]]:
    """The findings for a program that reads them: `share` in [0, 1], gains as speed-ups of the whole (2.3 times)."""
    return [
        {
            "code": finding.code,
            "file": finding.file,
            "line": finding.line,
            "function": finding.function,
            "share": _number(finding.share_pct, 0),
            "expected": _number(finding.expected_gain_pct, 1),
            "measured": _number(finding.measured_gain_pct, 1),
            "advice": finding.advice,
        }
        for finding in latest_findings(record)
    ]


def _number(percent: float | None, base: int) -> float | None:
    return None if percent is None else round(base + percent / 100, 4)


COMMAND = Command(run=_run, add=_add, example="ds profile -- python train.py --epochs 2")
