"""A client of the test's server: plain requests, with paths sent as they are, and the page's socket."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import websocket

from tests.lab.serve import BASE_URL, TOKEN

BASE = f"{BASE_URL}ds-notebook/api/"


@dataclass(frozen=True)
class Answer:
    """Status, headers, body and cookies of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: list[str]

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """A running server: its port, the folders it was started with, the file that tells what it opened outside."""

    port: int
    root: Path
    ds_runs: Path
    outside: Path
    opened_outside: Path

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """The answer to a request with the token; `authorization=""` leaves it out."""
        headers = {"authorization": f"token {TOKEN}"} | headers
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, BASE + path, body, {name: text for name, text in headers.items() if text})
            response = connection.getresponse()
            cookies = response.headers.get_all("Set-Cookie", [])
            return Answer(response.status, dict(response.getheaders()), response.read(), cookies)
        finally:
            connection.close()

    def socket(self, **more: Any) -> Socket:
        """The page's socket; use it as a context manager."""
        address = f"ws://127.0.0.1:{self.port}{BASE}follow?token={more.pop('token', TOKEN)}"
        return Socket(websocket.create_connection(address, timeout=20, **more))


class Socket:
    """Sends what a page sends; acknowledges each message that it takes."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.num_received = 0

    def say(self, **what: Any) -> None:
        """Send one message; `from_` is `from`."""
        self.connection.send(json.dumps({name.rstrip("_"): value for name, value in what.items()}))

    def take(self, *, acknowledge: bool = True) -> Any:
        """The next message."""
        message = json.loads(self.connection.recv())
        self.num_received += 1
        if acknowledge:
            self.say(ack=self.num_received)
        return message

    def take_until(self, is_wanted: Callable[[Any], bool], within_s: float = 20.0) -> Any:
        """The first message that is wanted; the test fails if none comes in time."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            message = self.take()
            if is_wanted(message):
                return message
        raise AssertionError(f"No such message within {within_s} s; the last was {str(message)[:300]}")

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
