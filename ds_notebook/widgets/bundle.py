"""What a notebook saves of a scene: one bundle of the record's address, a still picture and a text."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from ds_notebook.draw import Scene, png, text
from ds_notebook.record import Record

RUN_TYPE = "application/vnd.ds-notebook.run+json"
VERSION = 1
WIDTH = 760
MOST_PICTURE_BYTES = 69_000
"""As base64 92 kB: with its text an output is below 100 kB."""


class Bundle(NamedTuple):
    """What IPython displays: content by MIME type, and what a front end should know of each."""

    data: dict[str, Any]
    metadata: dict[str, Any]


def bundle(record: Record, scene: Scene, *, as_of: str = "") -> Bundle:
    """The MIME bundle of a run: every front end draws the richest type it knows.

    `as_of`, a time of day, marks the picture of a run that goes on; it is drawn at half the
    resolution, in less than half the time.
    """
    if as_of:
        scene = Scene(title=f"{scene.title} (as of {as_of})", panels=scene.panels, commands=scene.commands)
    data = {
        RUN_TYPE: {"run_id": record.id, "path": _relative(record), "version": VERSION},
        "image/png": png(scene, WIDTH, scale=1 if as_of else 2, most_bytes=MOST_PICTURE_BYTES),
        "text/plain": f"{text(scene)}\nrun {record.id}",
    }
    return Bundle(data, {"image/png": {"width": WIDTH, "alt": scene.title}})


def scene_bundle(scene: Scene) -> Bundle:
    """The picture and the text of a scene that belongs to no single run, such as a comparison."""
    data = {"image/png": png(scene, WIDTH, scale=2, most_bytes=MOST_PICTURE_BYTES), "text/plain": text(scene)}
    return Bundle(data, {"image/png": {"width": WIDTH, "alt": scene.title}})


def _relative(record: Record) -> str:
    """The run's folder as seen from the notebook's: a saved notebook must not tell where its author works."""
    try:
        return os.path.relpath(record.path)
    except ValueError:  # another drive
        return record.id
