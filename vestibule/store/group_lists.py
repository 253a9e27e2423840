"""Groups as a directory lists and searches them.

As with users, whether a group is in a list is asked of its state and the time: a deleted group whose 30 days are over
is in none.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, literal_column, null, select
from sqlalchemy.sql.expression import exists

from vestibule.ground.clock import to_us
from vestibule.rules.filters import Filter, Ordering
from vestibule.store import filtering
from vestibule.store.filtering import Fields, Kind, Listed, in_json
from vestibule.store.groups import GROUPS, Group
from vestibule.store.listing import Asked, Listing, Page, Scope
from vestibule.store.schema import group, group_assignment, group_member, membership, ownership
from vestibule.store.statements import Query, among, given
from vestibule.store.unit import Reading

_NEVER_TEXTS: Final = (
    "mail",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
)
FIELDS: Final[Fields] = {
    ("id",): filtering.identifier(group.c.group_id),
    ("displayName",): filtering.text(group.c.display_name, group.c.display_name_key),
    ("description",): filtering.text(group.c.description),
    ("mailNickname",): filtering.text(group.c.mail_nickname),
    ("mailEnabled",): filtering.flag(group.c.mail_enabled),
    ("securityEnabled",): filtering.flag(group.c.security_enabled),
    ("isAssignableToRole",): filtering.flag(group.c.assignable_to_role),
    ("visibility",): filtering.text(group.c.visibility),
    ("groupTypes",): Listed(group.c.group_types, ()),
    ("createdDateTime",): filtering.time(group.c.created_at),
    ("renewedDateTime",): filtering.time(group.c.created_at),
    ("deletedDateTime",): filtering.time(group.c.deleted_at),
    ("uniqueName",): filtering.text(group.c.unique_name_key, group.c.unique_name_key),
    ("proxyAddresses",): Listed(group.c.attributes, ("proxyAddresses",)),
    # Part of the type, and without a value here.
    **{(name,): filtering.text(null()) for name in _NEVER_TEXTS},
    **{(name,): filtering.time(null()) for name in ("expirationDateTime", "onPremisesLastSyncDateTime")},
    ("onPremisesSyncEnabled",): filtering.flag(null()),
    **{
        (name,): in_json(Kind.TEXT, group.c.attributes, name)
        for name in ("classification", "preferredDataLocation", "preferredLanguage", "theme")
    },
}

GROUPS_LISTED: Final = Listing(
    select(*GROUPS.columns).where(group.c.tenant_id == given("tenant_id")),
    width=len(GROUPS.columns),
    make=GROUPS.record,
    fields=FIELDS,
)
_LIVE: Final = group.c.deleted_at.is_(None)


def _tied(table: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(
        select(literal_column("1")).where(
            table.c.tenant_id == given("tenant_id"),
            table.c.user_id == given("of"),
            table.c.struck.is_(None),
            *conditions,
        )
    )


EVERY: Final = Scope("every group", (_LIVE,))
JOINED_BY: Final = Scope(
    "groups somebody is in", (_LIVE, _tied(group_member, group_member.c.group_id == group.c.group_id))
)
OWNED_BY: Final = Scope("groups somebody owns", (_LIVE, _tied(ownership, ownership.c.object_id == group.c.group_id)))
ASSIGNED_TO: Final = Scope(
    "groups assigned to an app",
    (
        _LIVE,
        group.c.group_id.in_(
            select(group_assignment.c.group_id).where(
                group_assignment.c.tenant_id == given("tenant_id"), group_assignment.c.app_id == given("of")
            )
        ),
    ),
)
_DELETED: Final = Scope("deleted groups", (group.c.purge_due > given("now"),), (Ordering(("deletedDateTime",)),))


_HOW_MANY_IN: Final = Query(
    select(group_member.c.group_id, func.count())
    .join(
        membership,
        and_(membership.c.tenant_id == group_member.c.tenant_id, membership.c.user_id == group_member.c.user_id),
    )
    .where(
        group_member.c.tenant_id == given("tenant_id"),
        among(group_member.c.group_id, "group_ids"),
        group_member.c.struck.is_(None),
        membership.c.stage.in_([literal_column("'invited'"), literal_column("'present'")]),
    )
    .group_by(group_member.c.group_id)
)


async def page(reading: Reading, tenant_id: str, asked: Asked, *, scope: Scope = EVERY, of: str = "") -> Page[Group]:
    """A page of the groups that are not deleted; ``of`` is the user or app that the scope is about."""
    return await GROUPS_LISTED.page(reading, scope, asked, tenant_id=tenant_id, of=of)


async def count(
    reading: Reading, tenant_id: str, wanted: Filter | None = None, *, scope: Scope = EVERY, of: str = ""
) -> int:
    """How many groups that are not deleted."""
    return await GROUPS_LISTED.count(reading, scope, wanted, tenant_id=tenant_id, of=of)


async def member_counts(reading: Reading, tenant_id: str, group_ids: list[str]) -> dict[str, int]:
    """How many invited or present people are in each of these groups; one that nobody is in is left out."""
    rows = await reading.all(_HOW_MANY_IN, tenant_id=tenant_id, group_ids=group_ids)
    return {group_id: int(many) for group_id, many in rows}


async def page_deleted(reading: Reading, tenant_id: str, asked: Asked) -> Page[Group]:
    """A page of the deleted groups that can still be restored, oldest deletion first when no order is asked for."""
    return await GROUPS_LISTED.page(reading, _DELETED, asked, tenant_id=tenant_id, now=to_us(reading.now))


async def count_deleted(reading: Reading, tenant_id: str, wanted: Filter | None = None) -> int:
    """How many deleted groups can still be restored."""
    return await GROUPS_LISTED.count(reading, _DELETED, wanted, tenant_id=tenant_id, now=to_us(reading.now))
