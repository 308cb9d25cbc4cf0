"""Runs programs of the corpus under `ds profile` and says how right it was: python -m tests.profile.corpus.score

score.py [--seed N] [--folder seen|held_out|...|held_out_9] [NAME ...]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.profile.corpus.corpus import Program, load, paths

TIMEOUT_S = 120


class Finding(NamedTuple):
    """What `ds profile --json` said."""

    code: str
    line: int
    function: str
    expected: float


class Result(NamedTuple):
    """A program and what was found in it."""

    program: Program
    findings: list[Finding]

    @property
    def right(self) -> int:
        """Findings whose code is a truth of the program."""
        return sum(each.code in self.program.truths for each in self.findings)

    @property
    def found(self) -> bool:
        return any(each.code == self.program.code for each in self.findings)

    @property
    def placed(self) -> bool:
        """The line is one of those marked, or the function one that has one."""
        return any(each.code == self.program.code and self._is_there(each) for each in self.findings)

    def _is_there(self, finding: Finding) -> bool:
        parts = [part for part in finding.function.split(".") if not part.startswith("<")]
        function = parts[-1] if parts else "<module>"
        return finding.line in self.program.lines or function in self.program.functions


class Score(NamedTuple):
    """Of a list of results; each a share in [0, 1] but the last, a count."""

    precision: float
    recall: float
    place: float
    on_healthy: int


def profiled(program: Program, folder: Path) -> Result:
    """Run one program in `folder`, and read what was found."""
    path = folder / f"{random.Random(program.source).randrange(10**6)}.py"
    path.write_text(program.source)
    command = [sys.executable, "-m", "ds_notebook.cli", "profile", "--json", "--", sys.executable, path.name]
    environment = os.environ | {"DS_RUNS": str(folder / "ds_runs")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode:
        raise AssertionError(f"{program.name} failed:\n{done.stderr}")
    said = json.loads(done.stdout)["findings"]
    return Result(program, [Finding(each["code"], each["line"], each["function"], each["expected"]) for each in said])


def scored(results: list[Result]) -> Score:
    """Precision over all findings, recall and place over the seeded programs."""
    seeded = [each for each in results if each.program.kind == "seeded"]
    findings = sum(len(each.findings) for each in results)
    found = [each for each in seeded if each.found]
    return Score(
        precision=sum(each.right for each in results) / findings if findings else 1.0,
        recall=len(found) / len(seeded) if seeded else 1.0,
        place=sum(each.placed for each in found) / len(found) if found else 1.0,
        on_healthy=sum(len(each.findings) for each in results if each.program.kind == "healthy"),
    )


def run_all(folder: str, seed: int, names: list[str] | None = None, tell: bool = False) -> list[Result]:
    """Every program of a folder of the corpus, one after another, each with names and numbers of this seed."""
    results = []
    with tempfile.TemporaryDirectory(prefix="ds-corpus-") as scratch:
        for path in paths(folder):
            if names and path.stem not in names:
                continue
            result = profiled(load(path, random.Random(f"{seed} {path.stem}")), Path(scratch))
            results.append(result)
            if tell:
                print(row(result), flush=True)
    return results


def row(result: Result) -> str:
    """One line of the table."""
    program = result.program
    said = ", ".join(f"{each.code}:{each.line} {each.expected:.2f}x" for each in result.findings) or "-"
    right = {True: "yes", False: "NO"}
    kinds = {"seeded": f"{right[result.found]:>4}  {right[result.placed]:>4}"}
    healthy = f"{right[not result.findings]:>4}      "
    return f"{program.name:<28} {program.code:<24} {kinds.get(program.kind, healthy)}  {said}"


def main() -> None:
    """Print the table and the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", default="seen")
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    print(f"{'program':<28} {'code':<24} {'found':<5} {'place':<4} said")
    results = run_all(asked.folder, asked.seed, asked.names, tell=True)
    score = scored(results)
    print(
        f"\nprecision {score.precision:.2f}  recall {score.recall:.2f}  place {score.place:.2f}  "
        f"findings on healthy programs {score.on_healthy}"
    )


if __name__ == "__main__":
    main()
