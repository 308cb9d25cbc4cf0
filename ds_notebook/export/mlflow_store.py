"""An MLflow store of its own: a SQLite file with the run's params, metrics and tags, and its files as artifacts."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from ds_notebook.errors import RecordError, UsageError, missing_extra
from ds_notebook.export.names import Names, flat, shown
from ds_notebook.export.rows import Block, standing_rows
from ds_notebook.record import Record
from ds_notebook.record.state import State

EXPERIMENT = "ds-notebook"
_STATUS: Mapping[State, str] = {
    "queued": "SCHEDULED",
    "running": "RUNNING",
    "paused": "RUNNING",
    "finished": "FINISHED",
    "failed": "FAILED",
    "lost": "FAILED",
}
"""The rest is KILLED."""
_BATCH = 1000
"""As many metrics as MLflow takes at once."""
_MAX_TEXT = 5000


@contextmanager
def _quiet() -> Iterator[None]:
    """MLflow reports its use to its makers unless told otherwise before its import, and logs the tables it makes."""
    before = os.environ.get("MLFLOW_DISABLE_TELEMETRY")
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.WARNING)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if before is None:
            del os.environ["MLFLOW_DISABLE_TELEMETRY"]
        else:
            os.environ["MLFLOW_DISABLE_TELEMETRY"] = before


try:
    with _quiet():
        import alembic  # noqa: F401  # MLflow asks for both when the store is opened, in other words
        import sqlalchemy  # noqa: F401
        from mlflow.entities import Metric, Param, RunTag
        from mlflow.tracking import MlflowClient
except ImportError:
    raise missing_extra("Export to MLflow", "mlflow") from None


def write(record: Record, path: Path, final: Path) -> list[str]:
    """A folder with `mlflow.db` and `artifacts`; the store knows the place of its files by `final`.

    Infinities become the largest numbers there are, as SQL has none.
    """
    if odd := set("?#%") & set(str(path)):
        raise UsageError(f"{final} holds {min(odd)!r}, which no SQLite address may. Choose another place with out.")
    path.mkdir()
    with _quiet():
        client = MlflowClient(tracking_uri=f"sqlite:///{path / 'mlflow.db'}")
        return _write(client, record, path, final)


def _write(client: MlflowClient, record: Record, path: Path, final: Path) -> list[str]:
    started, ended = record.started, record.ended
    experiment = client.create_experiment(EXPERIMENT, artifact_location=(final / "artifacts").as_uri())
    run_id = client.create_run(
        experiment, start_time=_ms(started.at) if started else None, run_name=shown(record.id)
    ).info.run_id
    client.log_batch(run_id, tags=[RunTag(name, value) for name, value in _tags(record).items()])
    params = iter(_params(started.config if started else {}))
    while some := list(islice(params, 100)):
        client.log_batch(run_id, params=some)
    names = Names(mlflow_name)
    metrics = (metric for block in standing_rows(record) for metric in _metrics(block, names))
    while batch := list(islice(metrics, _BATCH)):
        client.log_batch(run_id, metrics=batch)
    # By hand: the client would write to `final`, which is not there yet.
    remarks = _copy_artifacts(record, path / "artifacts" / run_id / "artifacts")
    client.set_terminated(run_id, _STATUS.get(record.state, "KILLED"), _ms(ended.at) if ended else None)
    return names.remarks() + remarks


def mlflow_name(name: str) -> str:
    """`name` in the letters that MLflow takes for a metric or param: a path that stays what it is."""
    allowed = re.sub(r"[^\w.\- :/]", "_", shown(name))
    parts = [part for part in allowed.split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "unnamed"


def _metrics(block: Block, names: Names) -> Iterator[Metric]:
    for name, values in block.columns.items():
        key = names.of(name)
        for step, time, value in zip(block.steps, block.times, values, strict=True):
            yield Metric(key, value, _ms(time), step)


def _params(config: Mapping[str, Any]) -> Iterator[Param]:
    names = Names(mlflow_name)
    for name, value in flat(config).items():
        yield Param(names.of(name), str(value)[:_MAX_TEXT])


def _tags(record: Record) -> dict[str, str]:
    tags = {"ds_notebook.run_id": record.id, "ds_notebook.state": record.state}
    if started := record.started:
        tags |= {f"ds_notebook.{name}": getattr(started, name) for name in ("kind", "name", "host", "version")}
        tags |= {"ds_notebook.tags": " ".join(started.tags), "mlflow.note.content": started.notes}
    return {name: value[:_MAX_TEXT] for name, value in tags.items() if value}


def _copy_artifacts(record: Record, folder: Path) -> list[str]:
    """Each file whose hash is right; of those saved twice under one name the later one."""
    folder.mkdir(parents=True)
    names, left_out = Names(_file_name), list[str]()
    for path, artifact in {artifact.path: artifact for artifact in record.artifacts}.items():
        try:
            (folder / names.of(path)).write_bytes(record.open(artifact))
        except RecordError as error:
            left_out.append(str(error))  # of checkpoints only the newest are kept
    return left_out if len(left_out) <= 2 else [f"{len(left_out)} files are left out, such as: {left_out[-1]}"]


def _file_name(path: str) -> str:
    """A stranger's path as a name in one folder."""
    return mlflow_name(path.rpartition("/")[2]).replace(":", "_")


def _ms(at: float) -> int:
    return int(at * 1000)
