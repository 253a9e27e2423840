"""What people asked an organization for, as its administrators list it: the most pressing first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, literal_column, select

from vestibule.ground.clock import from_us
from vestibule.rules.filters import Filter
from vestibule.store import filtering
from vestibule.store.filtering import Fields
from vestibule.store.listing import Asked, Listing, Page, Scope
from vestibule.store.schema import guest_request, profile
from vestibule.store.statements import Query, Row, given
from vestibule.store.unit import Reading


@dataclass(frozen=True, slots=True)
class Listed:
    """A request, with the name and the address of who asked; both empty once their profile is gone.

    The other attributes are those of ``requests.GuestRequest``.
    """

    user_id: str
    kind: str
    name: str
    mail: str
    reason: str
    asked_at: datetime
    answer_due: datetime
    first_due: datetime | None
    answer: str | None
    answered_at: datetime | None
    ground: str | None


def _text(value: str) -> ColumnElement[Any]:
    return literal_column(f"'{value}'")


_NONE: Final[ColumnElement[int]] = literal_column("0")
_BEHIND: Final[ColumnElement[int]] = literal_column("4000000000000000000")
#: Open ones by the day they are due, so that late ones come first; answered ones behind all of these.
_PRESSING: Final = guest_request.c.answer_due + case((guest_request.c.answer.is_(None), _NONE), else_=_BEHIND)
_STATE: Final = case((guest_request.c.answer.is_(None), _text("open")), else_=_text("answered"))
_ID: Final = guest_request.c.user_id.concat(_text("/")).concat(guest_request.c.kind)
FIELDS: Final[Fields] = {
    ("id",): filtering.identifier(_ID),
    ("kind",): filtering.identifier(guest_request.c.kind),
    ("state",): filtering.identifier(_STATE),
    ("pressing",): filtering.number(_PRESSING),
    ("askedAt",): filtering.time(guest_request.c.asked_at),
    ("answerDue",): filtering.time(guest_request.c.answer_due),
}


def _make(row: Row) -> Listed:
    user_id, kind, name, mail, reason, asked, due, first, answer, answered, ground = row
    return Listed(
        user_id,
        kind,
        name or "",
        mail or "",
        reason,
        from_us(asked),
        from_us(due),
        None if first is None else from_us(first),
        answer,
        None if answered is None else from_us(answered),
        ground,
    )


_columns = select(
    guest_request.c.user_id,
    guest_request.c.kind,
    profile.c.display_name,
    profile.c.mail,
    guest_request.c.reason,
    guest_request.c.asked_at,
    guest_request.c.answer_due,
    guest_request.c.first_due,
    guest_request.c.answer,
    guest_request.c.answered_at,
    guest_request.c.ground,
).select_from(
    guest_request.outerjoin(
        profile,
        and_(profile.c.tenant_id == guest_request.c.tenant_id, profile.c.user_id == guest_request.c.user_id),
    )
)
_here = guest_request.c.tenant_id == given("tenant_id")
REQUESTS: Final = Listing(
    _columns.where(_here),
    width=11,
    make=_make,
    fields=FIELDS,
    never_missing=frozenset({("pressing",), ("state",), ("id",)}),
)
ALL: Final = Scope("requests", conditions=(guest_request.c.kind != _text("restore"),))
_ONE: Final = Query(
    _columns.where(_here, guest_request.c.user_id == given("user_id"), guest_request.c.kind == given("kind"))
)


async def page(reading: Reading, tenant_id: str, asked: Asked) -> Page[Listed]:
    """A page of an organization's requests to be removed or erased."""
    return await REQUESTS.page(reading, ALL, asked, tenant_id=tenant_id)


async def count(reading: Reading, tenant_id: str, wanted: Filter | None = None) -> int:
    """How many."""
    return await REQUESTS.count(reading, ALL, wanted, tenant_id=tenant_id)


async def find(reading: Reading, tenant_id: str, user_id: str, kind: str) -> Listed | None:
    """One of them; None when there is none."""
    row = await reading.one(_ONE, tenant_id=tenant_id, user_id=user_id, kind=kind)
    return None if row is None else _make(row)
