"""What the soak asks the database beside the store's own look-ups."""

from typing import Any

from sqlalchemy import Table, select

from vestibule.store.schema import app, group, membership
from vestibule.store.statements import Query, given
from vestibule.store.unit import Reading, named

GROUPS = Query(select(group.c.group_id).where(group.c.tenant_id == given("tenant_id")))
APPS = Query(select(app.c.app_id).where(app.c.tenant_id == given("tenant_id")).order_by(app.c.created_at))
EVERYBODY = Query(
    select(membership.c.user_id, membership.c.stage)
    .where(membership.c.tenant_id == given("tenant_id"), membership.c.tie == given("tie"))
    .order_by(membership.c.created_at, membership.c.user_id)
)

Row = dict[str, Any]


async def rows(reading: Reading, table: Table) -> list[Row]:
    """Every row of a table, by column name."""
    query = _ALL.setdefault(table.name, Query(select(table)))
    return [named(query, row) for row in await reading.all(query)]


_ALL: dict[str, Query] = {}
