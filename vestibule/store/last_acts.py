"""When something was done to users and groups last, as the audit log tells.

An event is kept for as long as the organization's audit log is; whatever happened before is not known.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, Table, func, literal_column, select

from vestibule.ground.clock import from_us
from vestibule.store.columns import by_no_index
from vestibule.store.feed import MEMBER
from vestibule.store.schema import audit_event, group, membership, vanished
from vestibule.store.statements import Query, among, given
from vestibule.store.unit import Reading


def _last(of: Table, tag: ColumnElement[str]) -> ScalarSelect[Any]:
    return (
        select(audit_event.c.at)
        .where(
            audit_event.c.tenant_id == of.c.tenant_id,
            audit_event.c.object_tag == tag,
            by_no_index(audit_event.c.outcome) == literal_column("'success'"),
        )
        .order_by(audit_event.c.at.desc(), audit_event.c.event_id.desc())
        .limit(literal_column("1"))
        .scalar_subquery()
    )


_USERS: Final = Query(
    select(membership.c.user_id, _last(membership, membership.c.audit_tag)).where(
        membership.c.tenant_id == given("tenant_id"), among(membership.c.user_id, "ids")
    )
)
_GROUPS: Final = Query(
    select(group.c.group_id, _last(group, group.c.group_id)).where(
        group.c.tenant_id == given("tenant_id"), among(group.c.group_id, "ids")
    )
)


_PARTINGS: Final = Query(
    select(vanished.c.object_id, func.max(vanished.c.at))
    .where(
        vanished.c.tenant_id == given("tenant_id"),
        vanished.c.kind == literal_column(f"'{MEMBER}'"),
        among(vanished.c.object_id, "ids"),
    )
    .group_by(vanished.c.object_id)
)


async def of_users(reading: Reading, tenant_id: str, user_ids: list[str]) -> Mapping[str, datetime]:
    """When each of these users was acted on last; those of whom the log tells nothing are left out."""
    return await _found(reading, _USERS, tenant_id, user_ids)


async def of_groups(reading: Reading, tenant_id: str, group_ids: list[str]) -> Mapping[str, datetime]:
    """The same of groups, for which somebody's going out is an act as well; it is known for as long as it is told.

    Who came in says so in ``provisioned_lists.Crowd``.
    """
    found = dict(await _found(reading, _GROUPS, tenant_id, group_ids))
    for group_id, at in (await _found(reading, _PARTINGS, tenant_id, group_ids)).items():
        found[group_id] = max(at, found.get(group_id, at))
    return found


async def _found(reading: Reading, query: Query, tenant_id: str, ids: list[str]) -> Mapping[str, datetime]:
    rows = await reading.all(query, tenant_id=tenant_id, ids=ids)
    return {object_id: from_us(at) for object_id, at in rows if at is not None}
