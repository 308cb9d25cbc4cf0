"""What a live view costs the kernel: processor time of the same loop with the view on and off, in turns.

    python benchmarks/live_cost.py               # a table: in JupyterLab, in an unknown page, in VS Code

A loop of ten steps a second runs in a cell of a real kernel, a minute at a time: as often as the still is redrawn in
JupyterLab. The difference of the process times is the view's, its messages and threads included.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jupyter_client.manager import start_new_kernel

from ds_notebook.host import DRAWN_BY_LAB

ROUNDS = 5
MINUTE_S = 62
"""A little more, so that a redraw falls into each turn."""
PAGES: dict[str, Mapping[str, str]] = {
    "JupyterLab: drawn by the server, a still a minute": {DRAWN_BY_LAB: "1"},
    "unknown page: the still": {},
    "VS Code: the widget": {"VSCODE_PID": "1"},
}
LOOP = """\
import time
import ds_notebook as ds
from ds_notebook import start

%load_ext ds_notebook
show = start.announce[-1]


def cost_s(seconds, on):
    start.announce[:] = [show] if on else []
    before_s = time.process_time()
    with ds.start_run("cost", total_steps=10 * seconds) as run:
        for step in run.steps(range(10 * seconds)):
            time.sleep(0.1)
            run.log(loss=2 / (step + 1), val_loss=3 / (step + 1), grad_norm=step % 7, lr=1 / (step + 9))
    return time.process_time() - before_s
"""


@contextmanager
def kernel(page: Mapping[str, str]) -> Iterator[Any]:
    """A client of a kernel as this page starts it."""
    kept = {name: value for name, value in os.environ.items() if name not in (DRAWN_BY_LAB, "VSCODE_PID")}
    manager, client = start_new_kernel(kernel_name="python3", env={**kept, **page})
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def value(client: Any, code: str, expression: str = "None") -> str:
    """The text of an expression after a cell."""
    reply = client.execute_interactive(
        code, user_expressions={"result": expression}, timeout=600, output_hook=lambda message: None
    )["content"]
    if reply["status"] != "ok":
        raise RuntimeError("\n".join(reply["traceback"]))
    return str(reply["user_expressions"]["result"]["data"]["text/plain"])


def shares(page: Mapping[str, str], seconds: int, rounds: int) -> list[float]:
    """Of each round, the share of a core that the view took."""
    with kernel(page) as client:
        value(client, LOOP)
        value(client, "cost_s(2, True), cost_s(2, False)")  # imports, fonts, the first picture
        found = []
        for _ in range(rounds):
            on_s = float(value(client, f"taken = cost_s({seconds}, True)", "taken"))
            off_s = float(value(client, f"taken = cost_s({seconds}, False)", "taken"))
            found.append((on_s - off_s) / seconds)
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description="What a live view costs the kernel.")
    parser.add_argument("--seconds", type=int, default=MINUTE_S, help=f"of each turn ({MINUTE_S})")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns with and without the view ({ROUNDS})")
    parser.add_argument("--page", choices=list(PAGES), action="append", help="only this row; may be repeated")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as runs:
        os.environ["DS_RUNS"] = runs
        print("| page | share of a core, median | lowest | highest |\n|---|---|---|---|")
        for name in asked.page or PAGES:
            found = shares(PAGES[name], asked.seconds, asked.rounds)
            print(f"| {name} | {statistics.median(found):.2%} | {min(found):.2%} | {max(found):.2%} |", flush=True)


if __name__ == "__main__":
    main()
