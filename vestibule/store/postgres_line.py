"""A line: one connection of the pool for all that a request or a unit of work asks, one question after the other.

Taking a connection from the pool and giving it back costs as much as a short question itself, and a leave asks a dozen.
A line takes its connection at the first question and gives it back at the end. Whatever is asked meanwhile, of either
store on that pool, goes over it; only a second question at the same time takes a connection of its own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final

import asyncpg

Pool = asyncpg.Pool


class Line:
    """What holds the connection.

    Attributes:
        pool: where it comes from. busy: a question is under way.
    """

    __slots__ = ("_connection", "busy", "pool")

    def __init__(self, pool: "Pool[Any]") -> None:
        """Nothing is taken yet."""
        self.pool = pool
        self.busy = False
        self._connection: Any = None

    async def connection(self) -> Any:
        """The connection; one that was closed meanwhile is replaced, since nothing is under way on it."""
        if self._connection is not None and _is_gone(self._connection):
            await self._give_back()
        if self._connection is None:
            self._connection = await self.pool.acquire()
        return self._connection

    async def drop(self) -> None:
        """Close the connection, which is of no use any more."""
        with suppress(asyncpg.InterfaceError):
            self._connection.terminate()
        await self._give_back()

    async def hang_up(self) -> None:
        """Give the connection back, unless a question is under way; the next question takes one again."""
        if not self.busy and self._connection is not None:
            await self._give_back()

    async def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        with suppress(asyncpg.InterfaceError):  # the pool was closed meanwhile, and the connection with it
            await self.pool.release(connection)


_HELD: Final[ContextVar[Line | None]] = ContextVar("line", default=None)


@asynccontextmanager
async def holding(pool: "Pool[Any]") -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Everything asked inside goes over one line; a block inside another one has that one's.

    Gives a function that gives the connection back early: call it before waiting for somebody who may be slow.
    """
    held = _HELD.get()
    if held is not None:
        yield held.hang_up
        return
    line = Line(pool)
    before = _HELD.set(line)
    try:
        yield line.hang_up
    finally:
        _HELD.reset(before)
        await line.hang_up()


async def ask(source: Any, how: str, sql: str, arguments: Sequence[Any]) -> Any:
    """Ask one question.

    Args:
        source: the pool, or one connection inside a transaction. how: ``fetchrow`` or ``fetch``.
    """
    line = _HELD.get()
    if line is None or line.busy or line.pool is not source:
        return await getattr(source, how)(sql, *arguments)
    line.busy = True
    try:
        try:
            return await getattr(await line.connection(), how)(sql, *arguments)
        except asyncpg.InternalClientError as failure:
            if not nothing_was_sent(failure):
                raise
            await line.drop()
            return await getattr(await line.connection(), how)(sql, *arguments)
    finally:
        line.busy = False


@asynccontextmanager
async def connection_of(pool: "Pool[Any]") -> AsyncIterator[Any]:
    """A connection; one whose work did not end cleanly is closed, not used again."""
    line = _HELD.get()
    if line is None or line.busy or line.pool is not pool:
        async with pool.acquire() as connection, _ended(connection):
            yield connection
        return
    line.busy = True
    try:
        connection = await line.connection()
        async with _ended(connection):
            yield connection
    finally:
        line.busy = False


@asynccontextmanager
async def _ended(connection: Any) -> AsyncIterator[None]:
    try:
        yield
    except Exception as failure:
        if not _is_gone(connection) and (nothing_was_sent(failure) or connection.is_in_transaction()):
            connection.terminate()
        raise
    except BaseException:  # cancelled: nobody waited for what the server says
        with suppress(asyncpg.InterfaceError):
            connection.terminate()
        raise


def nothing_was_sent(failure: Exception) -> bool:
    """The server hung up between two questions, and the driver found out when it was about to send the next."""
    return isinstance(failure, asyncpg.InternalClientError) and "another operation" in str(failure)


def _is_gone(connection: Any) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:  # it was lost, and the pool has taken it back
        return True
