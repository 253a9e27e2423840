"""Users and groups as a provisioning client lists and searches them: beside everything else, what it calls them."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, case, func, literal_column, select

from vestibule.rules.filters import Filter, Path
from vestibule.store import columns, filtering, group_lists, users
from vestibule.store.filtering import Field, Fields, Rows
from vestibule.store.groups import GROUPS, Group
from vestibule.store.listing import Asked, Listing, Page
from vestibule.store.schema import group, group_member, membership, profile, provisioned
from vestibule.store.statements import Query, Row, among, given
from vestibule.store.unit import Reading
from vestibule.store.users import User


@dataclass(frozen=True, slots=True)
class KnownUser:
    """A user object, with what the client calls it and whether it brought it."""

    user: User
    external_id: str | None
    brought: bool


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group, with what the client calls it."""

    group: Group
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Named:
    """A group that somebody is in."""

    of: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many are tied to a group, and since when the last one is: together they change with every change."""

    many: int
    newest: int


def _text(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'", Text())


def _known(object_id: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(
        provisioned.c.tenant_id == given("tenant_id"),
        provisioned.c.client_id == given("client_id"),
        provisioned.c.object_id == object_id,
    )


# --- Users ------------------------------------------------------------------------------------------------------------

_USERS: Final = (
    users.selecting()
    .add_columns(provisioned.c.external_id, provisioned.c.brought)
    .outerjoin(provisioned, _known(membership.c.user_id))
)
_USER_WIDTH: Final = len(_USERS.selected_columns)

#: A guest goes by their address, a member by the name that the client gave, else by the user principal name.
_USER_NAME: Final = case(
    (and_(membership.c.tie != _text("home"), profile.c.mail.is_not(None)), profile.c.mail),
    else_=func.coalesce(
        columns.member(profile.c.attributes, ("provisionedName",)), profile.c.user_principal_name, type_=Text()
    ),
)
_in_live_group: Final = group_member.join(
    group, and_(group.c.tenant_id == group_member.c.tenant_id, group.c.group_id == group_member.c.group_id)
)
_GROUPS_OF_USER: Final = Rows(
    _in_live_group,
    and_(
        group_member.c.tenant_id == given("tenant_id"),
        group_member.c.user_id == membership.c.user_id,
        group_member.c.struck.is_(None),
        group.c.deleted_at.is_(None),
    ),
    {
        ("value",): filtering.identifier(group_member.c.group_id),
        ("display",): filtering.text(group.c.display_name, group.c.display_name_key),
    },
)
_USER_EXTRAS: Final[dict[Path, Field]] = {
    ("userName",): filtering.text(_USER_NAME),
    ("externalId",): filtering.text(provisioned.c.external_id),
    ("groups",): _GROUPS_OF_USER,
}
USER_FIELDS: Final[Fields] = {**users.FIELDS, **_USER_EXTRAS}


def _known_user(row: Row) -> KnownUser:
    return KnownUser(users.from_row(row), row[_USER_WIDTH - 2], bool(row[_USER_WIDTH - 1]))


_LISTED_USERS: Final = Listing(_USERS, width=_USER_WIDTH, make=_known_user, fields=USER_FIELDS)
_FIND_USER: Final = Query(_USERS.where(membership.c.user_id == given("user_id")))


async def find_user(reading: Reading, tenant_id: str, client_id: str, user_id: str) -> KnownUser | None:
    """The user object with this id, whatever its stage, as long as its data is there."""
    row = await reading.one(_FIND_USER, tenant_id=tenant_id, client_id=client_id, user_id=user_id)
    return None if row is None else _known_user(row)


async def page_users(reading: Reading, tenant_id: str, client_id: str, asked: Asked) -> Page[KnownUser]:
    """A page of those who are invited or present."""
    return await _LISTED_USERS.page(reading, users.EVERYBODY, asked, tenant_id=tenant_id, client_id=client_id)


async def count_users(reading: Reading, tenant_id: str, client_id: str, wanted: Filter | None) -> int:
    """How many of those who are invited or present."""
    return await _LISTED_USERS.count(reading, users.EVERYBODY, wanted, tenant_id=tenant_id, client_id=client_id)


# --- Groups -----------------------------------------------------------------------------------------------------------

_GROUPS: Final = (
    select(*GROUPS.columns, provisioned.c.external_id)
    .select_from(group.outerjoin(provisioned, _known(group.c.group_id)))
    .where(group.c.tenant_id == given("tenant_id"))
)
_GROUP_WIDTH: Final = len(GROUPS.columns) + 1
_living_member: Final = group_member.join(
    membership,
    and_(membership.c.tenant_id == group_member.c.tenant_id, membership.c.user_id == group_member.c.user_id),
)
_MEMBERS_OF_GROUP: Final = Rows(
    _living_member,
    and_(
        group_member.c.tenant_id == given("tenant_id"),
        group_member.c.group_id == group.c.group_id,
        group_member.c.struck.is_(None),
        membership.c.stage.in_([_text("invited"), _text("present")]),
    ),
    {("value",): filtering.identifier(group_member.c.user_id)},
)
_GROUP_EXTRAS: Final[dict[Path, Field]] = {
    ("externalId",): filtering.text(provisioned.c.external_id),
    ("members",): _MEMBERS_OF_GROUP,
}
GROUP_FIELDS: Final[Fields] = {**group_lists.FIELDS, **_GROUP_EXTRAS}


def _known_group(row: Row) -> KnownGroup:
    return KnownGroup(GROUPS.record(row[:-1]), row[-1])


_LISTED_GROUPS: Final = Listing(_GROUPS, width=_GROUP_WIDTH, make=_known_group, fields=GROUP_FIELDS)
_FIND_GROUP: Final = Query(_GROUPS.where(group.c.group_id == given("group_id"), group.c.deleted_at.is_(None)))


async def find_group(reading: Reading, tenant_id: str, client_id: str, group_id: str) -> KnownGroup | None:
    """The group with this id, while it is not deleted."""
    row = await reading.one(_FIND_GROUP, tenant_id=tenant_id, client_id=client_id, group_id=group_id)
    return None if row is None else _known_group(row)


async def page_groups(reading: Reading, tenant_id: str, client_id: str, asked: Asked) -> Page[KnownGroup]:
    """A page of the groups that are not deleted."""
    return await _LISTED_GROUPS.page(reading, group_lists.EVERY, asked, tenant_id=tenant_id, client_id=client_id)


async def count_groups(reading: Reading, tenant_id: str, client_id: str, wanted: Filter | None) -> int:
    """How many groups that are not deleted."""
    return await _LISTED_GROUPS.count(reading, group_lists.EVERY, wanted, tenant_id=tenant_id, client_id=client_id)


# --- Who is in what ---------------------------------------------------------------------------------------------------

_GROUPS_OF: Final = Query(
    select(group_member.c.user_id, group_member.c.group_id, group.c.display_name)
    .select_from(_in_live_group)
    .where(
        group_member.c.tenant_id == given("tenant_id"),
        among(group_member.c.user_id, "user_ids"),
        group_member.c.struck.is_(None),
        group.c.deleted_at.is_(None),
    )
    .order_by(group_member.c.user_id, group_member.c.group_id)
)
_MEMBERS_OF: Final = Query(
    select(group_member.c.group_id, group_member.c.user_id)
    .select_from(_living_member)
    .where(
        group_member.c.tenant_id == given("tenant_id"),
        among(group_member.c.group_id, "group_ids"),
        group_member.c.struck.is_(None),
        membership.c.stage.in_([_text("invited"), _text("present")]),
    )
    .order_by(group_member.c.group_id, group_member.c.user_id)
)
_CROWDS: Final = Query(
    select(group_member.c.group_id, func.count(), func.max(group_member.c.since))
    .where(
        group_member.c.tenant_id == given("tenant_id"),
        among(group_member.c.group_id, "group_ids"),
        group_member.c.struck.is_(None),
    )
    .group_by(group_member.c.group_id)
)
_OF_THESE: Final = Query(
    select(group_member.c.user_id).where(
        group_member.c.tenant_id == given("tenant_id"),
        group_member.c.group_id == given("group_id"),
        group_member.c.struck.is_(None),
        among(group_member.c.user_id, "user_ids"),
    )
)


async def groups_of(reading: Reading, tenant_id: str, user_ids: list[str]) -> list[Named]:
    """The groups that these users are in."""
    return [Named(*row) for row in await reading.all(_GROUPS_OF, tenant_id=tenant_id, user_ids=user_ids)]


async def members_of(reading: Reading, tenant_id: str, group_ids: list[str]) -> list[tuple[str, str]]:
    """Who is in these groups and invited or present: (group, user)."""
    return [(row[0], row[1]) for row in await reading.all(_MEMBERS_OF, tenant_id=tenant_id, group_ids=group_ids)]


async def crowds(reading: Reading, tenant_id: str, group_ids: list[str]) -> dict[str, Crowd]:
    """How many people are tied to each of these groups, deleted ones too; a group without any is left out."""
    rows = await reading.all(_CROWDS, tenant_id=tenant_id, group_ids=group_ids)
    return {row[0]: Crowd(int(row[1]), int(row[2])) for row in rows}


async def who_of(reading: Reading, tenant_id: str, group_id: str, user_ids: list[str]) -> set[str]:
    """Those of these users who are in a group."""
    rows = await reading.all(_OF_THESE, tenant_id=tenant_id, group_id=group_id, user_ids=user_ids)
    return {row[0] for row in rows}
