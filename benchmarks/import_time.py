"""What `import ds_notebook` costs over bare Python, and what its first names cost: medians of alternating processes.

python benchmarks/import_time.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15
STATEMENTS = {
    "pass": "bare Python (control)",
    "import ds_notebook": "import ds_notebook",
    "import ds_notebook; ds_notebook.open_run": "... and read records",
    "import ds_notebook; ds_notebook.start_run": "... and write them",
    "import msgspec, psutil": "for comparison: msgspec and psutil alone",
}


def wall_ms(statement: str) -> float:
    """Wall time of one fresh interpreter that runs `statement`."""
    start_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return 1e3 * (time.perf_counter() - start_s)


def main() -> None:
    times_ms: dict[str, list[float]] = {statement: [] for statement in STATEMENTS}
    for _ in range(ROUNDS):
        for statement, times in times_ms.items():
            times.append(wall_ms(statement))
    bare_ms = statistics.median(times_ms["pass"])
    print("| what | over bare Python |\n|---|---|")
    for statement, name in STATEMENTS.items():
        print(f"| {name} | {statistics.median(times_ms[statement]) - bare_ms:.0f} ms |")


if __name__ == "__main__":
    main()
