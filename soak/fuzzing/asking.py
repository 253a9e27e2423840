"""One request as octets, and two ways to send it: straight into the application, or over a socket to a server."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

import httptools

DEADLINE_S = 30.0
LONGEST_SHOWN = 600
_NEVER_SENT = frozenset({b"content-length", b"host", b"connection", b"transfer-encoding", b"expect", b"upgrade"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request.

    Attributes:
        door: ``graph``, ``scim`` or ``oidc``. who: the name of the caller.
        target: path and query, percent-encoded. headers: without the caller's token.
        media: what the door would be given as ``Content-Type`` when there is a body; empty for none.
    """

    door: str
    method: str
    target: str
    who: str = "nobody"
    headers: tuple[tuple[str, bytes], ...] = ()
    body: bytes = b""
    media: str = ""

    def __str__(self) -> str:
        """How it is told to somebody who looks for the cause."""
        told = ", ".join(f"{name}: {value!r}" for name, value in self.headers)
        body = f" {self.body[:LONGEST_SHOWN]!r} of {len(self.body)}" if self.body else ""
        return f"{self.who}: {self.method} {self.target[:LONGEST_SHOWN]} [{told[:LONGEST_SHOWN]}]{body}"


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer; ``headers`` by lower-case name, ``took_s`` until its last octet."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    took_s: float = 0.0


class Line(Protocol):
    """A way to send requests."""

    async def send(self, asked: Asked, token: str | None) -> Answered:
        """Send one request with this bearer token and read its answer."""


def _headers(asked: Asked, token: str | None) -> list[tuple[bytes, bytes]]:
    """All of them, sign by sign as a server would hand them on."""
    found = [(name.encode("latin-1").lower(), value) for name, value in asked.headers]
    names = {name for name, _ in found}
    if token is not None and b"authorization" not in names:
        found.append((b"authorization", f"Bearer {token}".encode()))
    if asked.media and b"content-type" not in names:
        found.append((b"content-type", asked.media.encode("latin-1", "replace")))
    kept = [one for one in found if one[0] not in _NEVER_SENT]
    if asked.body or asked.method in {"POST", "PUT", "PATCH"}:
        kept.append((b"content-length", str(len(asked.body)).encode()))
    return [(b"host", b"vestibule.example"), *kept]


class Within:
    """Straight into the application, as a server on this machine would call it."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def send(self, asked: Asked, token: str | None) -> Answered:
        """Send one request; ``TimeoutError`` when no answer comes."""
        path, _, query = asked.target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 443),
            "client": ("127.0.0.1", 50_000),
            "scheme": "https",
            "method": asked.method,
            "root_path": "",
            "path": unquote(path),
            "raw_path": path.encode("ascii"),
            "query_string": query.encode("ascii"),
            "headers": _headers(asked, token),
        }
        chunks = [asked.body[: len(asked.body) // 2], asked.body[len(asked.body) // 2 :]]
        told: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if not chunks:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

        async def send(message: Any) -> None:
            told.append(message)

        begun = time.perf_counter()
        async with asyncio.timeout(DEADLINE_S):
            await self._app(scope, receive, send)
        took_s = time.perf_counter() - begun
        if not told or told[0]["type"] != "http.response.start" or told[-1].get("more_body"):
            return Answered(0, took_s=took_s)
        return _read(told[0]["status"], told[0]["headers"], [one.get("body", b"") for one in told[1:]], took_s)


def _read(status: int, headers: Sequence[tuple[bytes, bytes]], parts: list[bytes], took_s: float) -> Answered:
    named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    return Answered(status, named, b"".join(parts), took_s)


class OverSocket:
    """Over a connection of its own to a server on loopback, whatever a client library would think of it."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def send(self, asked: Asked, token: str | None) -> Answered:
        """Send one request; status 0 when the connection ends without an answer."""
        lines = [f"{asked.method} {asked.target} HTTP/1.1".encode("ascii")]
        lines += [name + b": " + value for name, value in _headers(asked, token)]
        lines += [b"connection: close", b"", b""]
        begun = time.perf_counter()
        async with asyncio.timeout(DEADLINE_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            try:
                octets = await _exchange(reader, writer, b"\r\n".join(lines) + asked.body)
            finally:
                writer.close()
        return _parsed(octets, time.perf_counter() - begun, has_body=asked.method != "HEAD")


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, octets: bytes) -> bytes:
    """What comes back until the server ends the connection; it may end it before it has read everything."""
    found = b""
    try:
        writer.write(octets)
        await writer.drain()
        while chunk := await reader.read(65_536):
            found += chunk
    except ConnectionError:
        pass
    return found


class _Parsing:
    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        self.parts.append(body)


def _parsed(octets: bytes, took_s: float, *, has_body: bool) -> Answered:
    parsing = _Parsing()
    parser = httptools.HttpResponseParser(parsing)
    if not has_body:  # what it would have been long is told, and nothing comes
        octets = octets.replace(b"\r\ncontent-length:", b"\r\nx-content-length:", 1)
    try:
        parser.feed_data(octets)
        status = parser.get_status_code()
    except httptools.HttpParserError:
        return Answered(0, took_s=took_s)
    return _read(status, parsing.headers, parsing.parts, took_s)
