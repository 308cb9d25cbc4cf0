"""What a profiler costs the code that it looks at: ours and the peers', on a Python loop and on torch training.

    python benchmarks/profile_overhead.py                # all tools, about 15 minutes
    python benchmarks/profile_overhead.py --only ours control

Each tool has a kernel of its own. In it blocks of a third of a second run off and on in turns, without a pause, which
would make the first block after it slow: the ratio is of process CPU time, on over the mean of the two offs beside it.
The last column is the CPU that the tool itself takes in ten seconds: our sampler's own thread, py-spy's own process,
and, to compare with, a thread that wakes up as often and does nothing else. A control row has the tool that does
nothing: the table is void unless it is 1.00 +- 0.01. Scalene profiles whole programs: each of its blocks is a process,
and its control another row. The peers stand in peers-requirements.txt.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from jupyter_client.manager import start_new_kernel

WORK = """\
import contextlib, os, resource, signal, subprocess, sys, tempfile, time
import torch
from torch import nn

torch.set_num_threads(1)
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 26 * 26, 10))
optimizer = torch.optim.Adam(net.parameters())
images, labels = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))


def python_loop():
    total = 0
    for number in range(4_000_000):
        total += number * number % 7


def torch_training():
    for _ in range(60):
        loss = nn.functional.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def block_s(work, profiler=contextlib.nullcontext):
    with profiler():
        start_s = time.process_time()
        work()
        return time.process_time() - start_s
"""
OURS = """\
import ds_notebook as ds
from ds_notebook.profile import profile_of

beside = []


@contextlib.contextmanager
def tool():
    with ds.profiled(rate_hz={hz}) as run:
        yield
    observed = profile_of(run.record).observed
    beside.append(100 * observed.sampler_cpu_s / observed.wall_s)
"""
BARE_THREAD = """\
import threading

beside = []


@contextlib.contextmanager
def tool():
    ending = []
    thread = threading.Thread(target=wake, args=(ending,))
    start_s = time.monotonic()
    thread.start()
    yield
    ending.append(True)
    thread.join()
    beside[-1] *= 100 / (time.monotonic() - start_s)


def wake(ending):
    due_s = time.perf_counter()
    while not ending:
        due_s = max(due_s + 0.01, time.perf_counter() + 0.0025)  # as the sampler does: it waits 5 ms for the GIL
        time.sleep(max(0.0, due_s - time.perf_counter()))
    beside.append(time.thread_time())
"""
PY_SPY = """\
beside = []


@contextlib.contextmanager
def tool():
    command = ["py-spy", "record", "--rate", "100", {option}"--output", tempfile.mktemp(), "--pid", str(os.getpid())]
    before_s = resource.getrusage(resource.RUSAGE_CHILDREN)
    spy = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    spy.stdout.readline()
    time.sleep(0.3)
    start_s, cpu_s = time.monotonic(), of(spy.pid)
    yield
    beside.append(100 * (of(spy.pid) - cpu_s) / (time.monotonic() - start_s))
    spy.send_signal(signal.SIGINT)
    spy.communicate()


def of(pid):
    fields = open(f"/proc/{{pid}}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
"""
TOOLS = {
    "control": "tool, beside = contextlib.nullcontext, []",
    "ours, 100 Hz": OURS.format(hz=100),
    "ours, 1000 Hz": OURS.format(hz=1000),
    "a thread that only wakes, 100 Hz": BARE_THREAD,
    "py-spy, 100 Hz": PY_SPY.format(option=""),
    "py-spy, 100 Hz, nonblocking": PY_SPY.format(option='"--nonblocking", '),
    "pyinstrument, 1 ms": "import pyinstrument\ntool, beside = pyinstrument.Profiler, []",
    "pyinstrument, 10 ms": "import pyinstrument\ntool, beside = lambda: pyinstrument.Profiler(interval=0.01), []",
    "cProfile": "import cProfile\ntool, beside = cProfile.Profile, []",
    "line_profiler": """\
import line_profiler
tool, beside = lambda: line_profiler.LineProfiler(python_loop, torch_training), []
""",
    "memray": "import memray\ntool, beside = lambda: memray.Tracker(tempfile.mktemp()), []",
}
PROGRAMS = {
    "control, whole programs": [sys.executable],
    "scalene, CPU only": [sys.executable, "-m", "scalene", "run", "--cpu-only", "-o", os.devnull],
}
PAIRS = 15
LONG_S = 10


class Row(NamedTuple):
    """Of one tool and one workload."""

    ratio: float
    low: float
    high: float
    control: float
    beside_pct: float | None = None


@contextmanager
def kernel() -> Iterator[Any]:
    """A client of a kernel whose runs lie in a folder that is removed."""
    with tempfile.TemporaryDirectory() as folder:
        manager, client = start_new_kernel(env=os.environ | {"DS_RUNS": folder, "OMP_NUM_THREADS": "1"})
        try:
            yield client
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def value(client: Any, code: str, expression: str = "None") -> Any:
    """Of an expression after a cell; raises RuntimeError with the cell's own error."""
    reply = client.execute_interactive(
        code, user_expressions={"result": expression}, timeout=600, output_hook=lambda message: None
    )["content"]
    if reply["status"] != "ok":
        raise RuntimeError(reply["evalue"])
    return ast.literal_eval(reply["user_expressions"]["result"]["data"]["text/plain"])


def kernel_row(client: Any, work: str, pairs: int) -> Row:
    """Of blocks in turns, those of the first three turns not counted."""
    in_turns = f"[block_s({work}, each) for _ in range({pairs} + 3) for each in (contextlib.nullcontext, tool)]"
    row = measured(value(client, f"blocks = {in_turns} + [block_s({work})]", "blocks[6:]"))
    if value(client, "", "beside") == []:
        return row
    long = f"""\
def long():
    end_s = time.monotonic() + {LONG_S}
    while time.monotonic() < end_s:
        {work}()


beside.clear()
for _ in range(5):
    block_s(long, tool)"""
    return row._replace(beside_pct=statistics.median(value(client, long, "beside")))


def program_row(command: list[str], work: str, pairs: int) -> Row:
    """Of processes in turns; raises RuntimeError with what one of them said that failed."""
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "program.py")
        with open(program, "w") as file:
            file.write(f"{WORK}\nwith open(r'{folder}/seconds', 'w') as file: print(block_s({work}), file=file)\n")

        def block_s(command: list[str]) -> float:
            done = subprocess.run([*command, program], cwd=folder, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stderr.strip().rpartition("\n")[2] or f"exit status {done.returncode}")
            with open(f"{folder}/seconds") as file:
                return float(file.read())

        plain = [sys.executable]
        return measured([block_s(each) for _ in range(pairs) for each in (plain, command)] + [block_s(plain)])


def measured(blocks: list[float]) -> Row:
    """Of the seconds of blocks, off, on, off, on, ..., off."""
    offs, ons = blocks[::2], blocks[1::2]
    pairs = len(ons)
    ratios = sorted(
        2 * on / (before + after) for on, (before, after) in zip(ons, itertools.pairwise(offs), strict=True)
    )
    outside = round(0.98 * pairs**0.5)  # of the median: at least 95% by the binomial distribution
    return Row(
        statistics.median(ratios),
        ratios[max(0, pairs // 2 - outside)],
        ratios[min(pairs - 1, pairs // 2 + outside)],
        statistics.median(after / before for before, after in itertools.pairwise(offs)),
    )


def rows(tool: str, pairs: int) -> Iterator[tuple[str, Row]]:
    """Of both kinds of work."""
    for work in ("python_loop", "torch_training"):
        if tool in PROGRAMS:
            yield work, program_row(PROGRAMS[tool], work, pairs)
            continue
        with kernel() as client:
            value(client, WORK + TOOLS[tool])
            yield work, kernel_row(client, work, pairs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[*TOOLS, *PROGRAMS], help="tools whose names begin so")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    options = parser.parse_args()
    print("| tool | work | CPU, on over off | 95% of the median | off over off | own CPU, of wall |")
    print("|---|---|---|---|---|---|")
    for tool in (*TOOLS, *PROGRAMS):
        if not tool.startswith(tuple(options.only)):
            continue
        try:
            for work, row in rows(tool, options.pairs):
                own = "" if row.beside_pct is None else f"{row.beside_pct:.2f}%"
                print(
                    f"| {tool} | {work.replace('_', ' ')} | {row.ratio:.3f} | {row.low:.3f} to {row.high:.3f} "
                    f"| {row.control:.3f} | {own} |",
                    flush=True,
                )
        except RuntimeError as error:
            print(f"| {tool} | | not measured: {error} | | | |", flush=True)


if __name__ == "__main__":
    main()
