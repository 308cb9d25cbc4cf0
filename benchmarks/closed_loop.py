"""What `--fix` measures beside what the rules expected, on the programs of the corpus whose remedy can be tried.

    nice -n 5 python benchmarks/closed_loop.py                    # some minutes
    nice -n 5 python benchmarks/closed_loop.py --only serialization_json pandas_rows_apply
    nice -n 5 python benchmarks/closed_loop.py --beside 1         # each program with a second of other work

The programs of the corpus are hardly anything but their fault. Where more than 90% of the time can go, rules promise
"10x or more", and that is compared with what was measured up to 10x. `--beside` is the fault in a program that does
something else as well.

Each program is profiled once as `ds profile --json --fix -- python PROGRAM` does it. Asked for: both total speed-ups
within 15% of each other in at least 80% of the rules, and equal results. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from ds_notebook.profile.found import MOST_PROMISED
from ds_notebook.profile.trials.remedies import remedies
from ds_notebook.record import Record
from tests.profile.corpus.corpus import Program, load, paths

WITHIN = 0.15


def programs(names: list[str]) -> list[tuple[str, Program]]:
    """Those seeded with a fault that a remedy exists for."""
    loaded = [(path.stem, load(path, random.Random(0))) for path in paths("seen") if not names or path.stem in names]
    return [(name, each) for name, each in loaded if each.kind == "seeded" and each.code in remedies()]


def with_work(source: str, seconds: float) -> str:
    """The program with so much work at its end that no rule has anything to say about."""
    if not seconds:
        return source
    block, digest, began = bytes(1 << 20), hashlib.sha256(), time.perf_counter()
    for _ in range(100):
        digest.update(block)
    rounds = round(100 * seconds / (time.perf_counter() - began))
    return source + (
        "\nimport hashlib as _hashes\n_digest, _block = _hashes.sha256(), bytes(1 << 20)\n"
        f"for _round in range({rounds}):\n    _digest.update(_block)\n"
    )


def trial_of(name: str, program: Program, folder: Path, beside_s: float) -> list[str]:
    """A row: what was expected, measured, and whether the result was equal."""
    (folder / f"{name}.py").write_text(with_work(program.source, beside_s))
    command = [str(Path(sys.executable).with_name("ds")), "profile", "--json", "--fix", "--", "python", f"{name}.py"]
    environment = {**os.environ, "DS_RUNS": str(folder)}
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    try:
        record = Record(Path(json.loads(said.stdout)["path"]))
    except ValueError:
        return [program.code, name, "-", "-", "-", "-", said.stderr.strip()[-80:]]
    done = [each for each in record.decisions if each.policy == "trial" and each.subject.startswith(program.code + " ")]
    if not done:
        return [program.code, name, "-", "-", "-", "-", "not found by its rule"]
    evidence = done[0].evidence
    expected, measured = evidence["expected"], evidence["measured"]
    if measured is None:
        return [program.code, name, f"{expected:.2f}", "-", "-", "-", done[0].reason.partition(": ")[2]]
    ratio = min(measured, MOST_PROMISED) / expected
    equal = {True: "yes", False: "no", None: "-"}[evidence["equal"]]
    return [program.code, name, f"{expected:.2f}", f"{measured:.2f}", f"{ratio:.2f}", equal, done[0].verdict]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--beside", type=float, default=0.0, help="seconds of other work in each program")
    asked = parser.parse_args()
    head = ["rule", "program", "expected", "measured", "measured / expected", "equal", "verdict"]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}", flush=True)
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for name, program in programs(asked.only):
            row = trial_of(name, program, Path(folder), asked.beside)
            print(f"| {' | '.join(row)} |", flush=True)
            if row[4] != "-":
                ratios.append(float(row[4]))
    near = sum(1 - WITHIN <= ratio <= 1 + WITHIN for ratio in ratios)
    print(f"\n{near} of {len(ratios)} within {WITHIN:.0%}.")


if __name__ == "__main__":
    main()
