"""Serving: one or two listeners in one process, and a shutdown that finishes what it began.

The server ends with status 0 on SIGTERM and SIGINT, within ten seconds: it stops accepting, lets requests in flight
finish, stops the worker between two steps, and closes the database.
"""

import asyncio
import contextlib
import signal
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn

GRACE: Final = 7  # seconds for requests in flight; the rest of the ten is for the worker and the database


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to listen. Without a certificate it speaks plain http."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


class _Server(uvicorn.Server):
    """A server whose signals are handled outside: uvicorn would raise them again and end with another status."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def serve(app: Any, listeners: list[Listener], *, on_ready: asyncio.Event | None = None) -> None:
    """Serve ``app`` on every listener until SIGTERM or SIGINT.

    Raises:
        OSError: a port is taken.
    """
    servers = [_Server(_config(app, listener)) for listener in listeners]
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    tasks = [asyncio.create_task(server.serve()) for server in servers]
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
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, SystemExit) and outcome.code:
            raise OSError("a listener could not start; is the port taken?")


async def _all_started(servers: list[_Server]) -> None:
    while not all(server.started for server in servers):  # noqa: ASYNC110 - uvicorn only exposes a flag
        await asyncio.sleep(0.01)


def _config(app: Any, listener: Listener) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=listener.host,
        port=listener.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
        limit_concurrency=2000,
        ssl_certfile=None if listener.certificate is None else str(listener.certificate),
        ssl_keyfile=None if listener.key is None else str(listener.key),
    )
