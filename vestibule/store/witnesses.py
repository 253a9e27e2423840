"""Witnesses of the sealed audit log: how each log stands with each of them, and the checkpoints that they cosigned."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, delete, func, literal_column, or_, select, update

from vestibule.ground.clock import from_us, to_us
from vestibule.store.records import Records
from vestibule.store.schema import audit_checkpoint, audit_cosignature, audit_witness, organization
from vestibule.store.statements import Change, Query, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Standing:
    """How the log of an organization stands with a witness. Times are machine times.

    Attributes:
        tenant_id: whose log. witness: the witness's verifier key.
        origin: what the log was called when it was shown last. size: so many events it cosigned under that name.
        cosigned_at: when it did, by its own clock. state: a word of ``rules/witnesses.State``. why: the same in words.
        known: the size that it said it knows, where that is more than there is here.
        failures: so many times in a row it did not sign. failing_since: since when; None when it signs.
        due_at: before that it is left alone. turn: raised by whoever asks it; nobody else writes what came of it.
    """

    tenant_id: str
    witness: str
    origin: str = ""
    size: int = 0
    cosigned_at: datetime | None = None
    state: str = ""
    why: str = ""
    known: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    due_at: datetime | None = None
    turn: int = 0


@dataclass(frozen=True, slots=True)
class KeptCosignature:
    """A checkpoint that a witness cosigned: the note as it was shown to it, and its line. ``at``: by its own clock."""

    tenant_id: str
    witness: str
    size: int
    note: str
    line: str
    at: datetime


_STANDINGS: Final = Records(audit_witness, Standing)
_COSIGNED: Final = Records(audit_cosignature, KeptCosignature)
_of: Final = (audit_witness.c.tenant_id == given("tenant_id"), audit_witness.c.witness == given("witness"))
_FIND: Final = _STANDINGS.where(*_of)
_OF_TENANT: Final = _STANDINGS.where(audit_witness.c.tenant_id == given("tenant_id"), order=audit_witness.c.witness)
_NAMED: Final = (audit_witness.c.tenant_id == given("of_tenant"), audit_witness.c.witness == given("of_witness"))
_UPDATE: Final = Change(
    update(audit_witness)
    .where(*_NAMED, audit_witness.c.turn == given("of_turn"))
    .values(**{name: given(name) for name in _STANDINGS.names if name not in {"tenant_id", "witness"}})
)
_of_log: Final = audit_cosignature.c.tenant_id == given("tenant_id")
_NEWEST: Final = _COSIGNED.where(
    _of_log,
    audit_cosignature.c.witness == given("witness"),
    order=audit_cosignature.c.size.desc(),
    limit=literal_column("1"),
)
_EVERY: Final = _COSIGNED.where(_of_log, order=(audit_cosignature.c.size, audit_cosignature.c.witness))
_DROP: Final = Change(
    delete(audit_cosignature).where(
        _of_log, audit_cosignature.c.witness == given("witness"), audit_cosignature.c.size == given("size")
    )
)
_head: Final = (
    select(audit_checkpoint.c.size)
    .where(audit_checkpoint.c.tenant_id == organization.c.tenant_id)
    .order_by(audit_checkpoint.c.size.desc())
    .limit(literal_column("1"))
    .scalar_subquery()
)
_first_behind: Final = (
    select(audit_checkpoint.c.at)
    .where(
        audit_checkpoint.c.tenant_id == organization.c.tenant_id,
        audit_checkpoint.c.size > func.coalesce(audit_witness.c.size, literal_column("0")),
    )
    .order_by(audit_checkpoint.c.size)
    .limit(literal_column("1"))
    .scalar_subquery()
)
_with_witness: Final = organization.outerjoin(
    audit_witness,
    and_(audit_witness.c.tenant_id == organization.c.tenant_id, audit_witness.c.witness == given("witness")),
)
_DUE: Final = Query(
    select(organization.c.tenant_id)
    .select_from(_with_witness)
    .where(
        organization.c.tenant_id > given("after"),
        or_(audit_witness.c.due_at.is_(None), audit_witness.c.due_at <= given("now")),
        or_(
            _head > func.coalesce(audit_witness.c.size, literal_column("0")),
            audit_witness.c.due_at <= given("long_ago"),
        ),
    )
    .order_by(organization.c.tenant_id)
    .limit(given("limit"))
)
_waiting: Final[list[Any]] = [func.min(_first_behind), func.count(_first_behind)]
_BEHIND: Final = Query(select(*_waiting).select_from(_with_witness))
_counted: Final[list[Any]] = [
    audit_witness.c.state,
    func.count(),
    func.min(audit_witness.c.failing_since),
    func.min(audit_witness.c.why),
]
_STATES: Final = Query(
    select(*_counted).where(audit_witness.c.witness == given("witness")).group_by(audit_witness.c.state)
)


@dataclass(frozen=True, slots=True)
class Counted:
    """So many logs stand so with a witness; since when the first of them is not signed, and why one of them is not."""

    logs: int
    since: datetime | None
    why: str


async def find(reading: Reading, tenant_id: str, witness: str) -> Standing | None:
    """How a log stands with a witness; None while that was never asked."""
    return await _STANDINGS.one(reading, _FIND, tenant_id=tenant_id, witness=witness)


async def of_tenant(reading: Reading, tenant_id: str) -> list[Standing]:
    """How a log stands with every witness that was ever asked."""
    return await _STANDINGS.all(reading, _OF_TENANT, tenant_id=tenant_id)


async def due(reading: Reading, witness: str, after: str, now: datetime, long_ago: datetime, limit: int) -> list[str]:
    """Organizations whose logs are to be shown to a witness, in the order of ids, behind ``after``.

    That are those that have events which it did not cosign, and those that it was not shown since ``long_ago``.
    """
    rows = await reading.all(_DUE, witness=witness, after=after, now=to_us(now), long_ago=to_us(long_ago), limit=limit)
    return [str(tenant_id) for (tenant_id,) in rows]


async def behind(reading: Reading, witness: str) -> tuple[int, datetime | None]:
    """How many logs have events that a witness did not cosign, and when the oldest kept checkpoint of them was made.

    Of an hour only the last checkpoint is kept: up to an hour of waiting may not be seen.
    """
    row = await reading.one(_BEHIND, witness=witness)
    if row is None or row[0] is None:
        return 0, None
    return int(row[1]), from_us(int(row[0]))


async def states(reading: Reading, witness: str) -> dict[str, Counted]:
    """How many logs stand how with a witness, by the word of the state."""
    rows = await reading.all(_STATES, witness=witness)
    return {
        str(state): Counted(int(logs), None if since is None else from_us(int(since)), str(why))
        for state, logs, since, why in rows
    }


async def newest(reading: Reading, tenant_id: str, witness: str) -> KeptCosignature | None:
    """The largest checkpoint that a witness cosigned."""
    return await _COSIGNED.one(reading, _NEWEST, tenant_id=tenant_id, witness=witness)


async def cosigned(reading: Reading, tenant_id: str) -> list[KeptCosignature]:
    """Every checkpoint with a cosignature that is kept, smallest first."""
    return await _COSIGNED.all(reading, _EVERY, tenant_id=tenant_id)


def insert(unit: Unit, new: Standing) -> None:
    """The first time that a witness is asked. Raises Duplicate when somebody else asks it."""
    _STANDINGS.insert(unit, new)


def update_standing(unit: Unit, new: Standing, turn: int) -> None:
    """How it stands now; the unit is stale when it is not ``turn`` any more, and somebody else asked meanwhile."""
    values = _STANDINGS.values(new)
    tenant_id, witness = values.pop("tenant_id"), values.pop("witness")
    unit.write(_UPDATE, **values, of_tenant=tenant_id, of_witness=witness, of_turn=turn)


def keep(unit: Unit, new: KeptCosignature, instead: KeptCosignature | None) -> None:
    """A cosignature is kept; ``instead`` of another of the same witness, if there is one."""
    if instead is not None:
        unit.write(_DROP, rows=None, tenant_id=instead.tenant_id, witness=instead.witness, size=instead.size)
    _COSIGNED.insert(unit, new)
