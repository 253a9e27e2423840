"""An app on a socket of this process, for as long as a test needs it.

uvicorn looks ten times a second whether it is to end, and rests a tenth of a second while it does. That is more than
most tests take, so this server is told instead.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvicorn

_TICK_S = 1
"""So often the ``Date`` of the answers changes."""
_REST_S = 0.001


class _Server(uvicorn.Server):
    """A server that is told when to end, and tells when it has begun."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.begun.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ended.wait(), _TICK_S)
                return

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for one in sockets or []:
            one.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - uvicorn has no event
            await asyncio.sleep(_REST_S)
        for server in self.servers:
            await server.wait_closed()


@asynccontextmanager
async def served(app: Any, *listeners: socket.socket, **settings: Any) -> AsyncIterator[None]:
    """Serve ``app`` on bound sockets; ``settings`` as ``uvicorn.Config`` takes them."""
    server = _Server(uvicorn.Config(app, log_level="warning", lifespan="off", **settings))
    task = asyncio.create_task(server.serve(sockets=list(listeners)))
    begun = asyncio.create_task(server.begun.wait())
    try:
        await asyncio.wait([begun, task], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield
    finally:
        begun.cancel()
        server.ended.set()
        await task
