"""Events of a profile, made by hand."""

from __future__ import annotations

from collections.abc import Sequence

from ds_notebook.draw import Scene, text
from ds_notebook.profile.view import ProfileView
from ds_notebook.record.events import AnyEvent, Finding, RunEnded, RunStarted, Stacks

TORCH = "/usr/lib/python3/site-packages/torch"
CELL = "<module> (cell 7:3)"


def started(name: str = "slow(df)", rate_hz: float = 100) -> RunStarted:
    return RunStarted(
        at=0.0, kind="profile", name=name, host="", boot_id="", pid=1, process_started=0.0, config={"rate_hz": rate_hz}
    )


def ended(at: float = 10.0) -> RunEnded:
    return RunEnded(at=at, status="finished")


def stacks(*paths: tuple[Sequence[str], float], lane: str = "main", at: float = 0.0) -> Stacks:
    """Paths of frames with their seconds, in this order in time, on a core all the while."""
    frames = list(dict.fromkeys(frame for path, _ in paths for frame in path))
    seconds = [spent for _, spent in paths]
    return Stacks(
        at=at,
        frames=frames,
        stacks=[[frames.index(frame) for frame in path] for path, _ in paths],
        weights_s=seconds,
        cpu_s=seconds,
        order=list(range(len(paths))),
        gaps_s=seconds,
        lane=lane,
    )


def finding(code: str = "data-wait", gain_pct: float = 130.0, **more: object) -> Finding:
    return Finding(
        code=code,
        severity="warning",
        where="cell 7, line 3: `for x in loader:`",
        evidence="61% of the time waits for data.",
        advice="Let two workers load it.",
        share_pct=61.0,
        expected_gain_pct=gain_pct,
        **more,  # type: ignore[arg-type]  # fields by name
    )


def scene_of(*events: AnyEvent) -> Scene:
    view = ProfileView()
    for event in events:
        view.add(event)
    return view.scene()


def words_of(*events: AnyEvent) -> str:
    return text(scene_of(*events), width=200)
