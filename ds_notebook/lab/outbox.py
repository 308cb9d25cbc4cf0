"""What waits for one page: never more than the newest message of each kind, and few on their way."""

from __future__ import annotations

from collections.abc import Hashable

MOST_ON_THEIR_WAY = 4
"""So many messages are sent ahead of the page's acknowledgement: enough for a slow line, too few for a backlog."""


class Outbox:
    """A page that is slow gets fewer messages and newer ones: a message takes the place of one that still waits."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, bytes] = {}
        self._num_sent = 0
        self._num_received = 0

    def put(self, kind: Hashable, message: bytes) -> None:
        """Let `message` wait its turn, in the place of an older one of this kind."""
        self._waiting[kind] = message

    def drop(self, kind: Hashable) -> None:
        """Forget what waits of this kind."""
        self._waiting.pop(kind, None)

    def acknowledge(self, num_received: int) -> None:
        """The page has so many messages by now; more than were sent is the same as all."""
        self._num_received = max(self._num_received, min(num_received, self._num_sent))

    def take(self) -> bytes | None:
        """The next message to send now, None where the page has enough to do or nothing waits."""
        if not self._waiting or self._num_sent - self._num_received >= MOST_ON_THEIR_WAY:
            return None
        self._num_sent += 1
        return self._waiting.pop(next(iter(self._waiting)))
