"""The requests of the front end: who may ask is jupyter_server's business, what is read is `Service`'s."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from ds_notebook.errors import DsError, UsageError
from ds_notebook.lab.drawn import WIDTH
from ds_notebook.lab.followers import pool
from ds_notebook.lab.machine import machine
from ds_notebook.lab.messages import Order, Refusal
from ds_notebook.lab.orders import Refused
from ds_notebook.lab.service import Service
from ds_notebook.lab.window import window_of

RESOURCE = "ds_notebook"
"""By this name an administrator allows or refuses all of it."""
MOST_BODY = 64 << 10
NARROWEST, WIDEST = 100, 4000

Answer = TypeVar("Answer")


@web.stream_request_body
class Handler(APIHandler):
    """What the handlers share: a bounded body, work in a thread, every refusal as one sentence."""

    auth_resource = RESOURCE

    def initialize(self, service: Service) -> None:
        """Tornado's name for what is called with a route's own arguments."""
        self.service = service
        self._body = bytearray()

    async def prepare(self) -> None:  # type: ignore[override]  # as APIHandler does
        """Refuse a body that is too long before it is read."""
        connection: Any = self.request.connection  # the method is HTTP/1's, and there is no other
        connection.set_max_body_size(MOST_BODY)
        length = self.request.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MOST_BODY:
            raise web.HTTPError(413, "The body is longer than %d bytes: send one command at a time.", MOST_BODY)
        await super().prepare()

    def data_received(self, chunk: bytes) -> None:
        """Tornado's name for the next part of the body."""
        self._body += chunk

    async def ask(self, work: Callable[[], Answer]) -> Answer:
        """What `work` answers, from a thread; its refusals become 400, 404 or 409."""
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        except DsError as error:
            raise web.HTTPError(_status(error), "%s", error) from None

    async def reply(self, message: object, status: int = 200) -> None:
        """Send `message` as JSON."""
        self.set_status(status)
        await self.finish(msgspec.json.encode(message))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tornado's name for how an error is sent."""
        error = kwargs.get("exc_info", (None, None))[1]
        message = HTTPStatus(status_code).phrase
        if isinstance(error, web.HTTPError) and error.log_message:
            message = error.log_message % error.args if error.args else error.log_message
        self.finish(msgspec.json.encode(Refusal(message=message)))

    def number(self, name: str) -> int | None:
        """A whole number of the query, None if it is not given."""
        text = self.get_query_argument(name, None)
        if text is None:
            return None
        try:
            number = int(text)
        except ValueError:
            number = 1 << 53
        if abs(number) >= 1 << 53:
            raise web.HTTPError(400, "%s takes a whole number, got %.40r.", name, text)
        return number


def width_of(asked: int | None) -> int:
    """The pixels to draw for."""
    return WIDTH if asked is None else max(NARROWEST, min(asked, WIDEST))


def _status(error: DsError) -> int:
    if isinstance(error, Refused):
        return 409
    return 400 if isinstance(error, UsageError) else 404


class HostHandler(Handler):
    """The machine."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers Host."""
        server = self.serverapp
        assert server is not None
        await self.reply(await self.ask(lambda: machine(server)))


class RunsHandler(Handler):
    """The list."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers RunList."""
        folders = self.get_query_arguments("folder")
        await self.reply(await self.ask(lambda: self.service.listing.runs(folders)))


class SceneHandler(Handler):
    """One run's scene."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Answers SceneMessage."""
        first, last, width = self.number("from"), self.number("to"), width_of(self.number("width"))
        await self.reply(await self.ask(lambda: self.service.scene(path, window_of(first, last), width)))


class CommandsHandler(Handler):
    """Orders to a run."""

    @web.authenticated
    @authorized
    async def post(self, path: str) -> None:
        """Takes Order, answers Accepted."""
        try:
            order = msgspec.json.decode(bytes(self._body), type=Order)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise web.HTTPError(400, "The body is no command: %s.", error) from None
        await self.reply(await self.ask(lambda: self.service.command(path, order)), 202)


class RunHandler(Handler):
    """A run as a whole."""

    @web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Answers nothing: the run is gone."""
        await self.ask(lambda: self.service.delete(path))
        self.set_status(204)
        await self.finish()


class PageHandler(Handler):
    """A run to take along."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Answers an HTML file, which the browser saves rather than shows."""
        content = await self.ask(lambda: self.service.page(path))
        name = "".join(letter for letter in path.rpartition("/")[2] if letter.isascii() and letter not in '"\\%;')
        self.set_header("Content-Disposition", f'attachment; filename="{name or "run"}.html"')
        await self.finish(content, set_content_type="text/html; charset=utf-8")


class SpeedscopeHandler(Handler):
    """A profile for speedscope, which the lab extension serves from this very origin."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Answers the file that `ds export --to speedscope` writes."""
        await self.finish(await self.ask(lambda: self.service.speedscope(path)), set_content_type="application/json")


class CompareHandler(Handler):
    """Runs beside each other."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers Comparison."""
        paths = self.get_query_arguments("run")
        await self.reply(await self.ask(lambda: self.service.compare(paths)))


class DescriptionHandler(Handler):
    """What all of these take and answer."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers the OpenAPI description."""
        await self.finish(await self.ask(Path(__file__).with_name("openapi.json").read_bytes))
