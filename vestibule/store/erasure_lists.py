"""The data removals of an organization as its administrators list them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, case, exists, func, literal_column, not_, select

from vestibule.ground.clock import from_us, to_us
from vestibule.rules.connections import FAILED
from vestibule.rules.filters import Filter
from vestibule.store import filtering
from vestibule.store.filtering import Fields
from vestibule.store.listing import Asked, Listing, Page, Scope
from vestibule.store.schema import erasure, membership, removal_recipient
from vestibule.store.statements import Query, Row, given
from vestibule.store.unit import Reading


@dataclass(frozen=True, slots=True)
class Removal:
    """A data removal.

    Attributes:
        tag: the label of the one it is about; whoever it was is not known any more.
        reason: the verb it followed (``purge``, ``leave``). state: as in ``erasures.Erasure``.
    """

    user_id: str
    tag: str
    reason: str
    state: str
    started_at: datetime
    due_by: datetime
    finished_at: datetime | None


#: Overdue ones come first: what is done sorts behind everything by its rank.
_RANK: Final = case((erasure.c.state == literal_column("'done'"), literal_column("1")), else_=literal_column("0"))
#: What an administrator has to know of one that waits: an app that it waits for failed.
_failing = exists().where(
    removal_recipient.c.tenant_id == erasure.c.tenant_id,
    removal_recipient.c.user_id == erasure.c.user_id,
    removal_recipient.c.required == literal_column("true"),
    removal_recipient.c.state.in_([literal_column(f"'{one.value}'") for one in sorted(FAILED)]),
)
_OUTCOME: Final = case(
    (and_(erasure.c.state == literal_column("'waitingForRecipients'"), _failing), literal_column("'failed'")),
    else_=erasure.c.state,
)
FIELDS: Final[Fields] = {
    ("id",): filtering.identifier(erasure.c.user_id),
    ("rank",): filtering.number(_RANK),
    ("state",): filtering.keyword(erasure.c.state),
    ("outcome",): filtering.keyword(_OUTCOME),
    ("reason",): filtering.identifier(erasure.c.reason),
    ("startedAt",): filtering.time(erasure.c.started_at),
    ("dueBy",): filtering.time(erasure.c.due_by),
}


def _make(row: Row) -> Removal:
    user_id, tag, reason, state, started, due, finished = row
    ended = None if finished is None else from_us(finished)
    return Removal(user_id, tag or user_id, reason, state, from_us(started), from_us(due), ended)


REMOVALS: Final = Listing(
    select(
        erasure.c.user_id,
        membership.c.audit_tag,
        erasure.c.reason,
        erasure.c.state,
        erasure.c.started_at,
        erasure.c.due_by,
        erasure.c.finished_at,
    )
    .select_from(
        erasure.outerjoin(
            membership,
            (membership.c.tenant_id == erasure.c.tenant_id) & (membership.c.user_id == erasure.c.user_id),
        )
    )
    .where(erasure.c.tenant_id == given("tenant_id")),
    width=7,
    make=_make,
    fields=FIELDS,
    never_missing=frozenset({("rank",)}),
)
ALL: Final = Scope("data removals")
_ONE: ColumnElement[int] = literal_column("1")
_NONE: ColumnElement[int] = literal_column("0")
_held = erasure.c.state == literal_column("'onHold'")
_late = func.coalesce(func.sum(case((and_(erasure.c.due_by < given("now"), not_(_held)), _ONE), else_=_NONE)), _NONE)
_purge_held = select(func.count()).where(
    membership.c.tenant_id == given("tenant_id"),
    membership.c.held > literal_column("0"),
    membership.c.stage == literal_column("'deleted'"),
    membership.c.due_at <= given("now"),
)
_removal_held = select(func.count()).where(erasure.c.tenant_id == given("tenant_id"), _held)
_HELD = Query(select(_purge_held.scalar_subquery() + _removal_held.scalar_subquery()))
_OPEN = Query(
    select(func.count(), _late)
    .select_from(erasure)
    .where(erasure.c.tenant_id == given("tenant_id"), erasure.c.state != literal_column("'done'"))
)
_LAST = Query(
    select(func.max(erasure.c.finished_at)).where(
        erasure.c.tenant_id == given("tenant_id"), erasure.c.state == literal_column("'done'")
    )
)


async def page(reading: Reading, tenant_id: str, asked: Asked) -> Page[Removal]:
    """A page of an organization's data removals."""
    return await REMOVALS.page(reading, ALL, asked, tenant_id=tenant_id)


async def count(reading: Reading, tenant_id: str, wanted: Filter | None = None) -> int:
    """How many."""
    return await REMOVALS.count(reading, ALL, wanted, tenant_id=tenant_id)


async def unfinished(reading: Reading, tenant_id: str) -> tuple[int, int]:
    """How many are not done, and how many of these are late; one that a legal hold keeps is not."""
    row = await reading.one(_OPEN, tenant_id=tenant_id, now=to_us(reading.now))
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


async def held(reading: Reading, tenant_id: str) -> int:
    """Of how many people the permanent deletion or the data removal is due, and a legal hold keeps it."""
    row = await reading.one(_HELD, tenant_id=tenant_id, now=to_us(reading.now))
    return 0 if row is None else int(row[0])


async def last_finished(reading: Reading, tenant_id: str) -> datetime | None:
    """When the last one was done; None when none ever was."""
    row = await reading.one(_LAST, tenant_id=tenant_id)
    return None if row is None or row[0] is None else from_us(row[0])
