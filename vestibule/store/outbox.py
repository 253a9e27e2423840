"""Letters: what has to be told to somebody once the change is committed. Delivered at least once, then shredded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, literal_column, not_, or_, select, update
from sqlalchemy.sql.functions import count
from sqlalchemy.sql.functions import min as least

from vestibule.ground.clock import from_us, to_us
from vestibule.store.records import Records
from vestibule.store.schema import letter
from vestibule.store.statements import Change, Query, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter in the outbox.

    Attributes:
        kind: what it says; the letters door knows how to word it.
        user_id: whom it concerns, so that an erasure finds it.
        sealed: recipient, language and facts, encrypted; deleted with the row after sending.
        written_at, not_before: lifecycle time. lease_until: machine time.
        lease_token: who is delivering it at the moment; a worker whose lease ran out matches nothing.
    """

    tenant_id: str
    letter_id: str
    kind: str
    user_id: str | None
    sealed: bytes
    written_at: datetime
    not_before: datetime
    tries: int
    lease_token: str | None = None
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    last_error: str | None = None


_LETTERS = Records(letter, Letter)
NOTICE: Final = "logoutNotice"
"""The kind of what is told to apps."""
EXPORT: Final = "dataExport"
"""The kind of what is brought where an administrator wants it; every kind but these two is mail."""

_free = or_(letter.c.lease_until.is_(None), letter.c.lease_until < given("machine_now"))
_is_notice = letter.c.kind == literal_column(f"'{NOTICE}'")
_is_export = letter.c.kind == literal_column(f"'{EXPORT}'")


def _due(kind: ColumnElement[bool]) -> Query:
    return _LETTERS.where(
        letter.c.sent_at.is_(None),
        kind,
        letter.c.not_before <= given("until"),
        _free,
        order=(letter.c.not_before, letter.c.letter_id),
        limit=given("limit"),
    )


_WAITING = _due(not_(or_(_is_notice, _is_export)))
_NOTICES = _due(_is_notice)
_EXPORTS = _due(_is_export)
_NEXT = Query(
    select(letter.c.not_before, letter.c.tenant_id, letter.c.user_id)
    .where(letter.c.sent_at.is_(None), letter.c.tries > literal_column("0"))
    .order_by(letter.c.not_before)
    .limit(given("limit"))
)
_ages: list[ColumnElement[Any]] = [
    count(letter.c.letter_id).label("letters"),
    least(letter.c.written_at).label("oldest"),
]
_BACKLOG = Query(select(*_ages).where(letter.c.sent_at.is_(None)))
_CLAIM = Change(
    update(letter)
    .where(
        letter.c.tenant_id == given("in_tenant"),
        letter.c.letter_id == given("of_letter"),
        or_(letter.c.lease_until.is_(None), letter.c.lease_until < given("machine_now")),
    )
    .values(lease_token=given("token"), lease_until=given("until"), tries=letter.c.tries + literal_column("1"))
)
_SENT = Change(
    delete(letter).where(
        letter.c.tenant_id == given("tenant_id"),
        letter.c.letter_id == given("letter_id"),
        letter.c.lease_token == given("token"),
    )
)
_FAILED = Change(
    update(letter)
    .where(
        letter.c.tenant_id == given("in_tenant"),
        letter.c.letter_id == given("of_letter"),
        letter.c.lease_token == given("token"),
    )
    .values(not_before=given("again_at"), last_error=given("error"), lease_until=given("nobody"))
)
_OF_NOBODY = _LETTERS.where(
    letter.c.tenant_id == given("tenant_id"),
    letter.c.user_id.is_(None),
    letter.c.sent_at.is_(None),
    order=(letter.c.written_at, letter.c.letter_id),
    limit=given("limit"),
)
_DROP_ONE = Change(
    delete(letter).where(letter.c.tenant_id == given("tenant_id"), letter.c.letter_id == given("letter_id"))
)
_DROP_OF = Change(delete(letter).where(letter.c.tenant_id == given("tenant_id"), letter.c.user_id == given("user_id")))
_DROP_OTHER = Change(
    delete(letter).where(
        letter.c.tenant_id == given("tenant_id"),
        letter.c.user_id == given("user_id"),
        not_(among(letter.c.kind, "kinds")),
    )
)
_HOW_MUCH_MAIL = Query(select(count(letter.c.letter_id)).where(not_(or_(_is_notice, _is_export))))
_FORGET_MAIL = Change(delete(letter).where(not_(or_(_is_notice, _is_export))))
_DROP_KINDS = Change(
    delete(letter).where(
        letter.c.tenant_id == given("tenant_id"), letter.c.user_id == given("user_id"), among(letter.c.kind, "kinds")
    )
)


def insert(unit: Unit, new: Letter) -> None:
    """Put a letter into the outbox."""
    _LETTERS.insert(unit, new)


async def waiting(reading: Reading, limit: int) -> list[Letter]:
    """Letters whose time has come and that nobody is delivering, oldest first."""
    return await _found(reading, _WAITING, limit)


async def notices(reading: Reading, limit: int) -> list[Letter]:
    """The same of what is told to apps."""
    return await _found(reading, _NOTICES, limit)


async def exports(reading: Reading, limit: int) -> list[Letter]:
    """The same of exports of personal data."""
    return await _found(reading, _EXPORTS, limit)


async def _found(reading: Reading, query: Query, limit: int) -> list[Letter]:
    return await _LETTERS.all(
        reading, query, until=to_us(reading.now), machine_now=to_us(reading.moment.machine), limit=limit
    )


async def next_waiting(reading: Reading, limit: int) -> list[tuple[datetime, str, str | None]]:
    """When letters that failed once are tried again: (when, organization, user)."""
    rows = await reading.all(_NEXT, limit=limit)
    return [(from_us(at), tenant_id, user_id) for at, tenant_id, user_id in rows]


async def backlog(reading: Reading) -> tuple[int, datetime | None]:
    """How many letters have not gone out, and when the oldest of them was written."""
    row = await reading.one(_BACKLOG)
    return (0, None) if row is None or not row[0] else (int(row[0]), from_us(row[1]))


def claim(unit: Unit, one: Letter, token: str, until: datetime) -> None:
    """Take a letter for delivery; the unit is stale when somebody else has it."""
    unit.write(
        _CLAIM,
        in_tenant=one.tenant_id,
        of_letter=one.letter_id,
        machine_now=to_us(unit.moment.machine),
        token=token,
        until=to_us(until),
    )


def sent(unit: Unit, one: Letter, token: str) -> None:
    """It went out: nothing of it stays. Nothing happens when the lease was lost meanwhile."""
    unit.write(_SENT, rows=None, tenant_id=one.tenant_id, letter_id=one.letter_id, token=token)


def sent_by_me(unit: Unit, one: Letter, token: str) -> None:
    """Like ``sent``, but the unit is stale when the lease was lost: what is written with it must not be doubled."""
    unit.write(_SENT, tenant_id=one.tenant_id, letter_id=one.letter_id, token=token)


def failed(unit: Unit, one: Letter, token: str, again_at: datetime, error: str) -> None:
    """It did not go out; try again later."""
    unit.write(
        _FAILED,
        rows=None,
        in_tenant=one.tenant_id,
        of_letter=one.letter_id,
        token=token,
        again_at=to_us(again_at),
        error=error[:500],
        nobody=None,
    )


async def of_nobody(reading: Reading, tenant_id: str, limit: int) -> list[Letter]:
    """Letters of an organization that wait and are about no user of it, oldest first."""
    return await _LETTERS.all(reading, _OF_NOBODY, tenant_id=tenant_id, limit=limit)


def drop(unit: Unit, one: Letter) -> None:
    """A letter that is not to be sent any more; one that went out meanwhile is no mistake."""
    unit.write(_DROP_ONE, rows=None, tenant_id=one.tenant_id, letter_id=one.letter_id)


def drop_of(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Nothing more is sent about this membership."""
    unit.write(_DROP_OF, rows=None, tenant_id=tenant_id, user_id=user_id)


def drop_kinds(unit: Unit, tenant_id: str, user_id: str, kinds: list[str]) -> None:
    """Letters of these kinds about this membership are no longer true."""
    unit.write(_DROP_KINDS, rows=None, tenant_id=tenant_id, user_id=user_id, kinds=kinds)


def drop_other(unit: Unit, tenant_id: str, user_id: str, kinds: list[str]) -> None:
    """Of the letters about this membership only these kinds still go out."""
    unit.write(_DROP_OTHER, rows=None, tenant_id=tenant_id, user_id=user_id, kinds=kinds)


async def forget_mail(unit: Unit) -> int:
    """Every letter by mail goes, sent or not, as after the restore of a backup. Returns how many."""
    row = await unit.one(_HOW_MUCH_MAIL)
    unit.write(_FORGET_MAIL, rows=None)
    return 0 if row is None else int(row[0])
