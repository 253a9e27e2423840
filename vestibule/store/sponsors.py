"""Sponsors: who in the organization stands for a guest."""

from sqlalchemy import delete, select

from vestibule.store.schema import sponsor
from vestibule.store.statements import Change, Query, given, inserting
from vestibule.store.unit import Reading, Unit

_INSERT = inserting(sponsor)
_DELETE = Change(
    delete(sponsor).where(
        sponsor.c.tenant_id == given("tenant_id"),
        sponsor.c.user_id == given("user_id"),
        sponsor.c.sponsor_id == given("sponsor_id"),
    )
)
_SPONSOR_GONE = Change(
    delete(sponsor).where(sponsor.c.tenant_id == given("tenant_id"), sponsor.c.sponsor_id == given("sponsor_id"))
)
_OF = Query(
    select(sponsor.c.sponsor_id)
    .where(sponsor.c.tenant_id == given("tenant_id"), sponsor.c.user_id == given("user_id"))
    .order_by(sponsor.c.sponsor_id)
)


def insert(unit: Unit, tenant_id: str, user_id: str, sponsor_id: str) -> None:
    """``sponsor_id``, a user or a group, stands for the guest."""
    unit.write(_INSERT, tenant_id=tenant_id, user_id=user_id, sponsor_id=sponsor_id)


def remove(unit: Unit, tenant_id: str, user_id: str, sponsor_id: str) -> None:
    """``sponsor_id`` no longer stands for the guest."""
    unit.write(_DELETE, rows=None, tenant_id=tenant_id, user_id=user_id, sponsor_id=sponsor_id)


def sponsor_gone(unit: Unit, tenant_id: str, sponsor_id: str) -> None:
    """A group that stood for guests is gone for good."""
    unit.write(_SPONSOR_GONE, rows=None, tenant_id=tenant_id, sponsor_id=sponsor_id)


async def of(reading: Reading, tenant_id: str, user_id: str) -> list[str]:
    """The ids of a guest's sponsors, users and groups."""
    return [row[0] for row in await reading.all(_OF, tenant_id=tenant_id, user_id=user_id)]
