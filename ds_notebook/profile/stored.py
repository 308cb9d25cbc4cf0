"""A profile as its record holds it: read back after the kernel has gone, by this version or a newer one."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ds_notebook.errors import RecordError
from ds_notebook.profile import observed
from ds_notebook.profile.folded import Profile, fold
from ds_notebook.profile.observed import Observed
from ds_notebook.record import Record
from ds_notebook.record.events import Artifact

SOURCES = "profile-sources"
"""The artifact with the lines of the user's own places."""


Kind = TypeVar("Kind")


def profile_of(record: Record) -> Profile:
    """The profile in a record, also one that goes on or was cut off.

    Raises RecordError for an artifact that was changed since, or is none of a profile's.
    """
    events = list(record.events())
    kinds = {event.kind: event for event in events if isinstance(event, Artifact)}
    stacks = fold(events)
    found = _read(record, kinds.get(observed.KIND), Observed)
    if found is None:  # it was killed before it could say
        found = Observed(wall_s=sum(stack.wall_s for stack in stacks if stack.lane == "main"))
    sources = _read(record, kinds.get(SOURCES), dict[str, list[str]]) or {}
    return Profile(stacks=stacks, observed=found, sources=sources)


def _read(record: Record, artifact: Artifact | None, kind: type[Kind]) -> Kind | None:
    if artifact is None:
        return None
    try:
        return msgspec.json.decode(record.open(artifact), type=kind)
    except msgspec.MsgspecError as error:
        raise RecordError(f"{artifact.path} of {record.id} cannot be read as a profile's: {error}.") from None
