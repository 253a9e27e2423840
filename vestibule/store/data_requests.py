"""Requests by a proven address, which need no account. One open request per organization, address and wish."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update

from vestibule.ground.clock import from_us, to_us
from vestibule.store.records import Records
from vestibule.store.schema import data_request
from vestibule.store.statements import Change, Query, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class DataRequest:
    """What somebody asked an organization who proved an address, and nothing more.

    Attributes:
        address_mac: keyed hash of organization and mailbox. wish: ``access`` or ``erasure``.
        subject_key_id: the key that opens ``sealed``, and the personal parts of events about the request.
        audit_tag: its label in the log. sealed: who asks, in which words and language.
        answer_due: one month after asking, or as extended. first_due: before it was extended.
        answer: granted, refused, withdrawn, nothingHeld; None while open. ground: why it was refused.
        ends_at: when the row goes, and its key; None while open.
        copy_until: until when the copy can be fetched; None where there is none. collected_at: when it was.
    """

    tenant_id: str
    request_id: str
    address_mac: str
    wish: str
    subject_key_id: str
    audit_tag: str
    sealed: bytes
    asked_at: datetime
    answer_due: datetime
    first_due: datetime | None = None
    answer: str | None = None
    answered_at: datetime | None = None
    ground: str | None = None
    ends_at: datetime | None = None
    copy_until: datetime | None = None
    collected_at: datetime | None = None
    version: int = 1


_REQUESTS: Final = Records(data_request, DataRequest)
_here = data_request.c.tenant_id == given("tenant_id")
_FIND = _REQUESTS.where(_here, data_request.c.request_id == given("request_id"))
_OPEN = _REQUESTS.where(
    _here,
    data_request.c.address_mac == given("address_mac"),
    data_request.c.wish == given("wish"),
    data_request.c.answer.is_(None),
)
_OF_ADDRESS = _REQUESTS.where(
    _here, data_request.c.address_mac == given("address_mac"), order=(data_request.c.asked_at,)
)
_WAITING = _REQUESTS.where(_here, data_request.c.answer.is_(None), order=(data_request.c.asked_at,))
_DUE = _REQUESTS.where(
    data_request.c.ends_at <= given("until"),
    order=(data_request.c.ends_at, data_request.c.request_id),
    limit=given("limit"),
)
_NEXT_END = Query(
    select(data_request.c.ends_at, data_request.c.tenant_id, data_request.c.request_id)
    .where(data_request.c.ends_at.is_not(None))
    .order_by(data_request.c.ends_at, data_request.c.request_id)
    .limit(given("limit"))
)
_BY_KEYS = _REQUESTS.where(among(data_request.c.subject_key_id, "key_ids"))
_this = (
    data_request.c.tenant_id == given("in_tenant"),
    data_request.c.request_id == given("of_request"),
    data_request.c.version == given("if_version"),
)
_SAVE = Change(
    update(data_request)
    .where(*_this)
    .values(
        sealed=given("sealed"),
        answer_due=given("answer_due"),
        first_due=given("first_due"),
        answer=given("answer"),
        answered_at=given("answered_at"),
        ground=given("ground"),
        ends_at=given("ends_at"),
        copy_until=given("copy_until"),
        collected_at=given("collected_at"),
        version=given("version"),
    )
)
_DROP = Change(delete(data_request).where(*_this))
_KEPT: Final = frozenset(
    {
        "tenant_id",
        "request_id",
        "address_mac",
        "wish",
        "subject_key_id",
        "audit_tag",
        "asked_at",
    }
)
"""What a request is from its beginning to its end."""


async def find(reading: Reading, tenant_id: str, request_id: str) -> DataRequest | None:
    """The request with this id, unless its time is over."""
    found = await find_any(reading, tenant_id, request_id)
    return None if found is None or (found.ends_at is not None and found.ends_at <= reading.now) else found


async def find_any(reading: Reading, tenant_id: str, request_id: str) -> DataRequest | None:
    """The same, although its time may be over."""
    return await _REQUESTS.one(reading, _FIND, tenant_id=tenant_id, request_id=request_id)


async def find_open(reading: Reading, tenant_id: str, address_mac: str, wish: str) -> DataRequest | None:
    """The request of this address that nobody has answered."""
    return await _REQUESTS.one(reading, _OPEN, tenant_id=tenant_id, address_mac=address_mac, wish=wish)


async def of_address(reading: Reading, tenant_id: str, address_mac: str) -> list[DataRequest]:
    """Every request of this address, oldest first."""
    return await _REQUESTS.all(reading, _OF_ADDRESS, tenant_id=tenant_id, address_mac=address_mac)


async def waiting(reading: Reading, tenant_id: str) -> list[DataRequest]:
    """Every request of an organization that nobody has answered, oldest first."""
    return await _REQUESTS.all(reading, _WAITING, tenant_id=tenant_id)


async def due(reading: Reading, until: datetime, limit: int) -> list[DataRequest]:
    """Requests whose time is over at ``until``, oldest first."""
    return await _REQUESTS.all(reading, _DUE, until=to_us(until), limit=limit)


async def next_end(reading: Reading, limit: int) -> list[tuple[datetime, str, str]]:
    """The next requests to go: (when, organization, request)."""
    rows = await reading.all(_NEXT_END, limit=limit)
    return [(from_us(at), tenant_id, request_id) for at, tenant_id, request_id in rows]


async def by_keys(reading: Reading, key_ids: list[str]) -> list[DataRequest]:
    """The requests that these keys open. It reads the whole table."""
    return await _REQUESTS.all(reading, _BY_KEYS, key_ids=key_ids)


def insert(unit: Unit, new: DataRequest) -> None:
    """Write a new request. Raises Duplicate when the address has an open one with this wish."""
    _REQUESTS.insert(unit, new)


def save(unit: Unit, before: DataRequest, after: DataRequest) -> DataRequest:
    """Extend, answer, or note that the copy was fetched; the unit is stale when somebody was faster."""
    changed = replace(after, version=raised(before).version)
    values = {name: value for name, value in _REQUESTS.values(changed).items() if name not in _KEPT}
    unit.write(_SAVE, **_which(before), **values)
    return changed


def raised(before: DataRequest) -> DataRequest:
    """The request at its next version."""
    return replace(before, version=before.version + 1)


def answer(
    unit: Unit, before: DataRequest, answer: str, *, kept_for: timedelta, ground: str | None = None, **changed: object
) -> DataRequest:
    """The request is answered, by what was done or with why it was not; it goes after ``kept_for``."""
    ends_at = unit.now + kept_for
    answered = replace(before, answer=answer, answered_at=unit.now, ground=ground, ends_at=ends_at, **changed)  # type: ignore[arg-type]
    return save(unit, before, answered)


def drop(unit: Unit, gone: DataRequest) -> None:
    """The row goes; the unit is stale when somebody wrote it meanwhile."""
    unit.write(_DROP, **_which(gone))


def _which(of: DataRequest) -> dict[str, Any]:
    return {"in_tenant": of.tenant_id, "of_request": of.request_id, "if_version": of.version}
