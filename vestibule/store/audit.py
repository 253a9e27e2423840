"""Audit events in their final form: the record that is hashed, its leaf, and the personal parts as ciphertext.

Insert only. A sealer orders the pending events later; a door turns them into its own rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Select, and_, delete, func, literal_column, or_, select

from vestibule.ground.clock import to_us
from vestibule.rules.actors import SCIM
from vestibule.store.records import Records
from vestibule.store.schema import audit_event, audit_payload, audit_pending, subject_index
from vestibule.store.statements import Change, Query, among, given, inserting
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event.

    Attributes:
        record: canonical JSON, the bytes that are hashed. leaf: SHA-256(0x00 || record), RFC 6962 section 2.1.
        type: our own word, such as ``membership.leave``. outcome: success or failure.
        at: when it happened (for what time did: its due time). object_tag, actor_tag: labels, unlinkable once
            the subject's key is gone.
        door: ``scim`` for what a provisioning client asked for; None for everything else, and for older events.
    """

    tenant_id: str
    event_id: str
    record: bytes
    leaf: bytes
    type: str
    outcome: str
    reason: str | None
    at: datetime
    object_tag: str
    actor_tag: str
    correlation_id: str
    xid: str | None = None
    door: str | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """A personal part of an event, encrypted under the key ``key_id``."""

    tenant_id: str
    event_id: str
    part: str
    key_id: str
    ciphertext: bytes


_EVENTS = Records(audit_event, AuditEvent)
_PAYLOADS = Records(audit_payload, Payload)
_PENDING = inserting(audit_pending)
_INDEX = inserting(subject_index)
_FIND = _EVENTS.where(audit_event.c.tenant_id == given("tenant_id"), audit_event.c.event_id == given("event_id"))
_PAGE = _EVENTS.where(
    audit_event.c.tenant_id == given("tenant_id"),
    audit_event.c.at >= given("since"),
    audit_event.c.at <= given("until"),
    order=(audit_event.c.at.desc(), audit_event.c.event_id.desc()),
    limit=given("limit"),
)
_NEWEST_FIRST = (audit_event.c.at.desc(), audit_event.c.event_id.desc())
_OLDEST_FIRST = (audit_event.c.at, audit_event.c.event_id)
_BEHIND = {
    False: (
        or_(audit_event.c.at < given("at"), audit_event.c.event_id < given("event_id")),
        audit_event.c.at <= given("at"),
    ),
    True: (
        or_(audit_event.c.at > given("at"), audit_event.c.event_id > given("event_id")),
        audit_event.c.at >= given("at"),
    ),
}


LEADS: Final = {name: audit_event.c[name] for name in ("type", "outcome", "actor_tag", "object_tag")}
"""What events can be found by, each from an index of its own."""
PUSHED: Final = "pushed"
"""Leads to what provisioning clients asked for: an index that has nothing else in it."""
_INDEXES: Final = {
    "type": "audit_event_type",
    "outcome": "audit_event_by_outcome",
    "actor_tag": "audit_event_by_actor",
    "object_tag": "audit_event_by_object",
    PUSHED: "audit_event_pushed",
}


def _led_by(lead: str) -> tuple[ColumnElement[bool], ...]:
    if lead == PUSHED:
        return (audit_event.c.door == literal_column(f"'{SCIM}'"),)
    return (LEADS[lead] == given("lead"),) if lead else ()


def _walking(*, oldest_first: bool, behind: bool, lead: str) -> Query:
    walking = _EVENTS.where(
        audit_event.c.tenant_id == given("tenant_id"),
        audit_event.c.at >= given("since"),
        audit_event.c.at <= given("until"),
        *(_BEHIND[oldest_first] if behind else ()),
        *_led_by(lead),
        order=_OLDEST_FIRST if oldest_first else _NEWEST_FIRST,
        limit=given("limit"),
    )
    if not lead:
        return walking
    # SQLite, which knows nothing of what is in the tables, would take the index of times and look at every event.
    select_ = cast("Select[Any]", walking.construct)
    return Query(select_.with_hint(audit_event, f"INDEXED BY {_INDEXES[lead]}", "sqlite"))


WALK: Final = {
    (oldest_first, behind, lead): _walking(oldest_first=oldest_first, behind=behind, lead=lead)
    for oldest_first, behind, lead in product((False, True), (False, True), ("", *_INDEXES))
}
_BETWEEN = (
    audit_event.c.tenant_id == given("tenant_id"),
    audit_event.c.at >= given("since"),
    audit_event.c.at <= given("until"),
)
_COUNT = Query(select(func.count()).select_from(audit_event).where(*_BETWEEN))
_COUNT_TYPES = Query(select(func.count()).select_from(audit_event).where(*_BETWEEN, among(audit_event.c.type, "types")))
_OF_OBJECT = _EVENTS.where(
    audit_event.c.tenant_id == given("tenant_id"),
    audit_event.c.object_tag == given("tag"),
    order=(audit_event.c.at, audit_event.c.event_id),
)
_PARTS = _PAYLOADS.where(audit_payload.c.tenant_id == given("tenant_id"), among(audit_payload.c.event_id, "event_ids"))
_DROP_PARTS = Change(
    delete(audit_payload).where(
        audit_payload.c.tenant_id == given("tenant_id"), audit_payload.c.key_id == given("key_id")
    )
)
_TAG_OF = Query(
    select(subject_index.c.tag).where(
        subject_index.c.tenant_id == given("tenant_id"), subject_index.c.object_id == given("object_id")
    )
)
_DROP_INDEX = Change(
    delete(subject_index).where(
        and_(subject_index.c.tenant_id == given("tenant_id"), subject_index.c.tag == given("tag"))
    )
)


def insert(unit: Unit, event: AuditEvent, parts: list[Payload]) -> None:
    """Write an event with its parts and hand it to the sealer."""
    _EVENTS.insert(unit, event)
    for part in parts:
        _PAYLOADS.insert(unit, part)
    unit.write(_PENDING, tenant_id=event.tenant_id, event_id=event.event_id)


def index_subject(unit: Unit, tenant_id: str, tag: str, object_id: str) -> None:
    """Let staff find a living subject's events by its id."""
    unit.write(_INDEX, tenant_id=tenant_id, tag=tag, object_id=object_id)


async def find(reading: Reading, tenant_id: str, event_id: str) -> AuditEvent | None:
    """The event with this id."""
    return await _EVENTS.one(reading, _FIND, tenant_id=tenant_id, event_id=event_id)


async def page(reading: Reading, tenant_id: str, since: datetime, until: datetime, limit: int) -> list[AuditEvent]:
    """Events between two moments (inclusive), newest first."""
    return await _EVENTS.all(reading, _PAGE, tenant_id=tenant_id, since=to_us(since), until=to_us(until), limit=limit)


async def walk(
    reading: Reading,
    tenant_id: str,
    since: datetime,
    until: datetime,
    limit: int,
    *,
    after: tuple[datetime, str] | None = None,
    oldest_first: bool = False,
    of_type: str = "",
) -> list[AuditEvent]:
    """Events between two moments (inclusive), newest first unless the other way is asked for.

    ``after`` is the moment and id of the event behind which to go on; ``of_type`` leaves every other type out.
    """
    lead = ("type", of_type) if of_type else None
    return await _walk(reading, tenant_id, (since, until, limit), after, oldest_first=oldest_first, lead=lead)


async def _walk(
    reading: Reading,
    tenant_id: str,
    bounds: tuple[datetime, datetime, int],
    after: tuple[datetime, str] | None,
    *,
    oldest_first: bool,
    lead: tuple[str, str] | None,
) -> list[AuditEvent]:
    behind = {} if after is None else {"at": to_us(after[0]), "event_id": after[1]}
    query = WALK[oldest_first, after is not None, "" if lead is None else lead[0]]
    given_lead = {} if lead is None or lead[0] == PUSHED else {"lead": lead[1]}
    since, until, limit = bounds
    between = {"since": to_us(since), "until": to_us(until), "limit": limit}
    return await _EVENTS.all(reading, query, tenant_id=tenant_id, **between, **behind, **given_lead)


async def walk_pushed(
    reading: Reading,
    tenant_id: str,
    since: datetime,
    until: datetime,
    limit: int,
    *,
    after: tuple[datetime, str] | None = None,
    oldest_first: bool = False,
) -> list[AuditEvent]:
    """As ``walk``, for what provisioning clients asked for."""
    bounds = (since, until, limit)
    return await _walk(reading, tenant_id, bounds, after, oldest_first=oldest_first, lead=(PUSHED, ""))


async def walk_leads(
    reading: Reading,
    tenant_id: str,
    since: datetime,
    until: datetime,
    limit: int,
    *,
    leads: Iterable[tuple[str, str]],
    after: tuple[datetime, str] | None = None,
    oldest_first: bool = False,
) -> list[AuditEvent]:
    """As ``walk``, for events that any of these lead to: (one of ``LEADS``, its value).

    Each is read by itself, in order, so that rare ones are found fast; an event that several lead to is there once.
    """
    found: dict[str, AuditEvent] = {}
    for lead in leads:
        events = await _walk(reading, tenant_id, (since, until, limit), after, oldest_first=oldest_first, lead=lead)
        found |= {event.event_id: event for event in events}
    ordered = sorted(found.values(), key=lambda event: (event.at, event.event_id), reverse=not oldest_first)
    return ordered[:limit]


async def count(
    reading: Reading, tenant_id: str, since: datetime, until: datetime, *, types: Iterable[str] = ()
) -> int:
    """How many events between two moments (inclusive), of these types or of all."""
    bounds: dict[str, Any] = {"tenant_id": tenant_id, "since": to_us(since), "until": to_us(until)}
    chosen = list(types)
    row: Any = (
        await reading.one(_COUNT_TYPES, types=chosen, **bounds) if chosen else await reading.one(_COUNT, **bounds)
    )
    return int(row[0])


async def of_object(reading: Reading, tenant_id: str, tag: str) -> list[AuditEvent]:
    """The events about one object, oldest first."""
    return await _EVENTS.all(reading, _OF_OBJECT, tenant_id=tenant_id, tag=tag)


async def parts_of(reading: Reading, tenant_id: str, event_ids: list[str]) -> dict[str, list[Payload]]:
    """The personal parts of these events, by event id."""
    found: dict[str, list[Payload]] = {}
    for part in await _PAYLOADS.all(reading, _PARTS, tenant_id=tenant_id, event_ids=event_ids):
        found.setdefault(part.event_id, []).append(part)
    return found


async def tag_of(reading: Reading, tenant_id: str, object_id: str) -> str | None:
    """The label of a living subject."""
    row: Any = await reading.one(_TAG_OF, tenant_id=tenant_id, object_id=object_id)
    return None if row is None else str(row[0])


def forget_subject(unit: Unit, tenant_id: str, tag: str, key_id: str | None) -> None:
    """The subject's parts and its way back from the label go; records and leaves stay."""
    unit.write(_DROP_INDEX, rows=None, tenant_id=tenant_id, tag=tag)
    if key_id is not None:
        unit.write(_DROP_PARTS, rows=None, tenant_id=tenant_id, key_id=key_id)
