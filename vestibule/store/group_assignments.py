"""Groups that are assigned to apps, and who has access to an app: themselves, or through a group.

Nobody's row is written when a group is assigned: whether somebody counts is asked of their membership in the group
when it is looked at. A deleted group keeps its rows and gives nothing; it gives it again when it is restored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, FromClause, Join, Subquery, and_, delete, select, union_all

from vestibule.store.groups import GROUPS, Group
from vestibule.store.records import Records
from vestibule.store.schema import app_assignment, group, group_assignment, group_member
from vestibule.store.statements import Change, Query, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class GroupAssigned:
    """A group is assigned to an app, with one of its roles or with its default access."""

    tenant_id: str
    group_id: str
    app_id: str
    app_role_id: str
    assignment_id: str
    since: datetime


_ROWS: Final = Records(group_assignment, GroupAssigned)
_here = group_assignment.c.tenant_id == given("tenant_id")
_of_group = (_here, group_assignment.c.group_id == given("group_id"))
_of_app = (_here, group_assignment.c.app_id == given("app_id"))
_this = (*_of_group, group_assignment.c.app_id == given("app_id"), group_assignment.c.app_role_id == given("role_id"))


def _live_group(of: FromClause) -> ColumnElement[bool]:
    """``of`` names this group, and it is not deleted."""
    return and_(group.c.tenant_id == of.c.tenant_id, group.c.group_id == of.c.group_id, group.c.deleted_at.is_(None))


_FIND = _ROWS.where(*_this)
_BY_ID = _ROWS.where(_here, group_assignment.c.assignment_id == given("assignment_id"))
_OF_GROUPS = _ROWS.where(
    _here,
    among(group_assignment.c.group_id, "group_ids"),
    order=(group_assignment.c.group_id, group_assignment.c.app_id, group_assignment.c.app_role_id),
)
_OF_APP = Query(
    select(*_ROWS.columns, *GROUPS.columns)
    .select_from(group_assignment.join(group, _live_group(group_assignment)))
    .where(*_of_app)
    .order_by(group.c.display_name_key, group.c.group_id, group_assignment.c.app_role_id)
)
_DROP = Change(delete(group_assignment).where(*_this))
_DROP_OF_GROUP = Change(delete(group_assignment).where(*_of_group))
_DROP_OF_APP = Change(delete(group_assignment).where(*_of_app))


def through(of: Subquery) -> Join:
    """The assignments of the groups that ``of`` names (``tenant_id``, ``group_id``) and that are not deleted."""
    theirs = and_(group_assignment.c.tenant_id == of.c.tenant_id, group_assignment.c.group_id == of.c.group_id)
    return of.join(group, _live_group(of)).join(group_assignment, theirs)


# SQLite knows no statistics here, and would begin with any index that begins with the organization. A subquery that is
# distinct is read first, and what it finds is looked up one by one.
_mine = (
    select(group_member.c.tenant_id, group_member.c.group_id)
    .where(
        group_member.c.tenant_id == given("tenant_id"),
        group_member.c.user_id == given("user_id"),
        group_member.c.struck.is_(None),
    )
    .distinct()
    .subquery("mine")
)
_through = (
    select(group_assignment.c.app_role_id)
    .select_from(through(_mine))
    .where(group_assignment.c.app_id == given("app_id"))
)
_THROUGH = Query(_through)
_ROLES_AT = Query(
    union_all(  # type: ignore[arg-type]
        select(app_assignment.c.app_role_id).where(
            app_assignment.c.tenant_id == given("tenant_id"),
            app_assignment.c.user_id == given("user_id"),
            app_assignment.c.app_id == given("app_id"),
            app_assignment.c.struck.is_(None),
        ),
        _through,
    )
)


def people_at(app_id: ColumnElement[bool], group_app_id: ColumnElement[bool]) -> Subquery:
    """Who has access to apps: ``tenant_id``, ``app_id`` and ``user_id``, as often as it is given to them.

    Args:
        app_id: which apps, said of ``app_assignment``. group_app_id: the same of ``group_assignment``.
    """
    mine = app_assignment.c
    themselves = select(mine.tenant_id, mine.app_id, mine.user_id).where(
        mine.tenant_id == given("tenant_id"), app_id, mine.struck.is_(None)
    )
    found = (
        select(group_assignment.c.tenant_id, group_assignment.c.app_id, group_assignment.c.group_id)
        .where(_here, group_app_id)
        .distinct()
        .subquery("assigned")
    )
    inside = and_(
        group_member.c.tenant_id == found.c.tenant_id,
        group_member.c.group_id == found.c.group_id,
        group_member.c.struck.is_(None),
    )
    members = select(found.c.tenant_id, found.c.app_id, group_member.c.user_id).select_from(
        found.join(group, _live_group(found)).join(group_member, inside)
    )
    return union_all(themselves, members).subquery("at_app")


def people_at_one() -> Subquery:
    """Who has access to the app ``app_id``."""
    return people_at(app_assignment.c.app_id == given("app_id"), group_assignment.c.app_id == given("app_id"))


_at_one = people_at_one()
_PEOPLE_AT = Query(select(_at_one.c.user_id).distinct().order_by(_at_one.c.user_id))


async def roles_at(reading: Reading, tenant_id: str, user_id: str, app_id: str) -> frozenset[str]:
    """The roles that somebody has at an app, themselves or through groups; empty for who is not assigned at all.

    The default access is a role too (``rules.apps.DEFAULT_ROLE``). The stage of the membership is not asked.
    """
    rows = await reading.all(_ROLES_AT, tenant_id=tenant_id, user_id=user_id, app_id=app_id)
    return frozenset(row[0] for row in rows)


async def is_through_group(reading: Reading, tenant_id: str, user_id: str, app_id: str) -> bool:
    """Whether somebody has access to an app through a group, be it beside an assignment of their own."""
    return await reading.one(_THROUGH, tenant_id=tenant_id, user_id=user_id, app_id=app_id) is not None


async def everybody_at(reading: Reading, tenant_id: str, app_id: str) -> list[str]:
    """The users who are assigned to an app, themselves or through groups, each once, whatever their stage."""
    return [row[0] for row in await reading.all(_PEOPLE_AT, tenant_id=tenant_id, app_id=app_id)]


async def find(reading: Reading, tenant_id: str, group_id: str, app_id: str, role_id: str) -> GroupAssigned | None:
    """Whether a group is assigned to an app with this role, whatever became of the group."""
    return await _ROWS.one(reading, _FIND, tenant_id=tenant_id, group_id=group_id, app_id=app_id, role_id=role_id)


async def find_by_id(reading: Reading, tenant_id: str, assignment_id: str) -> GroupAssigned | None:
    """The assignment of a group with this id, whatever became of the group."""
    return await _ROWS.one(reading, _BY_ID, tenant_id=tenant_id, assignment_id=assignment_id)


async def of_groups(reading: Reading, tenant_id: str, group_ids: Sequence[str]) -> list[GroupAssigned]:
    """The apps that these groups are assigned to."""
    return await _ROWS.all(reading, _OF_GROUPS, tenant_id=tenant_id, group_ids=list(group_ids)) if group_ids else []


async def of_app(reading: Reading, tenant_id: str, app_id: str) -> list[tuple[GroupAssigned, Group]]:
    """The groups that are assigned to an app and not deleted, by name."""
    rows = await reading.all(_OF_APP, tenant_id=tenant_id, app_id=app_id)
    width = len(_ROWS.columns)
    return [(_ROWS.record(row[:width]), GROUPS.record(row[width:])) for row in rows]


def insert(unit: Unit, new: GroupAssigned) -> None:
    """Write that a group is assigned to an app; twice raises Duplicate at commit."""
    _ROWS.insert(unit, new)


def drop(unit: Unit, gone: GroupAssigned) -> None:
    """The group is not assigned to the app with this role any more."""
    unit.write(_DROP, tenant_id=gone.tenant_id, group_id=gone.group_id, app_id=gone.app_id, role_id=gone.app_role_id)


def group_gone(unit: Unit, tenant_id: str, group_id: str) -> None:
    """The group is deleted for good."""
    unit.write(_DROP_OF_GROUP, rows=None, tenant_id=tenant_id, group_id=group_id)


def app_gone(unit: Unit, tenant_id: str, app_id: str) -> None:
    """The app, or its service principal, is deleted for good."""
    unit.write(_DROP_OF_APP, rows=None, tenant_id=tenant_id, app_id=app_id)
