"""A house that stands still before its n-th change, as a worker does whose machine was asleep."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from vestibule.actions.house import House, Store
from vestibule.store.unit import Unit

T = TypeVar("T")


@dataclass(slots=True)
class Pause:
    """Where it stands still.

    Attributes:
        before: the number of the change that waits; none does when there are not so many.
        reached: it stands there. over: it may go on.
    """

    before: int
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    changes: int = 0

    async def come_by(self) -> None:
        """Pass a change, or wait at it."""
        self.changes += 1
        if self.changes == self.before:
            self.reached.set()
            await self.over.wait()


def pausing(house: House, before: int) -> tuple[House, Pause]:
    """The house on a store that stands still before that change (1 is the first)."""
    pause = Pause(before)
    return replace(house, store=_Store(house.store, pause)), pause


def pausing_at_keys(house: House) -> tuple[House, Pause]:
    """The house that stands still when it has found the keys for the personal parts of its first event."""
    pause = Pause(1)
    return replace(house, keys=_Keys(house.keys, pause)), pause


@dataclass(slots=True)
class _Keys:
    real: Any
    pause: Pause

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    async def find_many(self, key_ids: Collection[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = await self.real.find_many(key_ids)
        await self.pause.come_by()
        return found


@dataclass(slots=True)
class _Store:
    real: Store
    pause: Pause

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    async def change(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        await self.pause.come_by()
        return await self.real.change(work)
