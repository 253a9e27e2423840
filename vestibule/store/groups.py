"""Groups: their own row, and who is in them and owns them.

Whether a membership counts is asked of the membership when it is looked at: a group's list shows those who are
invited or present. A deleted group keeps its rows, so that a restore finds everybody again.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, case, delete, literal_column, select, union_all, update

from vestibule.ground.clock import from_us, to_us
from vestibule.store import feed
from vestibule.store.columns import position
from vestibule.store.records import Records
from vestibule.store.schema import group, group_member, ownership
from vestibule.store.statements import Change, Guard, Query, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Group:
    """A group.

    Attributes:
        display_name_key: folded, for search and order.
        group_types: ``Unified`` for what Graph calls a Microsoft 365 group; empty for a security group.
        visibility: Public, Private, HiddenMembership or None.
        attributes: every other property, by its Graph name.
        deleted_at, purge_due: since when it is deleted, and from when no restore brings it back.
        unique_name_key: the folded name that no other group of the organization has, as long as there is a row.
    """

    tenant_id: str
    group_id: str
    display_name: str
    display_name_key: str
    mail_nickname: str
    description: str | None
    mail_enabled: bool
    security_enabled: bool
    assignable_to_role: bool
    group_types: list[str]
    visibility: str | None
    attributes: dict[str, Any]
    created_at: datetime
    deleted_at: datetime | None
    purge_due: datetime | None
    version: int
    unique_name_key: str | None = None

    @property
    def is_live(self) -> bool:
        """Not deleted."""
        return self.deleted_at is None

    def is_restorable(self, now: datetime) -> bool:
        """Deleted, and its deadline not yet reached."""
        return self.purge_due is not None and now < self.purge_due


GROUPS: Final = Records(group, Group)
_IDENTITY: Final = {"tenant_id", "group_id", "created_at"}
_this_group = and_(group.c.tenant_id == given("tenant_id"), group.c.group_id == given("group_id"))


def _text(value: str) -> Any:
    return literal_column(f"'{value}'")


_FIND = GROUPS.where(_this_group)
_FIND_MANY = GROUPS.where(group.c.tenant_id == given("tenant_id"), among(group.c.group_id, "group_ids"))
_BY_NAME = GROUPS.where(
    group.c.tenant_id == given("tenant_id"),
    group.c.display_name_key == given("key"),
    group.c.deleted_at.is_(None),
    order=group.c.group_id,
)
_BY_UNIQUE_NAME = GROUPS.where(group.c.tenant_id == given("tenant_id"), group.c.unique_name_key == given("key"))
_DUE = GROUPS.where(
    group.c.purge_due <= given("until"), order=(group.c.purge_due, group.c.group_id), limit=given("limit")
)
_NEXT_DUE = Query(
    select(group.c.purge_due, group.c.tenant_id, group.c.group_id)
    .where(group.c.purge_due.is_not(None))
    .order_by(group.c.purge_due, group.c.group_id)
    .limit(given("limit"))
)
_SAVE = Change(
    update(group)
    .where(
        group.c.tenant_id == given("in_tenant"),
        group.c.group_id == given("of_group"),
        group.c.version == given("if_version"),
    )
    .values({name: given(name) for name in GROUPS.names if name not in _IDENTITY})
    .values(
        changed=position(),
        moved=case((given("comes_or_goes") == literal_column("1"), position()), else_=group.c.moved),
    )
)
_DROP = Change(delete(group).where(_this_group, group.c.version == given("version")))
_UNCHANGED = Guard(
    select(literal_column("1")).where(_this_group, group.c.version == given("version")).with_for_update(read=True)
)
_GROUPS_OF = Query(
    select(*GROUPS.columns)
    .join(
        group_member,
        and_(group_member.c.tenant_id == group.c.tenant_id, group_member.c.group_id == group.c.group_id),
    )
    .where(
        group_member.c.tenant_id == given("tenant_id"),
        group_member.c.user_id == given("user_id"),
        group_member.c.struck.is_(None),
        group.c.deleted_at.is_(None),
    )
    .order_by(group.c.display_name_key, group.c.group_id)
)
_OWNED_BY = Query(
    select(*GROUPS.columns)
    .join(ownership, and_(ownership.c.tenant_id == group.c.tenant_id, ownership.c.object_id == group.c.group_id))
    .where(
        ownership.c.tenant_id == given("tenant_id"),
        ownership.c.user_id == given("user_id"),
        ownership.c.struck.is_(None),
        group.c.deleted_at.is_(None),
    )
    .order_by(group.c.display_name_key, group.c.group_id)
)
_PRIVILEGED = Query(
    select(group.c.group_id)
    .where(
        group.c.tenant_id == given("tenant_id"),
        group.c.assignable_to_role == literal_column("true"),
        group.c.group_id.in_(
            union_all(
                select(group_member.c.group_id).where(
                    group_member.c.tenant_id == given("tenant_id"),
                    group_member.c.user_id == given("user_id"),
                    group_member.c.struck.is_(None),
                ),
                select(ownership.c.object_id).where(
                    ownership.c.tenant_id == given("tenant_id"),
                    ownership.c.user_id == given("user_id"),
                    ownership.c.struck.is_(None),
                ),
            )
        ),
    )
    .limit(literal_column("1"))
)
_ASSIGNABLE = Query(
    select(group.c.group_id).where(
        group.c.tenant_id == given("tenant_id"),
        group.c.assignable_to_role == literal_column("true"),
        among(group.c.group_id, "group_ids"),
    )
)


async def find(reading: Reading, tenant_id: str, group_id: str) -> Group | None:
    """The group with this id, deleted or not."""
    return await GROUPS.one(reading, _FIND, tenant_id=tenant_id, group_id=group_id)


async def find_many(reading: Reading, tenant_id: str, group_ids: list[str]) -> list[Group]:
    """Those of these ids that exist, deleted or not, in no particular order."""
    return await GROUPS.all(reading, _FIND_MANY, tenant_id=tenant_id, group_ids=group_ids)


async def by_name(reading: Reading, tenant_id: str, key: str) -> list[Group]:
    """The groups with this (folded) name that are not deleted; several may have the same."""
    return await GROUPS.all(reading, _BY_NAME, tenant_id=tenant_id, key=key)


async def by_unique_name(reading: Reading, tenant_id: str, key: str) -> Group | None:
    """The group with this (folded) unique name, deleted or not."""
    return await GROUPS.one(reading, _BY_UNIQUE_NAME, tenant_id=tenant_id, key=key)


async def of_user(reading: Reading, tenant_id: str, user_id: str) -> list[Group]:
    """The groups that a user is in, by name."""
    return await GROUPS.all(reading, _GROUPS_OF, tenant_id=tenant_id, user_id=user_id)


async def of_member(reading: Reading, tenant_id: str, user_id: str) -> list[str]:
    """The ids of the groups that a user is in, for rules that ask about groups."""
    return [found.group_id for found in await of_user(reading, tenant_id, user_id)]


async def owned_by(reading: Reading, tenant_id: str, user_id: str) -> list[Group]:
    """The groups that a user owns, by name."""
    return await GROUPS.all(reading, _OWNED_BY, tenant_id=tenant_id, user_id=user_id)


async def is_in_privileged_group(reading: Reading, tenant_id: str, user_id: str) -> bool:
    """Whether the user is a member or owner of a group that may hold directory roles, deleted ones included."""
    return await reading.one(_PRIVILEGED, tenant_id=tenant_id, user_id=user_id) is not None


async def assignable_to_roles(reading: Reading, tenant_id: str, group_ids: list[str]) -> set[str]:
    """Those of these groups that may hold directory roles."""
    return {row[0] for row in await reading.all(_ASSIGNABLE, tenant_id=tenant_id, group_ids=group_ids)}


async def due(reading: Reading, until: datetime, limit: int) -> list[Group]:
    """Deleted groups whose deadline is ``until`` or earlier, oldest deadline first."""
    return await GROUPS.all(reading, _DUE, until=to_us(until), limit=limit)


async def next_due(reading: Reading, limit: int) -> list[tuple[datetime, str, str]]:
    """The next deadlines: (when, organization, group)."""
    rows = await reading.all(_NEXT_DUE, limit=limit)
    return [(from_us(purge_due), tenant_id, group_id) for purge_due, tenant_id, group_id in rows]


def insert(unit: Unit, new: Group) -> None:
    """Write a new group."""
    GROUPS.insert(unit, new)


def save(unit: Unit, before: Group, after: Group) -> Group:
    """Write changed values, guarded by the version; returns what is there then."""
    saved = replace(after, version=before.version + 1)
    values = {name: value for name, value in GROUPS.values(saved).items() if name not in _IDENTITY}
    unit.write(
        _SAVE,
        in_tenant=before.tenant_id,
        of_group=before.group_id,
        if_version=before.version,
        comes_or_goes=int(before.is_live is not saved.is_live),
        **values,
    )
    return saved


def drop(unit: Unit, gone: Group) -> None:
    """Remove the row; who was in the group is ``hanging``'s to say."""
    unit.write(_DROP, tenant_id=gone.tenant_id, group_id=gone.group_id, version=gone.version)
    feed.group_vanished(unit, gone.tenant_id, gone.group_id)


def guard(unit: Unit, seen: Group) -> None:
    """Insist that the group is not changed or deleted before the unit commits."""
    unit.guard(_UNCHANGED, tenant_id=seen.tenant_id, group_id=seen.group_id, version=seen.version)
