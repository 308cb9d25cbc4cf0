"""py-spy's raw lines as the stacks of a record."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.capture.threads import STANDING
from ds_notebook.record.events import Stacks

_THREAD = re.compile(
    r"(?P<processes>(?:process \d+:.*;)?)thread \(\w+\)(?:: (?P<name>[^;]*))?;(?P<frames>.*) (?P<count>\d+)", re.DOTALL
)
_NEXT = re.compile(r"\n(?=process \d+:\"|thread \()")
"""Between two stacks; a process's command line, as `python -c` has it, may be of many lines."""
_PROCESS = re.compile(r"(?:^|;)process (\d+):\"")
_FRAME = re.compile(r"(?P<function>.*) \((?P<file>[^()]*?)(?::(?P<line>\d+))?\)")
_NAMELESS = re.compile(r"0x[0-9a-f]+ ")
_STARTS = re.compile(r"ds_magics[/\\]profile\.py$|ds_notebook[/\\]profile[/\\](program|session)\.py$")
"""Files of ours that the user's code runs below."""


def events_of(text: str, places: Places, *, rate_hz: float, ran: Mapping[str, tuple[float, float]]) -> list[Stacks]:
    """One event a lane: the main thread, other threads, other processes; what only stands in a kernel is left out.

    `ran` has the seconds in which the threads of this process did not wait, on the clock and with a core: py-spy says
    what they did in these. Of another process its counts are all there is.
    """
    lanes: dict[str, dict[tuple[str, ...], float]] = {}
    for line in _NEXT.split(text.rstrip("\n")):
        match = _THREAD.fullmatch(line)
        if match is None:
            continue
        path = _path(match["frames"].split(";"), places)
        name = match["name"] or "MainThread"  # a process that has not imported `threading` has but that one
        if path and not name.startswith("ds-"):
            sums = lanes.setdefault(_lane(match["processes"], name), {})
            sums[path] = sums.get(path, 0.0) + int(match["count"]) / rate_hz
    return [_event(lane, sums, ran.get(lane)) for lane, sums in lanes.items()]


def _lane(processes: str, thread: str) -> str:
    pids = _PROCESS.findall(processes)
    own = "main" if thread == "MainThread" else f"thread {thread}"
    if len(pids) < 2:
        return own
    return f"process {pids[-1]}" + ("" if own == "main" else f" {own}")


def _path(texts: list[str], places: Places) -> tuple[str, ...]:
    """Root first, from the user's code on; empty for a thread of the kernel's own."""
    frames = [match for text in texts if not _NAMELESS.match(text) and (match := _FRAME.fullmatch(text))]
    starts = [i for i, frame in enumerate(frames) if _STARTS.search(frame["file"])]
    whose = [places.of(frame["file"]).whose if frame["line"] else "library" for frame in frames]
    users = [i for i, each in enumerate(whose) if each == "users"]
    first = starts[-1] + 1 if starts else users[0] if users else 0
    if not users and any(f"/{package}/" in frame["file"] for frame in frames for package in STANDING):
        return ()
    return tuple(
        f"{frame['function']} ({places.of(frame['file']).name}:{frame['line'] or 0})"
        for frame, each in zip(frames[first:], whose[first:], strict=True)
        if each not in ("ours", "launcher")
    )


def _event(lane: str, sums: dict[tuple[str, ...], float], ran: tuple[float, float] | None) -> Stacks:
    numbers = {text: i for i, text in enumerate(dict.fromkeys(text for path in sums for text in path))}
    counted_s = sum(sums.values())
    wall_s, cpu_s = ran or (counted_s, counted_s)
    return Stacks(
        frames=list(numbers),
        stacks=[[numbers[text] for text in path] for path in sums],
        weights_s=[round(seconds * wall_s / counted_s, 6) for seconds in sums.values()],
        cpu_s=[round(seconds * cpu_s / counted_s, 6) for seconds in sums.values()],
        lane=lane,
    )
