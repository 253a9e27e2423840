"""A house in which nothing is written: the same rules are asked, and nobody notices.

An import can be tried with it. Units read the database as it is and throw away what they were going to write, so what
depends on lines before it (somebody who would be there by then) has to be known by whoever tries.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from vestibule.actions.house import House, Store
from vestibule.ground.sealing import Sealer
from vestibule.store.keys import SubjectKeys
from vestibule.store.statements import Query, Row
from vestibule.store.unit import Moment, Pending, Reading, Unit

T = TypeVar("T")


def rehearsing(house: House) -> House:
    """The same house, in which nothing is written."""
    return replace(house, store=_Store(house.store), keys=_Keys(house.keys, house.sealer))


class _Unit(Pending):
    """A unit whose writes are thrown away."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading.moment)
        self._reading = reading

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        return await self._reading.one(query, **parameters)

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        return await self._reading.all(query, **parameters)


@dataclass(slots=True)
class _Store:
    """A store that reads."""

    store: Store

    async def change(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        return await work(_Unit(await self.store.read()))

    async def read(self) -> Reading:
        return await self.store.read()

    async def scan(self, work: Callable[[Reading], Awaitable[T]], *, deadline_s: float | None = 60.0) -> T:
        return await self.store.scan(work, deadline_s=deadline_s)

    async def moment(self) -> Moment:
        return await self.store.moment()

    async def truncate_log(self, *, whole: bool = False) -> bool:  # noqa: ARG002 - nothing was written
        return True

    async def close(self) -> None:
        return None


@dataclass(slots=True)
class _Keys:
    """Subject keys, of which new ones are kept for as long as somebody may look for them, and destroyed ones stay."""

    keys: SubjectKeys
    sealer: Sealer
    made: dict[str, bytes] = field(default_factory=dict)

    async def create(self, key_id: str) -> bytes:
        self.made[key_id] = self.sealer.new_key()
        return self.made[key_id]

    async def find(self, key_id: str) -> bytes | None:
        return self.made.get(key_id) or await self.keys.find(key_id)

    async def find_many(self, key_ids: Collection[str]) -> dict[str, bytes]:
        here = {key_id: self.made[key_id] for key_id in key_ids if key_id in self.made}
        return here | await self.keys.find_many([key_id for key_id in key_ids if key_id not in here])

    async def destroy(self, key_ids: Iterable[str]) -> None:
        for key_id in key_ids:
            self.made.pop(key_id, None)

    async def all_ids(self) -> set[str]:
        return await self.keys.all_ids() | set(self.made)

    async def ids_between(self, since: datetime, before: datetime) -> list[str]:
        return await self.keys.ids_between(since, before)

    async def make_anew(self, key_ids: Iterable[str]) -> None:
        for key_id in key_ids:
            await self.create(key_id)

    async def export(self) -> list[tuple[str, bytes, int]]:
        return await self.keys.export()

    async def import_(self, rows: Iterable[tuple[str, bytes, int]]) -> None:
        list(rows)
