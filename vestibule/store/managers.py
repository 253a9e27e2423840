"""Managers: to whom in the organization somebody reports."""

from sqlalchemy import delete, select

from vestibule.store import feed, feed_more
from vestibule.store.schema import manager
from vestibule.store.statements import Change, Query, given, inserting
from vestibule.store.unit import Reading, Unit

_INSERT = inserting(manager)
_DELETE = Change(
    delete(manager).where(manager.c.tenant_id == given("tenant_id"), manager.c.user_id == given("user_id"))
)
_OF = Query(
    select(manager.c.manager_id).where(manager.c.tenant_id == given("tenant_id"), manager.c.user_id == given("user_id"))
)


def put(unit: Unit, tenant_id: str, user_id: str, manager_id: str, *, before: str | None) -> None:
    """``manager_id`` manages the user, and ``before``, who did until now, does no longer."""
    remove(unit, tenant_id, user_id, before=before)
    unit.write(_INSERT, tenant_id=tenant_id, user_id=user_id, manager_id=manager_id)


def remove(unit: Unit, tenant_id: str, user_id: str, *, before: str | None) -> None:
    """Nobody manages the user any longer; ``before`` did until now."""
    unit.write(_DELETE, rows=None, tenant_id=tenant_id, user_id=user_id)
    if before is not None:
        feed.member_vanished(unit, tenant_id, user_id, before, feed_more.MANAGER)


async def of(reading: Reading, tenant_id: str, user_id: str) -> str | None:
    """The user id of somebody's manager."""
    row = await reading.one(_OF, tenant_id=tenant_id, user_id=user_id)
    return None if row is None else str(row[0])
