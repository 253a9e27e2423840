"""What hangs on a membership: groups, app roles, directory roles, ownerships.

The rows stay where they are when a guest is deleted; whoever looks at a group or an app asks the membership
whether it counts. So a restore brings back exactly them, in whatever order things were deleted and revived. What
was revoked meanwhile is *struck*: it does not return, and the restore report says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Select, and_, delete, func, literal_column, select, union_all, update

from vestibule.ground.clock import to_us
from vestibule.rules.roles import ROLES
from vestibule.store import feed, group_assignments
from vestibule.store.schema import (
    api_consent,
    app,
    app_assignment,
    consent,
    group,
    group_assignment,
    group_member,
    manager,
    membership,
    ownership,
    role_assignment,
    role_definition,
)
from vestibule.store.schema import sponsor as sponsor_table
from vestibule.store.statements import Change, Query, given, inserting
from vestibule.store.unit import Reading, Unit


class Kind(StrEnum):
    """What kind of thing hangs on the membership."""

    GROUP = "group"
    APP = "app"
    ROLE = "role"
    OWNED = "owned"


@dataclass(frozen=True, slots=True)
class Hanging:
    """One thing a person holds in an organization.

    Attributes:
        target_id: the group, app, role template or owned object. detail: the app role id or the owned object's kind.
        name: its display name now (a built-in role's from the table of roles), or the one it had when it was struck;
            None when it is gone without a name.
        hidden: its members may not be listed to the person (HiddenMembership).
        struck: why it does not return at a restore; None while it stands.
        through: the group that an app comes through; empty for what they hold themselves.
    """

    kind: Kind
    target_id: str
    detail: str
    name: str | None
    hidden: bool
    struck: str | None
    through: str = ""


def _text(value: str) -> Any:
    return literal_column(f"'{value}'")


def _mine(table: Any) -> Any:
    return and_(table.c.tenant_id == given("tenant_id"), table.c.user_id == given("user_id"))


_groups: Select[Any] = (
    select(
        _text("group").label("kind"),
        group_member.c.group_id.label("target_id"),
        _text("").label("detail"),
        func.coalesce(group.c.display_name, group_member.c.struck_name).label("name"),
        func.coalesce(group.c.visibility, _text("")).label("visibility"),
        group_member.c.struck.label("struck"),
        _text("").label("through"),
    )
    .select_from(
        group_member.outerjoin(
            group, and_(group.c.tenant_id == group_member.c.tenant_id, group.c.group_id == group_member.c.group_id)
        )
    )
    .where(_mine(group_member))
)
_apps: Select[Any] = (
    select(
        _text("app"),
        app_assignment.c.app_id,
        app_assignment.c.app_role_id,
        func.coalesce(app.c.display_name, app_assignment.c.struck_name),
        _text(""),
        app_assignment.c.struck,
        _text(""),
    )
    .select_from(
        app_assignment.outerjoin(
            app, and_(app.c.tenant_id == app_assignment.c.tenant_id, app.c.app_id == app_assignment.c.app_id)
        )
    )
    .where(_mine(app_assignment))
)
_in_groups: Final = (  # distinct, so that SQLite reads it first and looks up what it finds
    select(group_member.c.tenant_id, group_member.c.group_id, group_member.c.struck)
    .where(_mine(group_member))
    .distinct()
    .subquery("in_groups")
)
_apps_of_groups: Select[Any] = select(
    _text("app"),
    group_assignment.c.app_id,
    group_assignment.c.app_role_id,
    app.c.display_name,
    _text(""),
    _in_groups.c.struck,
    group_assignment.c.group_id,
).select_from(
    group_assignments.through(_in_groups).join(
        app, and_(app.c.tenant_id == group_assignment.c.tenant_id, app.c.app_id == group_assignment.c.app_id)
    )
)
_roles: Select[Any] = (
    select(
        _text("role"),
        role_assignment.c.role_id,
        _text(""),
        role_definition.c.display_name,
        _text(""),
        role_assignment.c.struck,
        _text(""),
    )
    .select_from(
        role_assignment.outerjoin(
            role_definition,
            and_(
                role_definition.c.tenant_id == role_assignment.c.tenant_id,
                role_definition.c.role_id == role_assignment.c.role_id,
            ),
        )
    )
    .where(_mine(role_assignment))
)
_owned: Select[Any] = (
    select(
        _text("owned"),
        ownership.c.object_id,
        ownership.c.object_kind,
        func.coalesce(group.c.display_name, app.c.display_name, ownership.c.struck_name),
        _text(""),
        ownership.c.struck,
        _text(""),
    )
    .select_from(
        ownership.outerjoin(
            group, and_(group.c.tenant_id == ownership.c.tenant_id, group.c.group_id == ownership.c.object_id)
        ).outerjoin(app, and_(app.c.tenant_id == ownership.c.tenant_id, app.c.app_id == ownership.c.object_id))
    )
    .where(_mine(ownership))
)
_EVERYTHING: Final = Query(union_all(_groups, _apps, _roles, _owned, _apps_of_groups))  # type: ignore[arg-type]

_ROLES = Query(select(role_assignment.c.role_id).where(_mine(role_assignment), role_assignment.c.struck.is_(None)))
OTHER_HOLDERS = Query(  # from the role, which few hold; from the memberships everybody would be looked at
    select(membership.c.user_id, membership.c.version)
    .select_from(
        role_assignment.join(
            membership,
            and_(
                membership.c.tenant_id == role_assignment.c.tenant_id, membership.c.user_id == role_assignment.c.user_id
            ),
        )
    )
    .where(
        role_assignment.c.tenant_id == given("tenant_id"),
        role_assignment.c.role_id == given("role_id"),
        role_assignment.c.user_id != given("user_id"),
        role_assignment.c.struck.is_(None),
        membership.c.stage == _text("present"),
        membership.c.enabled == literal_column("true"),
    )
    .order_by(role_assignment.c.user_id)
    .limit(literal_column("1"))
)

_JOIN_GROUP = inserting(group_member)
_HOLD_APP = inserting(app_assignment)
_HOLD_ROLE = inserting(role_assignment)
_OWN = inserting(ownership)
_TABLES: Final = {
    Kind.GROUP: (group_member, "group_id"),
    Kind.APP: (app_assignment, "app_id"),
    Kind.ROLE: (role_assignment, "role_id"),
    Kind.OWNED: (ownership, "object_id"),
}
_DROP_ONE: Final = {
    kind: Change(delete(table).where(_mine(table), table.c[column] == given("target_id")))
    for kind, (table, column) in _TABLES.items()
} | {
    Kind.APP: Change(
        delete(app_assignment).where(
            _mine(app_assignment),
            app_assignment.c.app_id == given("target_id"),
            app_assignment.c.app_role_id == given("detail"),
        )
    )
}
_RELATED: Final = {
    sponsor_table: (sponsor_table.c.user_id, sponsor_table.c.sponsor_id),
    manager: (manager.c.user_id, manager.c.manager_id),
}
_DROP_ALL: Final = [
    *(Change(delete(table).where(_mine(table))) for table, _column in _TABLES.values()),
    Change(delete(consent).where(_mine(consent))),
    Change(delete(api_consent).where(_mine(api_consent))),
    # From either side by an index of its own; asked as one or the other, SQLite goes through everybody's.
    *(
        Change(delete(table).where(table.c.tenant_id == given("tenant_id"), side == given("user_id")))
        for table, sides in _RELATED.items()
        for side in sides
    ),
]
_STRIKE: Final = {
    kind: Change(
        update(table)
        .where(
            table.c.tenant_id == given("in_tenant"),
            table.c.user_id == given("of_user"),
            table.c[column] == given("target_id"),
            table.c.struck.is_(None),
        )
        .values(struck=given("why"))
    )
    for kind, (table, column) in _TABLES.items()
}


_TOLD: Final = {Kind.GROUP: feed.MEMBER, Kind.ROLE: feed.HOLDER}
"""What those who follow changes are told of."""


async def everything(reading: Reading, tenant_id: str, user_id: str) -> list[Hanging]:
    """All that hangs on a membership, struck things included, and the apps that come through its groups.

    An app through a group is struck with the membership in the group; a deleted group gives none.
    """
    rows = await reading.all(_EVERYTHING, tenant_id=tenant_id, user_id=user_id)
    return [
        Hanging(Kind(kind), of, detail, _named(kind, of, name), visibility == "HiddenMembership", struck, through)
        for kind, of, detail, name, visibility, struck, through in rows
    ]


def each_app_once(held: Iterable[Hanging]) -> list[Hanging]:
    """The same with every app in it once: as what they hold themselves, else through the first of their groups."""
    seen: set[str] = set()
    once = []
    for thing in sorted(held, key=lambda thing: bool(thing.through)):
        if thing.kind is not Kind.APP or thing.target_id not in seen:
            once.append(thing)
        if thing.kind is Kind.APP:
            seen.add(thing.target_id)
    return once


def _named(kind: str, target_id: str, name: str | None) -> str | None:
    return ROLES[target_id].name if kind == Kind.ROLE and target_id in ROLES else name


async def roles(reading: Reading, tenant_id: str, user_id: str) -> frozenset[str]:
    """The template ids of the directory roles that stand on a membership."""
    rows = await reading.all(_ROLES, tenant_id=tenant_id, user_id=user_id)
    return frozenset(row[0] for row in rows)


async def another_holder(reading: Reading, tenant_id: str, user_id: str, role_id: str) -> tuple[str, int] | None:
    """Somebody else who is present, enabled and holds this directory role: (user, version)."""
    row = await reading.one(OTHER_HOLDERS, tenant_id=tenant_id, user_id=user_id, role_id=role_id)
    return None if row is None else (row[0], row[1])


def strike(unit: Unit, kind: Kind, tenant_id: str, user_id: str, target_id: str, why: str) -> None:
    """Revoke something from a deleted guest: it will not return at a restore."""
    unit.write(_STRIKE[kind], rows=None, in_tenant=tenant_id, of_user=user_id, target_id=target_id, why=why)


def drop_one(unit: Unit, thing: Hanging, tenant_id: str, user_id: str) -> None:
    """One thing does not hang on the membership any more."""
    if thing.kind in _TOLD:
        feed.member_vanished(unit, tenant_id, thing.target_id, user_id, _TOLD[thing.kind])
    unit.write(
        _DROP_ONE[thing.kind],
        rows=None,
        tenant_id=tenant_id,
        user_id=user_id,
        target_id=thing.target_id,
        detail=thing.detail,
    )


def drop_all(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Nothing hangs on the membership any more."""
    feed.member_vanished_everywhere(unit, tenant_id, user_id)
    for change in _DROP_ALL:
        unit.write(change, rows=None, tenant_id=tenant_id, user_id=user_id)


def join_group(unit: Unit, tenant_id: str, user_id: str, group_id: str) -> None:
    """The membership is in the group; twice raises Duplicate at commit."""
    since = to_us(unit.now)
    unit.write(
        _JOIN_GROUP, tenant_id=tenant_id, user_id=user_id, group_id=group_id, since=since, struck=None, struck_name=None
    )


def hold_app(unit: Unit, tenant_id: str, user_id: str, app_id: str, app_role_id: str, assignment_id: str) -> None:
    """The membership is assigned to the app."""
    unit.write(
        _HOLD_APP,
        tenant_id=tenant_id,
        user_id=user_id,
        app_id=app_id,
        app_role_id=app_role_id,
        assignment_id=assignment_id,
        since=to_us(unit.now),
        struck=None,
        struck_name=None,
    )


def hold_role(unit: Unit, tenant_id: str, user_id: str, role_id: str, assignment_id: str) -> None:
    """The membership holds the directory role."""
    since = to_us(unit.now)
    unit.write(
        _HOLD_ROLE,
        tenant_id=tenant_id,
        user_id=user_id,
        role_id=role_id,
        assignment_id=assignment_id,
        since=since,
        struck=None,
    )


def own(unit: Unit, tenant_id: str, user_id: str, object_kind: str, object_id: str) -> None:
    """The membership owns the group or app."""
    unit.write(
        _OWN,
        tenant_id=tenant_id,
        user_id=user_id,
        object_kind=object_kind,
        object_id=object_id,
        since=to_us(unit.now),
        struck=None,
        struck_name=None,
    )
