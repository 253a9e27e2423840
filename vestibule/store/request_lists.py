"""What people asked an organization for, as its administrators list it: the most pressing first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Text,
    and_,
    case,
    cast,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from vestibule.ground.clock import from_us, to_us
from vestibule.rules.filters import Filter
from vestibule.store import filtering
from vestibule.store.filtering import Fields
from vestibule.store.listing import Asked, Listing, Page, Scope
from vestibule.store.schema import data_request, guest_request, profile
from vestibule.store.statements import Query, Row, given
from vestibule.store.unit import Reading


@dataclass(frozen=True, slots=True)
class Listed:
    """A request, with the name and the address of who asked; both empty once their profile is gone.

    The other attributes are those of ``requests.GuestRequest``. Of a request by a proven address ``sealed`` and
    ``key_id`` hold who asks (``actions/sealed_requests.py``), and ``user_id`` is the id of the request.
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
    sealed: bytes | None = None
    key_id: str | None = None

    @property
    def by_address(self) -> bool:
        """Whether it was asked by a proven address, which takes no account."""
        return self.sealed is not None


def _text(value: str) -> ColumnElement[Any]:
    return literal_column(f"'{value}'")


_NONE: Final[ColumnElement[int]] = literal_column("0")
_BEHIND: Final[ColumnElement[int]] = literal_column("4000000000000000000")
_of_guests = (
    select(
        guest_request.c.user_id.label("user_id"),
        guest_request.c.kind.label("kind"),
        profile.c.display_name.label("name"),
        profile.c.mail.label("mail"),
        guest_request.c.reason.label("reason"),
        guest_request.c.asked_at.label("asked_at"),
        guest_request.c.answer_due.label("answer_due"),
        guest_request.c.first_due.label("first_due"),
        guest_request.c.answer.label("answer"),
        guest_request.c.answered_at.label("answered_at"),
        guest_request.c.ground.label("ground"),
        cast(null(), LargeBinary).label("sealed"),
        cast(null(), Text).label("key_id"),
    )
    .select_from(
        guest_request.outerjoin(
            profile,
            and_(profile.c.tenant_id == guest_request.c.tenant_id, profile.c.user_id == guest_request.c.user_id),
        )
    )
    .where(guest_request.c.tenant_id == given("tenant_id"))
)
_by_address = select(
    data_request.c.request_id,
    data_request.c.wish,
    cast(null(), Text),
    cast(null(), Text),
    _text("byAddress"),
    data_request.c.asked_at,
    data_request.c.answer_due,
    data_request.c.first_due,
    data_request.c.answer,
    data_request.c.answered_at,
    data_request.c.ground,
    data_request.c.sealed,
    data_request.c.subject_key_id,
).where(
    data_request.c.tenant_id == given("tenant_id"),
    or_(data_request.c.ends_at.is_(None), data_request.c.ends_at > given("now")),
)
_asked = union_all(_of_guests.where(guest_request.c.kind != _text("restore")), _by_address).subquery("asked")
#: Open ones by the day they are due, so that late ones come first; answered ones behind all of these.
_PRESSING: Final = _asked.c.answer_due + case((_asked.c.answer.is_(None), _NONE), else_=_BEHIND)
_STATE: Final = case((_asked.c.answer.is_(None), _text("open")), else_=_text("answered"))
_ID: Final = _asked.c.user_id.concat(_text("/")).concat(_asked.c.kind)
FIELDS: Final[Fields] = {
    ("id",): filtering.identifier(_ID),
    ("kind",): filtering.identifier(_asked.c.kind),
    ("state",): filtering.identifier(_STATE),
    ("pressing",): filtering.number(_PRESSING),
    ("askedAt",): filtering.time(_asked.c.asked_at),
    ("answerDue",): filtering.time(_asked.c.answer_due),
}


def _make(row: Row) -> Listed:
    user_id, kind, name, mail, reason, asked, due, first, answer, answered, ground, sealed, key_id = row
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
        None if sealed is None else bytes(sealed),
        key_id,
    )


REQUESTS: Final = Listing(
    select(*_asked.c),
    width=13,
    make=_make,
    fields=FIELDS,
    never_missing=frozenset({("pressing",), ("state",), ("id",)}),
)
ALL: Final = Scope("requests")
_ONE: Final = Query(
    _of_guests.where(guest_request.c.user_id == given("user_id"), guest_request.c.kind == given("kind"))
)


async def page(reading: Reading, tenant_id: str, asked: Asked) -> Page[Listed]:
    """A page of an organization's requests to be removed or erased, and of those by a proven address."""
    return await REQUESTS.page(reading, ALL, asked, tenant_id=tenant_id, now=to_us(reading.now))


async def count(reading: Reading, tenant_id: str, wanted: Filter | None = None) -> int:
    """How many."""
    return await REQUESTS.count(reading, ALL, wanted, tenant_id=tenant_id, now=to_us(reading.now))


async def find(reading: Reading, tenant_id: str, user_id: str, kind: str) -> Listed | None:
    """One that a user made; None when there is none."""
    row = await reading.one(_ONE, tenant_id=tenant_id, user_id=user_id, kind=kind)
    return None if row is None else _make(row)
