"""`ds train FILE.py:setup`: the trainer without a notebook; the function gives what the magic's body would."""

from __future__ import annotations

import argparse
import inspect
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ds_notebook.cli._door import Command, add_json
from ds_notebook.cli._follow import show_result
from ds_notebook.errors import UsageError
from ds_notebook.options import add_options, from_options
from ds_notebook.record import open_run
from ds_notebook.train.again import AGAIN_HELP, config_again, kept_source, source_again
from ds_notebook.train.config import TrainConfig
from ds_notebook.train.made import returned_by


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="FILE.py:FUNCTION", nargs="?", help="returns a dict with model, train_data, val_data, ..."
    )
    parser.add_argument("--again", metavar="RUN", help=AGAIN_HELP)
    add_options(parser, TrainConfig, skip=("background",))  # a command has nothing to return to
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    from ds_notebook.train import Trainer  # torch takes a second to load: `--help` does without
    from ds_notebook.train.rng import seed_all

    source = asked.source
    if asked.again:
        before = open_run(asked.again)
        config = config_again(before, vars(asked))
        source = source or source_again(before)
    elif source:
        config = from_options(TrainConfig, asked)
    else:
        raise UsageError("Name the function that makes model and data, as in: ds train train.py:setup.")
    seed_all(config.seed)
    parts = returned_by(source, _setup(source)())
    with kept_source(source):
        run = Trainer(**parts, config=config).fit()
    show_result(run, as_json=asked.json)
    return 0


def _setup(source: str) -> Callable[[], Any]:
    path, _, name = source.rpartition(":")
    if not path or not Path(path).is_file():
        raise UsageError(f"{source!r} is not a file and a function in it, as in: train.py:setup.")
    sys.path.insert(0, str(Path(path).resolve().parent))  # as for `python FILE.py`: it may import its neighbours
    function: Callable[[], Any] | None = runpy.run_path(path).get(name)
    if not callable(function):
        raise UsageError(f"{path} has no function {name!r}.")
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        raise UsageError(f"{source} is called without arguments: {error}. Give them defaults.") from None
    return function


COMMAND = Command(run=_run, add=_add, example='ds train model.py:setup --epochs 5 --gate "val_accuracy >= 0.97"')
