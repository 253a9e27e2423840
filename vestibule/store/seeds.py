"""The seeded state of an emulator database, sealed: what a reset goes back to. Snapshots and resets leave it alone."""

from typing import Final

from sqlalchemy import select, update

from vestibule.store.schema import seed_snapshot
from vestibule.store.statements import Change, Query, given, inserting
from vestibule.store.unit import Reading, Unit

ONLY: Final = 1

_FIND: Final = Query(select(seed_snapshot.c.sealed).where(seed_snapshot.c.id == given("id")))
_CHANGE: Final = Change(update(seed_snapshot).where(seed_snapshot.c.id == given("at")).values(sealed=given("sealed")))
_INSERT: Final = inserting(seed_snapshot)


async def find(reading: Reading) -> bytes | None:
    """The sealed octets, or None when none were kept yet."""
    row = await reading.one(_FIND, id=ONLY)
    return None if row is None else bytes(row[0])


async def keep(unit: Unit, sealed: bytes) -> None:
    """Keep these octets, in place of any before."""
    if await find(unit) is None:
        unit.write(_INSERT, id=ONLY, sealed=sealed)
    else:
        unit.write(_CHANGE, at=ONLY, sealed=sealed)
