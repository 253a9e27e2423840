"""Counts for charts about guests: one query for each, over the organization's own rows and events."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, and_, case, func, literal_column, or_, select
from sqlalchemy.sql.expression import exists

from vestibule.ground.clock import to_us
from vestibule.store.columns import by_no_index
from vestibule.store.schema import audit_event, erasure, membership, profile, sign_in_activity
from vestibule.store.statements import Query, among, given
from vestibule.store.unit import Reading

DAY: Final = timedelta(days=1)
_DAY_US: Final = DAY // timedelta(microseconds=1)
# Most people are from outside: nobody is looked up by that.
_EXTERNAL: Final = by_no_index(membership.c.tie).in_([literal_column("'guest'"), literal_column("'externalMember'")])
_HERE: Final = membership.c.stage.in_([literal_column("'invited'"), literal_column("'present'")])


def _whole(moment: Any) -> Any:
    """Whole days between ``since`` and a moment."""
    return (moment - given("since")) // literal_column(str(_DAY_US), BigInteger())


# A leave of a direct connect user is no guest's: the membership says how they belonged, and outlives the data removal.
# It is asked of each event and not joined: SQLite would begin with everybody.
_OF_GUEST: Final = exists(
    select(literal_column("1")).where(
        membership.c.tenant_id == audit_event.c.tenant_id,
        membership.c.audit_tag == audit_event.c.object_tag,
        _EXTERNAL,
    )
)
EVENTS: Final = Query(
    select(audit_event.c.type, _whole(audit_event.c.at).label("day"), func.count())
    .where(
        audit_event.c.tenant_id == given("tenant_id"),
        among(audit_event.c.type, "types"),
        audit_event.c.at >= given("since"),
        by_no_index(audit_event.c.outcome) == literal_column("'success'"),
        _OF_GUEST,
    )
    .group_by(audit_event.c.type, literal_column("day"))
)
_EXTERNAL_NOW: Final = Query(
    select(func.count()).select_from(membership).where(membership.c.tenant_id == given("tenant_id"), _HERE, _EXTERNAL)
)
_DELETED: Final = Query(
    select(_whole(membership.c.due_at - literal_column("1", BigInteger())).label("day"), func.count())
    .where(
        membership.c.tenant_id == given("tenant_id"),
        membership.c.stage == literal_column("'deleted'"),
        membership.c.due_at > given("since"),
    )
    .group_by(literal_column("day"))
)
_REMOVALS: Final = Query(
    select(
        _whole(erasure.c.started_at).label("began"),
        _whole(erasure.c.due_by).label("due"),
        _whole(erasure.c.finished_at).label("finished"),
        func.count(),
    )
    .where(
        erasure.c.tenant_id == given("tenant_id"),
        or_(
            erasure.c.started_at >= given("since"), erasure.c.finished_at.is_(None), erasure.c.due_by >= given("since")
        ),
    )
    .group_by(literal_column("began"), literal_column("due"), literal_column("finished"))
)
_last = func.coalesce(sign_in_activity.c.last_success_at, membership.c.created_at)


def _quiet(name: str) -> Any:
    zero: Any = literal_column("0")
    return func.coalesce(func.sum(case((_last <= given(name), literal_column("1")), else_=zero)), zero)


_QUIET: Final = Query(
    select(_quiet("days30"), _quiet("days90"), _quiet("days180"))
    .select_from(
        membership.join(
            profile, and_(profile.c.tenant_id == membership.c.tenant_id, profile.c.user_id == membership.c.user_id)
        ).outerjoin(
            sign_in_activity,
            and_(
                sign_in_activity.c.tenant_id == membership.c.tenant_id,
                sign_in_activity.c.user_id == membership.c.user_id,
            ),
        )
    )
    .where(
        membership.c.tenant_id == given("tenant_id"),
        membership.c.stage == literal_column("'present'"),
        profile.c.user_type == literal_column("'Guest'"),
    )
)


@dataclass(frozen=True, slots=True)
class Removals:
    """So many data removals that began, are due and ended in the same days; None for those that go on."""

    began: int
    due: int
    finished: int | None
    count: int


async def events_by_day(
    reading: Reading, tenant_id: str, types: list[str], since: datetime
) -> dict[str, dict[int, int]]:
    """How many events of each type there were about guests, by the number of whole days after ``since``.

    Types of which there were none are there too, with nothing.
    """
    found: dict[str, dict[int, int]] = {name: {} for name in types}
    for name, day, count in await reading.all(EVENTS, tenant_id=tenant_id, types=types, since=to_us(since)):
        found[name][int(day)] = int(count)
    return found


async def guests_now(reading: Reading, tenant_id: str) -> int:
    """How many people from outside are invited or present."""
    row = await reading.one(_EXTERNAL_NOW, tenant_id=tenant_id)
    return 0 if row is None else int(row[0])


async def deleted_by_day(reading: Reading, tenant_id: str, now: datetime) -> dict[int, int]:
    """How many deleted users have more than so many whole days left, and at most one more."""
    rows = await reading.all(_DELETED, tenant_id=tenant_id, since=to_us(now))
    return {int(day): int(count) for day, count in rows}


async def removals(reading: Reading, tenant_id: str, since: datetime) -> list[Removals]:
    """The data removals that go on, began after ``since`` or are due after it, in whole days after ``since``."""
    rows = await reading.all(_REMOVALS, tenant_id=tenant_id, since=to_us(since))
    return [
        Removals(int(began), int(due), None if finished is None else int(finished), int(count))
        for began, due, finished, count in rows
    ]


async def without_sign_in(reading: Reading, tenant_id: str, now: datetime) -> tuple[int, int, int]:
    """How many guests have not signed in for 30, 90 and 180 days; who never did counts from when they were invited."""
    since = {f"days{days}": to_us(now - days * DAY) for days in (30, 90, 180)}
    row = await reading.one(_QUIET, tenant_id=tenant_id, **since)
    return (0, 0, 0) if row is None else (int(row[0]), int(row[1]), int(row[2]))
