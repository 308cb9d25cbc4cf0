"""From what a user types, or a program says, to jobs: a notebook or a command, for each combination of parameters.

A parameter with several values is a sweep: `-p lr 0.1,0.01 -p depth 2,3` are four jobs.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ds_notebook.errors import UsageError, missing_extra
from ds_notebook.options import OptionParser, add_options, from_builtins, from_options, to_builtins
from ds_notebook.record.mask import masked
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.config import SubmitConfig
from ds_notebook.schedule.cron import next_time
from ds_notebook.schedule.job import JobSpec, wrong_id
from ds_notebook.schedule.parameters import unknown_parameters
from ds_notebook.schedule.typed import Parameter, memory_bytes, moment, values_of

Parameters = Mapping[str, Parameter | Sequence[Parameter]]

EXAMPLE = "nightly.ipynb -p lr 0.1,0.01 --cpus 1 --retries 2"
MOST_JOBS = 10_000
"""Of one sweep."""
_NOTEBOOK = ("-P", "-m", "ds_notebook.schedule.notebook")
"""-P: a file beside the notebook that is called as a module of Jupyter's is not taken for it."""


def add_submit_options(parser: OptionParser) -> None:
    """A notebook, its parameters, and the options of `SubmitConfig`; a command comes behind `--`."""
    parser.add_argument("notebook", nargs="?", metavar="NOTEBOOK", help="the notebook to run; or -- and a command")
    parser.add_argument(
        "-p",
        dest="parameters",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="a parameter (may be repeated); values with commas between are a job each",
    )
    add_options(parser, SubmitConfig)
    # argparse takes "-0.1,-0.2" and "-1e-3" for options, as its own pattern of a negative number knows neither
    parser._negative_number_matcher = re.compile(r"-\.?\d.*")


def jobs_of(words: Sequence[str], help_command: str = "ds schedule submit --help") -> list[JobSpec]:
    """The jobs of a line such as `nightly.ipynb -p lr 0.1 --cpus 2` or `--cpus 2 -- python train.py`.

    Raises UsageError.
    """
    parser = OptionParser(help_command=help_command)
    add_submit_options(parser)
    options, command = split_command(words)
    return jobs_asked(vars(parser.parse_args(options)), command)


def split_command(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """What stands before `--`, and the command behind it."""
    if "--" not in words:
        return list(words), []
    place = list(words).index("--")
    return list(words[:place]), list(words[place + 1 :])


def jobs_asked(asked: Mapping[str, Any], command: Sequence[str]) -> list[JobSpec]:  # argparse's values, of any type
    """The jobs of parsed options; raises UsageError."""
    config = from_options(SubmitConfig, asked)
    parameters = {name: values_of(text) for name, text in asked["parameters"]}
    if len(parameters) < len(asked["parameters"]):
        raise UsageError("A parameter is given twice. Values with commas between are a job each: -p lr 0.1,0.01.")
    if asked["notebook"] and command:
        raise UsageError("Give a notebook, or a command behind --, not both.")
    if asked["notebook"]:
        return notebook_jobs(asked["notebook"], parameters, config)
    return command_jobs(command, parameters, config)


def submit(
    target: str | Path | Sequence[str],
    *,
    parameters: Parameters | None = None,
    config: SubmitConfig | None = None,
    **options: Any,
) -> list[str]:
    """Queue a notebook (by its path) or a command (program and arguments); ids of the jobs, one a combination.

    Options are the fields of `SubmitConfig`; a parameter with a list of values is a sweep. Raises UsageError.

    >>> (id,) = submit("nightly.ipynb", parameters={"lr": 0.1}, cpus=2)
    """
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in options.items()}
    chosen = from_builtins(SubmitConfig, {**to_builtins(config or SubmitConfig()), **plain})
    if isinstance(target, bytes) or not isinstance(target, str | Path | Sequence):
        raise UsageError(
            f"The target is of type {type(target).__name__}: give a notebook's path, or a list of words to run."
        )
    if isinstance(target, str | Path):
        return Schedule().submit(*notebook_jobs(target, parameters or {}, chosen))
    return Schedule().submit(*command_jobs([_word(each) for each in target], parameters or {}, chosen))


def notebook_jobs(notebook: str | Path, parameters: Parameters, config: SubmitConfig) -> list[JobSpec]:
    """A job for each combination of the parameters; raises UsageError for what is no notebook."""
    path = Path(notebook).expanduser().absolute()
    _check_notebook(path, parameters)
    config = _named(config, config.id or path.stem)
    cwd = (config.cwd or path.parent).expanduser().absolute()
    found = []
    for id, suffix, values in _each(config, parameters):
        output = _output(config.output, path, id, values)
        found.append(
            _spec(
                config,
                id=id,
                name=config.name + suffix,
                kind="notebook",
                command=[sys.executable, *_NOTEBOOK],
                notebook=str(path),
                output=str(output),
                parameters=values,
                cwd=str(cwd),
            )
        )
    _check_outputs(path, [Path(spec.output) for spec in found], parameters)
    return found


def command_jobs(command: Sequence[str], parameters: Parameters, config: SubmitConfig) -> list[JobSpec]:
    """A job for each combination of the parameters, which stand in the command as `{name}`; raises UsageError."""
    if not command:
        raise UsageError(f"Submit needs a notebook, or a command behind --, as in: {EXAMPLE}.")
    cwd = (config.cwd or Path.cwd()).expanduser().absolute()
    program = _program(command[0], cwd)
    config = _named(config, config.id or _name_of(command))
    unused = [name for name in parameters if not any(f"{{{name}}}" in word for word in command)]
    if unused:
        raise UsageError(f"Parameter {unused[0]} is not in the command: write it there as {{{unused[0]}}}.")
    return [
        _spec(
            config,
            id=id,
            name=config.name + suffix,
            kind="service" if config.service or config.latency_target_ms else "command",
            command=[program, *(_filled(word, values) for word in command[1:])],
            parameters=values,
            cwd=str(cwd),
        )
        for id, suffix, values in _each(config, parameters)
    ]


def _word(word: Any) -> str:  # what a program gave
    if not isinstance(word, str | Path | int | float):
        raise UsageError(f"A word of the command is {word!r}: take text, a path or a number.")
    return str(word)


def _name_of(command: Sequence[str]) -> str:
    """The program's name, or the script's that it runs."""
    return next((Path(word).stem for word in command[1:2] if Path(word).suffix), Path(command[0]).name)


def _spec(config: SubmitConfig, **what: Any) -> JobSpec:  # fields of JobSpec
    now = time.time()
    if config.every:
        next_time(config.every, now)  # raises for what cron cannot read, before anything is asked of the scheduler
    return JobSpec(
        cpus=config.cpus,
        max_cpus=config.max_cpus,
        gpus=config.gpus,
        memory_bytes=memory_bytes(config.memory) if config.memory else None,
        priority=config.priority,
        deadline=moment(config.deadline, now) if config.deadline else None,
        not_before=moment(config.not_before, now) if config.not_before else None,
        every=config.every,
        after=list(config.after),
        retries=config.retries,
        timeout_s=config.timeout_s,
        latency_target_ms=config.latency_target_ms,
        env=_runs_folder() | dict(each.split("=", 1) for each in config.env),
        submitted_at=now,
        **what,
    )


def _runs_folder() -> dict[str, str]:
    """Where its submitter's runs go, there go the job's."""
    return {"DS_RUNS": os.environ["DS_RUNS"]} if "DS_RUNS" in os.environ else {}


def _named(config: SubmitConfig, name: str) -> SubmitConfig:
    return config if config.name else replace(config, name=name)


def _each(config: SubmitConfig, parameters: Parameters) -> Iterable[tuple[str, str, dict[str, Parameter]]]:
    """Id, what the name has behind it, and values of each combination."""
    columns = {name: _column(name, value) for name, value in parameters.items()}
    swept = [name for name, values in columns.items() if len(values) > 1]
    combinations = list(itertools.product(*columns.values()))
    if len(combinations) > MOST_JOBS:
        raise UsageError(f"That are {len(combinations):,} jobs; at most {MOST_JOBS:,} are taken at once.")
    base = config.id or f"{_slug(config.name)}-{secrets.token_hex(4)}"
    if wrong := wrong_id(base):
        raise UsageError(f"{wrong}.")
    for number, combination in enumerate(combinations, 1):
        values = dict(zip(columns, combination, strict=True))
        suffix = "".join(f" {name}={masked(values[name], name)}" for name in swept)
        yield (f"{base}-{number}" if swept else base), suffix, values


def _column(name: str, value: Any) -> list[Parameter]:  # what a user gave
    """The values of a parameter: one, or those of a list, tuple, range or array."""
    value = value.tolist() if hasattr(value, "tolist") else value
    values = list(value) if isinstance(value, list | tuple | range) else [value]
    for each in values:
        if not isinstance(each, Parameter) or (isinstance(each, float) and not math.isfinite(each)):
            raise UsageError(f"Parameter {name} is {each!r}: take text, a finite number, true, false or none.")
    return values


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:60] or "job"


def _filled(word: str, values: Mapping[str, Parameter]) -> str:
    for name, value in values.items():
        word = word.replace(f"{{{name}}}", str(value))
    return word


def _program(word: str, cwd: Path) -> str:
    """Where the program lies, as its user finds it: the scheduler may have been started from elsewhere."""
    found = shutil.which(cwd / word if "/" in word else word)
    if found is None:
        raise UsageError(f"There is no program {word!r} to run. Give its path, or check the spelling.")
    return str(Path(found).absolute())


def _check_notebook(path: Path, parameters: Parameters) -> None:
    if not path.is_file():
        raise UsageError(f"There is no notebook {path}. Check the path, or give a command behind --.")
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        content = None
    if path.suffix != ".ipynb" and not isinstance(content, dict):
        raise UsageError(f"{path} is not a notebook. A program stands behind --, as in: -- python {path.name}.")
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list) or "nbformat" not in content:
        raise UsageError(f"{path} is not a notebook of format 4: open it in JupyterLab and save it.")
    if find_spec("papermill") is None:
        raise missing_extra("A notebook job", "notebook")
    if unknown := unknown_parameters(content, parameters):
        raise UsageError(f"{path.name} {unknown}.")


def _output(asked: Path | None, notebook: Path, id: str, values: Mapping[str, Parameter]) -> Path:
    if asked is not None:
        return Path(_filled(str(asked.expanduser().absolute()), values))
    return notebook.parent / "ds_jobs" / f"{notebook.stem}.{id}.ipynb"


def _check_outputs(notebook: Path, outputs: Sequence[Path], parameters: Parameters) -> None:
    """No result replaces another, nor what was to be run."""
    if len(set(outputs)) < len(outputs):
        name = next(iter(parameters))
        raise UsageError(f"{len(outputs)} jobs would write the same output: have {{{name}}} in its name.")
    if wrong := [output for output in outputs if output.is_dir() or output.resolve() == notebook.resolve()]:
        what = "is a folder" if wrong[0].is_dir() else "is the notebook itself"
        raise UsageError(f"The output {wrong[0]} {what}: name another file.")
