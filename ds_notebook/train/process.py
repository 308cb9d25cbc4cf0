"""Training in a process of its own, which outlives the kernel: it runs the cell's text, and tells where its run is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from ds_notebook.errors import DsError, UsageError
from ds_notebook.options import from_builtins, to_builtins
from ds_notebook.record import Record, Run
from ds_notebook.train.config import TrainConfig
from ds_notebook.train.made import made_in

_SENTENCE = "UsageError: "


def start_process(body: str, names: Mapping[str, str], config: TrainConfig) -> Record:
    """Run `body` in a new process and train what it makes; returns once the run has started.

    `names` are the names by which the body calls model, train_data and so on. However long its own work takes before
    that, an interrupt ends it. Raises UsageError, with what the process said last, where it ends before.
    """
    config = replace(config, background=None, checkpoint_every_s=config.checkpoint_interval_s)
    job = {"body": body, "names": dict(names), "config": to_builtins(config)}
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "ds_notebook.train.process"],  # -u: a kill loses no line
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,  # the kernel's interrupts and end are not for it
        )
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps(job))
        process.stdin.close()
        try:
            path = process.stdout.readline().strip()
        except BaseException:  # interrupted: nobody would know of the run
            process.kill()
            process.wait()
            raise
        process.stdout.close()
        if path:
            threading.Thread(target=process.wait, name="ds-train wait", daemon=True).start()  # or it stays a zombie
            return Record(Path(path))
        process.wait()
        said.seek(0)
        last = next((line for line in reversed(said.read().splitlines()) if line.strip()), "nothing")
    if last.startswith(_SENTENCE):
        raise UsageError(last.removeprefix(_SENTENCE))
    raise UsageError(
        f"The process ended before its training began, and said last: {last.rstrip('.')}. "
        "With a process of its own, the cell must import and make all that it uses."
    )


def _main() -> None:
    kernel = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the cell prints is not for the kernel to read
    job = json.load(sys.stdin)
    from ds_notebook import start
    from ds_notebook.train.rng import seed_all
    from ds_notebook.train.trainer import Trainer

    config = from_builtins(TrainConfig, job["config"])
    seed_all(config.seed)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(job["body"], "<cell>", "exec"), namespace)
    start.announce.append(lambda run: _tell(run, kernel))
    try:
        Trainer(config=config, **made_in(namespace, job["names"])).fit()
    except DsError as error:  # no traceback: the record has it, or whoever waits for one reads it here
        sys.exit(f"{type(error).__name__}: {error}")


def _tell(run: Run, kernel: TextIO) -> None:
    """Where the run is; what was printed goes to a file beside the record, and so does what will be."""
    sys.stdout.flush()
    sys.stderr.flush()
    output = os.open(run.path / "output.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(output, os.pread(sys.stderr.fileno(), os.fstat(sys.stderr.fileno()).st_size, 0))
    print(run.path, file=kernel, flush=True)
    kernel.close()
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.close(output)


if __name__ == "__main__":
    _main()
