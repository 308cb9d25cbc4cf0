"""What is followed, looked at a few times a second by one task for all pages that follow it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

Listener = Callable[[bytes], None]

pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="ds-notebook")
"""Reads records: a slow disk must not hold up the server's other requests."""


class Look(Protocol):
    """What is looked at."""

    wait_s: float
    """Until the next look; it may change from look to look."""

    def __call__(self) -> bytes | None:
        """Called in a thread: the newest message, None where it is the same as last time. Raises nothing."""


class _Followed:
    """One thing that is looked at again and again, while somebody listens."""

    def __init__(self, look: Look) -> None:
        self.listeners: list[Listener] = []
        self.latest: bytes | None = None
        self._look = look
        self.task = asyncio.create_task(self._keep_looking())

    async def _keep_looking(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            message = await loop.run_in_executor(pool, self._look)
            if message is not None:
                self.latest = message
                for listener in tuple(self.listeners):
                    listener(message)
            await asyncio.sleep(self._look.wait_s)


class Followers:
    """All that is followed on this server."""

    def __init__(self) -> None:
        self._followed: dict[Hashable, _Followed] = {}

    def follow(self, key: Hashable, make: Callable[[], Look], listener: Listener) -> Callable[[], None]:
        """Call `listener` with each newer message of what `key` names, the latest at once, until the answer is called.

        `make` is called where nobody follows it yet.
        """
        followed = self._followed.get(key)
        if followed is None:
            followed = self._followed[key] = _Followed(make())
        followed.listeners.append(listener)
        if followed.latest is not None:
            listener(followed.latest)

        def stop() -> None:
            if listener in followed.listeners:
                followed.listeners.remove(listener)
                if not followed.listeners:
                    followed.task.cancel()
                    del self._followed[key]

        return stop

    def __len__(self) -> int:
        return len(self._followed)
