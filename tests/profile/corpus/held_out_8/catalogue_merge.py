# code: none
# kind: healthy
# ruff: noqa
"""Sorts and joins generated star catalogues with the system's own tools, a few of them at a time."""

import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

any_STARS = vary(200000)
FIELDS = 6
SCAN = """
BEGIN {
    srand(field)
    for (star = 0; star < 2 * stars; star++) {
        if (rand() < 0.5)
            printf "%.6f,S%07d,%.2f,%.2f\\n", rand(), star, star * 7919 % 1400 / 100, star * 104729 % 300 / 100
    }
}
"""
SORT = ["sort", "--parallel=1", "-S", "64M", "-t", ","]


def tool(*command: str, output: Path) -> Path:
    with output.open("wb") as stream:
        subprocess.run(command, check=True, stdout=stream, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
    return output


def prepare(raw: Path) -> Path:
    """One field of the sky: taken in the order of the scan, then ordered by identifier without its faintest tenth."""
    number = raw.stem.removeprefix("field")
    tool("awk", "-v", f"field={number}", "-v", f"stars={any_STARS}", SCAN, output=raw)
    scan = tool(*SORT, "-k1,1n", str(raw), output=raw.with_suffix(".scan"))
    kept = tool("awk", "-F,", "$3 < 12.6 { print $2 FS $3 FS $4 }", str(scan), output=raw.with_suffix(".kept"))
    return tool(*SORT, "-k1,1", str(kept), output=raw.with_suffix(".sorted"))


def common(pair: tuple[Path, Path]) -> tuple[str, int]:
    """How many stars two neighbouring fields share, and the brightest of them."""
    first, second = pair
    joined = tool("join", "-t", ",", str(first), str(second), output=first.with_suffix(".joined"))
    ranked = tool(*SORT, "-k2,2n", str(joined), output=first.with_suffix(".ranked"))
    with ranked.open() as stream:
        brightest = stream.readline().split(",")[0]
        return brightest, 1 + sum(1 for _ in stream)


def main() -> None:
    missing = [name for name in ("sort", "join", "awk") if shutil.which(name) is None]
    if missing:
        print("not available:", *missing)
        return
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as any_workers:
        raw = [Path(folder) / f"field{number}.csv" for number in range(FIELDS)]
        fields = list(any_workers.map(prepare, raw))
        pairs = list(zip(fields, fields[1:]))
        for (left, right), (any_star, count) in zip(pairs, any_workers.map(common, pairs)):
            print(f"{left.stem} and {right.stem}: {count} in common, brightest {any_star}")


if __name__ == "__main__":
    main()
