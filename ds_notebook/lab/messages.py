"""What the server half sends and takes, as JSON: the front end's types and the OpenAPI description follow from it."""

from __future__ import annotations

from typing import Literal

import msgspec

from ds_notebook.draw import Scene
from ds_notebook.record.state import State


class Host(msgspec.Struct, kw_only=True):
    """The machine that the server runs on, for what a person should know before starting there."""

    version: str
    demo_host: str | None
    """Such as "binder": nothing is kept there."""
    idle_limit_s: float | None
    """Without use for so long, a kernel or the server is shut down."""
    memory_bytes: int | None
    missing: list[str]
    """A sentence each: what is not here and what happens instead."""


class RunSummary(msgspec.Struct, kw_only=True):
    """A run as a line of a list."""

    id: str
    path: str
    """How requests name it."""
    name: str
    kind: str
    state: State
    words: str
    """The state as a person says it: running, epoch 3 of 5, 1 min 10 s left."""
    headline: str
    """The number that counts: val_accuracy 0.981."""
    progress: float | None
    """From 0 to 1; null where the number of steps is not known."""
    started_at: float
    """Unix seconds."""
    silent_s: float
    """Seconds since the record last grew."""
    tags: list[str]


class Folder(msgspec.Struct, kw_only=True):
    """A runs folder that was looked at."""

    path: str
    problem: str
    """One sentence; empty if there is none."""


class RunList(msgspec.Struct, kw_only=True):
    """The runs of all folders asked for, newest first, and beside them the queue of this machine."""

    folders: list[Folder]
    runs: list[RunSummary]
    queue: RunSummary | None
    """The scheduler's own run; null where none was ever started."""


class Sent(msgspec.Struct, kw_only=True):
    """A command, and what the record says became of it."""

    id: str
    word: str
    verdict: Literal["asked", "applied", "refused"]
    reason: str


class SceneMessage(msgspec.Struct, kw_only=True):
    """A run as it is now."""

    path: str
    id: str
    state: State
    version: str
    """Another one when anything else of the message is another."""
    scene: Scene
    commands: list[Sent]
    """The newest, oldest first."""


class Comparison(msgspec.Struct, kw_only=True):
    """Several runs in one drawing."""

    scene: Scene


class Order(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The body of a command: set takes a name and a number, cancel a job, priority a job and a whole number."""

    command: Literal["pause", "resume", "stop", "save", "set", "cancel", "priority"]
    name: str | None = None
    """What to set."""
    job: str | None = None
    """Id of a job of the scheduler's queue."""
    value: float | None = None


class Accepted(msgspec.Struct, kw_only=True):
    """The command lies in the run's folder; the record will say what became of it."""

    id: str


class Refusal(msgspec.Struct, kw_only=True):
    """Why there is no answer, in one sentence."""

    message: str


class Problem(msgspec.Struct, kw_only=True):
    """Over the socket: why there is no scene of a run."""

    path: str
    problem: str


class Beat(msgspec.Struct, kw_only=True):
    """Over the socket: the connection lives."""

    beat: float
    """Unix seconds."""


class Asked(msgspec.Struct, kw_only=True, rename={"folders": "list", "first": "from", "last": "to"}):
    """What a page says over the socket: one of follow, unfollow, list and ack."""

    follow: str | None = None
    unfollow: str | None = None
    folders: list[str] | None = None
    """Follow the list of runs beside notebooks in these folders."""
    ack: int | None = None
    """Messages received so far."""
    width: int | None = None
    """Of `follow`: pixels."""
    first: int | None = None
    """Of `follow`: the window's first step..."""
    last: int | None = None
    """...and its last."""
