"""The sealed audit log: which event stands at which place, the tiles of the tree over them, checkpoints, the keys.

Places are counted from 0 for each organization, in the order in which events were sealed. That is an order in which
they may have happened, not the order of their commits; the order within one object is that of its versions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, delete, exists, func, insert, literal_column, select, update

from vestibule.ground.clock import from_us
from vestibule.ground.merkle import Tile
from vestibule.store.records import Records
from vestibule.store.schema import audit_checkpoint, audit_event, audit_key, audit_pending, audit_seal, audit_tile
from vestibule.store.statements import Change, Query, among, given, inserting
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A checkpoint: the log's size and root, the signed note that says so, and when by the machine's clock."""

    tenant_id: str
    size: int
    root: bytes
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditKey:
    """A key that signs checkpoints: its name, its public half (32 octets, Ed25519), its private half sealed.

    ``number`` counts them from 1, so that two processes cannot both make the first. The private half is empty once the
    next key has taken over.
    """

    number: int
    name: str
    public: bytes
    sealed_private: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that is not sealed yet."""

    event_id: str
    record: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event at its place."""

    place: int
    event_id: str
    record: bytes
    leaf: bytes


_here: Final = given("tenant_id")
_pending_here: Final = audit_pending.c.tenant_id == _here
_same_event: Final = and_(
    audit_event.c.tenant_id == audit_pending.c.tenant_id, audit_event.c.event_id == audit_pending.c.event_id
)
_NEXT_TENANT: Final = Query(
    select(func.min(audit_pending.c.tenant_id)).where(audit_pending.c.tenant_id > given("after"))
)
_OLDEST: Final = Query(select(func.min(audit_event.c.at)).select_from(audit_pending.join(audit_event, _same_event)))
_WAITING: Final = Query(
    select(audit_event.c.event_id, audit_event.c.record, audit_event.c.leaf)
    .select_from(audit_pending.join(audit_event, _same_event))
    .where(_pending_here)
    .order_by(audit_pending.c.event_id)
    .limit(given("limit"))
)
_SEAL: Final = Change(
    insert(audit_seal)
    .from_select(
        ["tenant_id", "place", "event_id"],
        select(
            audit_pending.c.tenant_id,
            func.row_number().over(order_by=audit_pending.c.event_id) + given("before"),
            audit_pending.c.event_id,
        ).where(_pending_here, among(audit_pending.c.event_id, "event_ids")),
    )
    .inline(),
    counted=True,
)
_SEALED: Final = Change(delete(audit_pending).where(_pending_here, among(audit_pending.c.event_id, "event_ids")))
_CHECKPOINTS: Final = Records(audit_checkpoint, KeptCheckpoint)
_of_log: Final = audit_checkpoint.c.tenant_id == _here
_HEAD: Final = _CHECKPOINTS.where(_of_log, order=audit_checkpoint.c.size.desc(), limit=literal_column("1"))
_EARLIER: Final = _CHECKPOINTS.where(_of_log, order=audit_checkpoint.c.size)
_DROP_CHECKPOINT: Final = Change(delete(audit_checkpoint).where(_of_log, audit_checkpoint.c.size == given("size")))
_of_tile: Final = and_(
    audit_tile.c.tenant_id == _here, audit_tile.c.level == given("level"), audit_tile.c.number == given("number")
)
_TILE: Final = Query(select(audit_tile.c.hashes).where(_of_tile))
_NEW_TILE: Final = inserting(audit_tile)
_LONGER_TILE: Final = Change(
    update(audit_tile)
    .where(
        audit_tile.c.tenant_id == given("of_tenant"),
        audit_tile.c.level == given("at_level"),
        audit_tile.c.number == given("at_number"),
    )
    .values(hashes=given("longer"))
)
_KEYS: Final = Records(audit_key, AuditKey)
_EVERY_KEY: Final = _KEYS.where(order=audit_key.c.number)
_DESTROY: Final = Change(
    update(audit_key).where(audit_key.c.number == given("of_number")).values(sealed_private=given("nothing"))
)
_LOG: Final = Query(
    select(audit_seal.c.place, audit_seal.c.event_id, audit_event.c.record, audit_event.c.leaf)
    .select_from(
        audit_seal.outerjoin(
            audit_event,
            and_(audit_event.c.tenant_id == audit_seal.c.tenant_id, audit_event.c.event_id == audit_seal.c.event_id),
        )
    )
    .where(audit_seal.c.tenant_id == _here, audit_seal.c.place >= given("first"))
    .order_by(audit_seal.c.place)
    .limit(given("limit"))
)
_PLACE: Final = Query(
    select(audit_seal.c.place).where(audit_seal.c.tenant_id == _here, audit_seal.c.event_id == given("event_id"))
)
_PLACES: Final = Query(
    select(audit_seal.c.event_id, audit_seal.c.place).where(
        audit_seal.c.tenant_id == _here, among(audit_seal.c.event_id, "event_ids")
    )
)
_UNSEALED: Final = Query(
    select(func.count())
    .select_from(audit_event)
    .where(
        audit_event.c.tenant_id == _here,
        ~exists(
            select(literal_column("1")).where(
                audit_seal.c.tenant_id == audit_event.c.tenant_id, audit_seal.c.event_id == audit_event.c.event_id
            )
        ),
        ~exists(
            select(literal_column("1")).where(
                audit_pending.c.tenant_id == audit_event.c.tenant_id, audit_pending.c.event_id == audit_event.c.event_id
            )
        ),
    )
)
_NEXT_LOG: Final = Query(
    select(func.min(audit_checkpoint.c.tenant_id)).where(audit_checkpoint.c.tenant_id > given("after"))
)


async def next_waiting(reading: Reading, after: str) -> str | None:
    """The next organization, in the order of ids, that has events which are not sealed."""
    return await _least(reading, _NEXT_TENANT, after)


async def next_log(reading: Reading, after: str) -> str | None:
    """The next organization, in the order of ids, that has a sealed log."""
    return await _least(reading, _NEXT_LOG, after)


async def _least(reading: Reading, query: Query, after: str) -> str | None:
    row = await reading.one(query, after=after)
    return None if row is None or row[0] is None else str(row[0])


async def oldest_waiting(reading: Reading) -> datetime | None:
    """When the oldest event was written that is not sealed, by the times in events; None when all are sealed."""
    row = await reading.one(_OLDEST)
    return None if row is None or row[0] is None else from_us(int(row[0]))


async def waiting(reading: Reading, tenant_id: str, limit: int) -> list[Waiting]:
    """Events of an organization that are not sealed, oldest first."""
    return [Waiting(*row) for row in await reading.all(_WAITING, tenant_id=tenant_id, limit=limit)]


async def head(reading: Reading, tenant_id: str) -> KeptCheckpoint | None:
    """The newest checkpoint; None before the first event was sealed."""
    return await _CHECKPOINTS.one(reading, _HEAD, tenant_id=tenant_id)


async def checkpoints(reading: Reading, tenant_id: str) -> list[KeptCheckpoint]:
    """Every checkpoint that is kept, smallest first."""
    return await _CHECKPOINTS.all(reading, _EARLIER, tenant_id=tenant_id)


async def tiles(reading: Reading, tenant_id: str, wanted: Sequence[Tile]) -> dict[Tile, bytes]:
    """These tiles, as far as they are there."""
    found: dict[Tile, bytes] = {}
    for level, number in wanted:
        row = await reading.one(_TILE, tenant_id=tenant_id, level=level, number=number)
        if row is not None:
            found[level, number] = bytes(row[0])
    return found


async def walk(reading: Reading, tenant_id: str, first: int, limit: int) -> list[Sealed]:
    """Events from a place on. An event whose row is gone has an empty record and leaf."""
    rows = await reading.all(_LOG, tenant_id=tenant_id, first=first, limit=limit)
    return [
        Sealed(int(place), event_id, bytes(record or b""), bytes(leaf or b"")) for place, event_id, record, leaf in rows
    ]


async def place_of(reading: Reading, tenant_id: str, event_id: str) -> int | None:
    """Where an event stands; None while it is not sealed."""
    row = await reading.one(_PLACE, tenant_id=tenant_id, event_id=event_id)
    return None if row is None else int(row[0])


async def places_of(reading: Reading, tenant_id: str, event_ids: Sequence[str]) -> dict[str, int]:
    """Where these events stand, by their ids; without those that are not sealed."""
    rows = await reading.all(_PLACES, tenant_id=tenant_id, event_ids=list(event_ids))
    return {event_id: int(place) for event_id, place in rows}


async def count_unsealed(reading: Reading, tenant_id: str) -> int:
    """How many events neither wait to be sealed nor are: none, unless somebody slipped them in. It looks at all."""
    row = await reading.one(_UNSEALED, tenant_id=tenant_id)
    return 0 if row is None else int(row[0])


async def keys(reading: Reading) -> list[AuditKey]:
    """Every key that signs or signed checkpoints, oldest first."""
    return await _KEYS.all(reading, _EVERY_KEY)


def insert_key(unit: Unit, new: AuditKey) -> None:
    """A new key; from now on it signs. Raises Duplicate when its number is taken."""
    _KEYS.insert(unit, new)


def destroy_private(unit: Unit, of: AuditKey) -> None:
    """Nobody signs with this key any more."""
    unit.write(_DESTROY, rows=None, of_number=of.number, nothing=b"")


def seal(
    unit: Unit,
    event_ids: Sequence[str],
    longer: Mapping[Tile, bytes],
    before: KeptCheckpoint | None,
    after: KeptCheckpoint,
    *,
    had: frozenset[Tile],
    replaces: bool,
) -> None:
    """Give waiting events the next places, in the order of their ids.

    The unit is stale when somebody else sealed one of them, or anything behind ``before``.

    Args:
        unit: where to write. event_ids: which. longer: tiles that are new or longer, whole.
        before, after: the newest checkpoint, and the one that comes behind it.
        had: those tiles that are there already. replaces: the one before is not to be kept.
    """
    tenant_id, place = after.tenant_id, 0 if before is None else before.size
    asked = {"tenant_id": tenant_id, "event_ids": list(event_ids)}
    unit.write(_SEAL, rows=len(event_ids), before=place - 1, **asked)
    unit.write(_SEALED, rows=len(event_ids), **asked)
    for (level, number), hashes in longer.items():
        if (level, number) in had:
            unit.write(_LONGER_TILE, of_tenant=tenant_id, at_level=level, at_number=number, longer=hashes)
        else:
            unit.write(_NEW_TILE, tenant_id=tenant_id, level=level, number=number, hashes=hashes)
    if before is not None and replaces:
        unit.write(_DROP_CHECKPOINT, tenant_id=tenant_id, size=before.size)
    _CHECKPOINTS.insert(unit, after)
