"""How a profile's seconds lie: which stacks the user waited for, and what they come to by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ds_notebook.profile.folded import Frame, Profile, Stack, lane_kind

Match = Callable[[Frame], bool]

_WAITING_PLACES = (
    "threading.py",
    "queue.py",
    "selectors.py",
    "subprocess.py",
    "concurrent/futures/_base.py",
    "concurrent/futures/process.py",
    "concurrent/futures/thread.py",
    "multiprocessing/connection.py",
    "multiprocessing/pool.py",
    "multiprocessing/popen_fork.py",
    "multiprocessing/process.py",
    "multiprocessing/queues.py",
    "multiprocessing/synchronize.py",
    "joblib/parallel.py",
)
_A_THREAD_AT_REST = 0.2
"""Of its time on a core at most, or it does not wait."""


class Spent(NamedTuple):
    """Seconds: on the clock, on a core, waiting for a disk."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    disk_s: float = 0.0

    def plus(self, stack: Stack) -> Spent:
        return Spent(self.wall_s + stack.wall_s, self.cpu_s + stack.cpu_s, self.disk_s + stack.disk_s)


def inside(frame: Frame, *endings: str) -> bool:
    """Whether a frame lies in a file that ends so: "re/_compiler.py"; or in a folder, if it ends in a stroke."""
    place = frame.place.replace("\\", "/")
    return any(ending in place if ending.endswith("/") else place.endswith(ending) for ending in endings)


def name(frame: Frame) -> str:
    """The last part of a function's name: "__getitem__"."""
    return frame.function.rpartition(".")[2]


def imports(profile: Profile, stack: Stack) -> bool:
    """Whether a module was being imported, and no code of the user's ran for it: paid once, blamed on no line."""
    for frame in reversed(stack.frames):
        if profile.sources.get(frame.place):  # code that a library makes and runs has no lines
            return False
        if frame.place.startswith("<frozen importlib"):
            return True
    return False


def waits(profile: Profile, stack: Stack) -> bool:
    """Whether a thread was waiting for another one, or for a child."""
    leaf = stack.frames[-1] if stack.frames else None
    if leaf is None or leaf.place in profile.sources or stack.cpu_s > _A_THREAD_AT_REST * stack.wall_s:
        return False
    return inside(leaf, *_WAITING_PLACES)


def critical(profile: Profile) -> list[Stack]:
    """What the user waited for, adding up to the main thread's time, without imports.

    While the main thread waits for others it is their busy stacks that count, each by its share of their time; a thread
    that waits for a program of which nothing is seen counts as busy.
    """
    main = [stack for stack in profile.main() if stack.frames and not imports(profile, stack)]
    waiting_s = sum(stack.wall_s for stack in main if waits(profile, stack))
    busy = [stack for stack in main if not waits(profile, stack)]
    unseen = not any(lane_kind(stack.lane) == "process" for stack in profile.stacks)
    others = [stack for stack in profile.stacks if stack.lane != "main" and stack.frames]
    others = [stack for stack in others if not waits(profile, stack) or (unseen and _waits_for_a_program(stack))]
    others = [stack for stack in others if not imports(profile, stack)]
    others_s = sum(stack.wall_s for stack in others)
    scale = waiting_s / others_s if others_s else 0.0
    return busy + [_scaled(stack, scale) for stack in others]


def _waits_for_a_program(stack: Stack) -> bool:
    return any(inside(frame, "subprocess.py") for frame in stack.frames)


def _scaled(stack: Stack, scale: float) -> Stack:
    return stack._replace(wall_s=stack.wall_s * scale, cpu_s=stack.cpu_s * scale, disk_s=stack.disk_s * scale)


def innermost(profile: Profile, stack: Stack) -> Frame | None:
    """The user's line that was running, or that called what was."""
    return next((frame for frame in reversed(stack.frames) if profile.sources.get(frame.place)), None)


def above(profile: Profile, stack: Stack, match: Match) -> Frame | None:
    """The user's line that called the first frame that matches; None where none does."""
    caller = None
    for frame in stack.frames:
        if match(frame):
            return caller
        if frame.place in profile.sources:
            caller = frame
    return None


def total(stacks: Iterable[Stack]) -> Spent:
    """All of it."""
    spent = Spent()
    for stack in stacks:
        spent = spent.plus(stack)
    return spent


def share_within(profile: Profile, place: str, lines: range) -> float:
    """Of the time that the user waited for, that in which one of these lines was on the stack."""
    stacks = critical(profile)
    within = [stack for stack in stacks if any(each.place == place and each.line in lines for each in stack.frames)]
    return total(within).wall_s / max(total(stacks).wall_s, 1e-9)


def by(stacks: Iterable[Stack], line_of: Callable[[Stack], Frame | None]) -> dict[Frame, Spent]:
    """Seconds by the line that each stack is counted to, heaviest first; those counted to none are left out."""
    sums: dict[Frame, Spent] = {}
    for stack in stacks:
        frame = line_of(stack)
        if frame is not None:
            sums[frame] = sums.get(frame, Spent()).plus(stack)
    return dict(sorted(sums.items(), key=lambda item: -item[1].wall_s))


def through(stacks: Iterable[Stack], match: Match) -> list[Stack]:
    """The stacks in which a frame matches."""
    return [stack for stack in stacks if any(match(frame) for frame in stack.frames)]


def with_imports_s(profile: Profile) -> float:
    """Of the profile; never less than what its main thread was seen to do."""
    return max(profile.wall_s, sum(stack.wall_s for stack in profile.main()), 1e-9)


def wall_s(profile: Profile) -> float:
    """The whole that shares and speed-ups are of: all of the profile but the loading of libraries.

    That is paid once, however long the program runs; and a profile is often a short piece of what is to run for hours.
    Trials leave it out on both sides, too. Only the rule about imports counts it.
    """
    importing_s = sum(stack.wall_s for stack in profile.main() if stack.frames and imports(profile, stack))
    return max(with_imports_s(profile) - importing_s, 1e-9)


def slowed(profile: Profile) -> float:
    """How many times its seconds on a core a thread of this process took, since others had the cores; 1 or more."""
    delay_s, cpu_s = profile.observed.run_delay_s, profile.observed.cpu_s
    main = total(profile.main())
    if not delay_s or cpu_s <= 0 or main.cpu_s <= 0:
        return 1.0
    # The delays of threads that wait together add up; the main thread cannot have lost more than it has lost.
    return max(1.0, min(1 + delay_s / cpu_s, main.wall_s / main.cpu_s))


def blocked_s(profile: Profile, spent: Spent) -> float:
    """Seconds in which it could not have run: asleep, or waiting for a disk, a network, another process."""
    return max(spent.disk_s, spent.wall_s - spent.cpu_s * slowed(profile), 0.0)


def lanes(profile: Profile, kind: str) -> dict[str, list[Stack]]:
    """The stacks of each thread or process beside the main one."""
    found: dict[str, list[Stack]] = {}
    for stack in profile.stacks:
        if lane_kind(stack.lane) == kind:
            found.setdefault(stack.lane, []).append(stack)
    return found
