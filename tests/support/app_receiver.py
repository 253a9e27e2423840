"""An app on a port of this machine that is told of people: willing, or unwilling in every way that there is."""

import asyncio
import base64
import hashlib
import hmac
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

OK = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    """An answer with this status."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class AppReceiver:
    """What came in over plain sockets, so that it can misbehave below HTTP too.

    Attributes:
        origin: where it is. manner: how it answers: ``take``, ``hang``, ``half``, ``reset``, ``redirect``, ``huge``,
            ``slow`` (an octet at a time, without end), or a whole answer as octets.
        posts: the headers and bodies of what came. came: set with each.
    """

    origin: str
    manner: str | bytes = "take"
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it wants to be told."""
        return f"{self.origin}/hook"

    @property
    def told(self) -> list[dict[str, Any]]:
        """What it was told, taken or not."""
        return [msgspec.json.decode(body) for _, body in self.posts]

    def signed_by(self, secret: str, place: int = -1) -> bool:
        """Whether one of the signatures of a delivery was made with this secret, as Standard Webhooks says."""
        headers, body = self.posts[place]
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mark = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), text, hashlib.sha256).digest()
        return f"v1,{base64.b64encode(mark).decode()}" in headers["webhook-signature"].split(" ")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = head.split("\r\n")[1:]
            headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines if one)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.posts.append((headers, body))
            self.came.set()
            await self._answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        match self.manner:
            case bytes() as octets:
                writer.write(octets)
            case "hang":
                await self.released.wait()
            case "half":
                writer.write(b"HTTP/1.1 200 Said\r\nContent-Length: 400\r\n\r\nhalf of")
            case "reset":
                writer.transport.abort()
            case "redirect":
                writer.write(answer(307, f"Location: {self.origin}/elsewhere"))
            case "huge":
                writer.write(answer(200, body=b"x" * 200_000))
            case "slow":
                writer.write(b"HTTP/1.1 200 Said\r\n")
                while not self.released.is_set():
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.wait([asyncio.ensure_future(self.released.wait())], timeout=0.05)
            case _:
                writer.write(OK)
        await writer.drain()


@asynccontextmanager
async def app_receiver(
    tls: ssl.SSLContext | None = None, made: type[AppReceiver] = AppReceiver
) -> AsyncIterator[AppReceiver]:
    """A receiver (``made``) on a free port; with ``tls`` it speaks https, with whatever certificate that has."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        scheme = "http" if tls is None else "https"
        found = made(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
        server = await asyncio.start_server(found.serve, sock=listener, ssl=tls)
        try:
            yield found
        finally:
            found.released.set()
            server.close()
            await server.wait_closed()
