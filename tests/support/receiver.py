"""A program on a port of this machine that is told of changes, as willing or unwilling as a test wants it."""

import asyncio
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.support.serving import served

STATE = "a secret that only we share"


@dataclass
class Receiver:
    """What came in.

    Attributes:
        origin: where it is. status: what it answers to notifications. echoes: it answers validation as it has to.
        came: set when it took something. notices, lifecycle: what it took. refused: what it did not.
        headers, bodies: of the deliveries that it took.
    """

    origin: str
    status: int = 202
    echoes: bool = True
    validated: list[str] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    lifecycle: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it wants to be told."""
        return f"{self.origin}/changes?kept=1"

    @property
    def lifecycle_url(self) -> str:
        """Where it wants to be told about its subscriptions."""
        return f"{self.origin}/lifecycle"

    def app(self) -> Starlette:
        """The program as an application."""
        return Starlette(
            routes=[
                Route("/changes", self._changes, methods=["POST"]),
                Route("/lifecycle", self._changes, methods=["POST"]),
                Route("/elsewhere", self._elsewhere, methods=["POST"]),
            ]
        )

    def is_signed(self, place: int = -1) -> bool:
        """Whether a delivery has the keyed hash that our documents describe."""
        parts = dict(part.split("=", 1) for part in self.headers[place]["x-vestibule-signature"].split(","))
        octets = f"{parts['t']}.".encode() + self.bodies[place]
        return hmac.compare_digest(parts["v1"], hmac.new(STATE.encode(), octets, hashlib.sha256).hexdigest())

    async def _changes(self, request: Request) -> Response:
        token = request.query_params.get("validationToken")
        if token is not None:
            self.validated.append(request.url.path)
            return PlainTextResponse(token if self.echoes else "no")
        octets = await request.body()
        told = msgspec.json.decode(octets)["value"]
        if not 200 <= self.status < 300:
            self.refused += told
            return Response(status_code=self.status)
        (self.lifecycle if request.url.path == "/lifecycle" else self.notices).extend(told)
        self.headers.append(dict(request.headers))
        self.bodies.append(octets)
        self.came.set()
        return Response(status_code=self.status)

    async def _elsewhere(self, _request: Request) -> Response:
        return Response(status_code=302, headers={"Location": self.url})


@asynccontextmanager
async def served_receiver() -> AsyncIterator[Receiver]:
    """A receiver on a free port, over plain http, which only tests are let to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        made = Receiver(f"http://127.0.0.1:{listener.getsockname()[1]}")
        async with served(made.app(), listener):
            yield made
