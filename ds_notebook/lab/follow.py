"""The one socket of a page: any number of runs and the list of runs over it, never faster than the page reads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Any

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.ioloop import PeriodicCallback
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ds_notebook.errors import UsageError
from ds_notebook.lab.followers import Look
from ds_notebook.lab.handlers import MOST_BODY, RESOURCE, width_of
from ds_notebook.lab.listing import MOST_FOLDERS
from ds_notebook.lab.looks import ListLook, RunLook
from ds_notebook.lab.messages import Asked, Beat, Problem
from ds_notebook.lab.outbox import Outbox
from ds_notebook.lab.service import Service
from ds_notebook.lab.window import window_of

BEAT_EVERY_MS = 10_000
MOST_FOLLOWED = 200
_LIST = None
"""The list's name among what is followed: no run's path."""


class FollowSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Takes Asked; sends SceneMessage, RunList, Problem and Beat."""

    auth_resource = RESOURCE

    def initialize(self, service: Service) -> None:
        """Tornado's name for what is called with a route's own arguments."""
        self.service = service
        self._outbox = Outbox()
        self._stops: dict[str | None, Callable[[], None]] = {}
        self._sending: asyncio.Task[None] | None = None
        self._beats = PeriodicCallback(self._beat, BEAT_EVERY_MS)

    @property
    def max_message_size(self) -> int:
        """Bytes that a page may send at once."""
        return MOST_BODY

    @authorized
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Opened only for who may read; 403 otherwise, without a way to log in."""
        await super().get(*args, **kwargs)

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Tornado's name for what is called when the page is there."""
        super().open(*args, **kwargs)
        self._beats.start()

    def on_close(self) -> None:
        """Tornado's name for what is called when it is gone."""
        self._beats.stop()
        for stop in self._stops.values():
            stop()
        self._stops.clear()
        super().on_close()

    def on_message(self, message: str | bytes) -> None:
        """Do as the page says, or tell it why not."""
        path = ""
        try:
            asked = msgspec.json.decode(message, type=Asked)
            path = asked.follow or ""
            self._obey(asked)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, UsageError) as error:
            self._put(path, msgspec.json.encode(Problem(path=path, problem=str(error))))

    def _obey(self, asked: Asked) -> None:
        if asked.ack is not None:
            self._outbox.acknowledge(asked.ack)
            self._send_soon()
        if asked.follow is not None:
            self._follow_run(asked.follow, asked)
        if asked.unfollow is not None:
            self._unfollow(asked.unfollow)
        if asked.folders is not None:
            self._follow_list(asked.folders)

    def _follow_run(self, path: str, asked: Asked) -> None:
        window, width = window_of(asked.first, asked.last), width_of(asked.width)
        places = self.service.places
        self._follow(path, ("run", path, window, width), lambda: RunLook(places, path, window, width))

    def _follow_list(self, folders: list[str]) -> None:
        if len(folders) > MOST_FOLDERS:
            raise UsageError(f"{len(folders)} folders are too many: ask for {MOST_FOLDERS} at most.")
        listing = self.service.listing
        self._follow(_LIST, ("list", *folders), lambda: ListLook(listing, folders))

    def _follow(self, name: str | None, key: Hashable, make: Callable[[], Look]) -> None:
        stop_before = self._stops.pop(name, None)
        self._outbox.drop(name)
        if len(self._stops) >= MOST_FOLLOWED:
            raise UsageError(f"A page follows {MOST_FOLLOWED} runs at most: close some.")
        self._stops[name] = self.service.followers.follow(key, make, lambda message: self._put(name, message))
        if stop_before is not None:  # only now: what is followed on is not read anew
            stop_before()

    def _unfollow(self, name: str | None) -> None:
        self._outbox.drop(name)
        if (stop := self._stops.pop(name, None)) is not None:
            stop()

    def _beat(self) -> None:
        self._put(Beat, msgspec.json.encode(Beat(beat=time.time())))

    def _put(self, name: Hashable, message: bytes) -> None:
        self._outbox.put(name, message)
        self._send_soon()

    def _send_soon(self) -> None:
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def _send(self) -> None:
        """All that may be sent now, as fast as the line takes it."""
        try:
            while (message := self._outbox.take()) is not None:
                await self.write_message(message.decode())
        except WebSocketClosedError:
            self.on_close()
