"""Serving: one or two listeners in one process, and a shutdown that finishes what it began.

The server ends with status 0 on SIGTERM and SIGINT, within ten seconds: it stops accepting, lets requests in flight
finish, stops the worker between two steps, and closes the database.
"""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn

GRACE: Final = 7  # seconds for requests in flight; the rest of the ten is for the worker and the database
BACKLOG: Final = 2048
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_NO_SUCH_ADDRESS: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


@dataclass(frozen=True, slots=True)
class Listener:
    """Sockets that listen. Without a certificate they speak plain http."""

    sockets: list[socket.socket]
    certificate: Path | None = None
    key: Path | None = None


def bind(host: str, port: int) -> list[socket.socket]:
    """Take a port on every address of a host: ``localhost`` has two, of which a machine may know one.

    Raises:
        OSError: the port is taken, not ours to take, or the host has no address here; the text says so.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as failure:
        raise OSError(f"{host} is no address of this machine") from failure
    taken: list[socket.socket] = []
    for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
        try:
            taken.append(_bound(family, address))
        except OSError as failure:
            if failure.errno in _NO_SUCH_ADDRESS:
                continue
            for other in taken:
                other.close()
            raise OSError(f"port {port} on {host} cannot be used: {failure.strerror}; name another") from failure
    if not taken:
        raise OSError(f"{host} is no address of this machine")
    return taken


def _bound(family: socket.AddressFamily, address: Any) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


class _Server(uvicorn.Server):
    """A server whose signals are handled outside: uvicorn would raise them again and end with another status."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def stop_on_signals(stopped: asyncio.Event) -> None:
    """Let SIGTERM and SIGINT set an event, instead of ending the process wherever it is."""
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)


async def serve(
    app: Any, listeners: list[Listener], *, on_ready: asyncio.Event | None = None, stopped: asyncio.Event | None = None
) -> None:
    """Serve ``app`` on every listener until SIGTERM, SIGINT, or until ``stopped`` is set."""
    servers = [_Server(_config(app, listener)) for listener in listeners]
    stopped = stopped or asyncio.Event()
    stop_on_signals(stopped)
    tasks = [
        asyncio.create_task(server.serve(sockets=listener.sockets))
        for server, listener in zip(servers, listeners, strict=True)
    ]
    stopper = asyncio.create_task(stopped.wait())
    waiter = asyncio.create_task(_all_started(servers))
    done, _ = await asyncio.wait([waiter, stopper, *tasks], return_when=asyncio.FIRST_COMPLETED)
    if waiter in done and on_ready is not None:
        on_ready.set()
    await asyncio.wait([stopper, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for server in servers:
        server.should_exit = True
    for other in (stopper, waiter):
        other.cancel()
    await asyncio.gather(*tasks)
    for listener in listeners:  # a server that is stopped before it began leaves them open
        for one in listener.sockets:
            one.close()


async def _all_started(servers: list[_Server]) -> None:
    while not all(server.started for server in servers):  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.01)


def _config(app: Any, listener: Listener) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=True,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
        limit_concurrency=2000,
        ssl_certfile=None if listener.certificate is None else str(listener.certificate),
        ssl_keyfile=None if listener.key is None else str(listener.key),
    )
