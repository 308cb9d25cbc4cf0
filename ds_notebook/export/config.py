"""The options of an export, and the table of formats: a new one is a module and a line here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from ds_notebook.errors import UsageError
from ds_notebook.options import settle


class Format(NamedTuple):
    """Where a format is written and how its file is looked at; its module is loaded when it is asked for."""

    module: str
    """Has `write(record, path, final)`, which writes a file or a folder at `path` that will be renamed to `final`, and
    returns a sentence for each thing that was left out or altered."""
    suffix: str
    """Follows the run's id in the name that is taken where none is given."""
    opened_with: str
    """A sentence or command with {path}."""


FormatName = Literal["csv", "tensorboard", "mlflow", "chrome", "speedscope", "collapsed"]
FORMATS: dict[FormatName, Format] = {
    "csv": Format("ds_notebook.export.csv_table", ".csv", 'pandas.read_csv("{path}")'),
    "tensorboard": Format("ds_notebook.export.tensorboard_log", "-tensorboard", "tensorboard --logdir {path}"),
    "mlflow": Format(
        "ds_notebook.export.mlflow_store", "-mlflow", "mlflow ui --backend-store-uri sqlite:///{path}/mlflow.db"
    ),
    "chrome": Format("ds_notebook.export.chrome_trace", ".trace.json", "https://ui.perfetto.dev or chrome://tracing"),
    "speedscope": Format(
        "ds_notebook.export.speedscope_file",
        ".speedscope.json",
        "https://speedscope.app, or in JupyterLab",
    ),
    "collapsed": Format("ds_notebook.export.collapsed_stacks", ".collapsed.txt", "speedscope, or flamegraph.pl {path}"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportConfig:
    """What a run is exported to, and where."""

    to: FormatName
    """The other tool's format."""
    out: Path | None = None
    """The file or folder to write; left out, it is named after the run, in the working folder."""
    force: bool = False
    """Replace what is there: a file, or a folder that an export wrote."""

    def __post_init__(self) -> None:
        settle(self)
        if self.out is not None and not self.out.name:
            raise UsageError(f"out must name a file or folder to be made, got {str(self.out)!r}.")
