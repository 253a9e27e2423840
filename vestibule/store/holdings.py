"""One thing at a time of what hangs on memberships: being in a group, owning, being assigned, holding a role.

Four tables have the same shape: organization, user, what is held, since when, and ``struck``. Taking something from
somebody who is here deletes the row. Taking it from a deleted guest strikes the row, so that it does not return at a
restore and the report can say why. When the thing itself goes for good, both happen to all its holders at once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, literal_column, null, or_, select, update

from vestibule.ground.clock import to_us
from vestibule.rules.lifecycle import Deleted
from vestibule.store import feed
from vestibule.store.columns import position
from vestibule.store.memberships import Membership
from vestibule.store.records import Records
from vestibule.store.schema import app_assignment, group_member, membership, ownership, role_assignment
from vestibule.store.statements import Change, Query, given
from vestibule.store.unit import Reading, Unit

REVOKED: Final = "revoked"
"""Why something does not return: it was taken away while the guest was deleted."""

GONE: Final = "gone"
"""Why something does not return: it was deleted for good meanwhile."""


@dataclass(frozen=True, slots=True)
class InGroup:
    """Somebody is in a group."""

    tenant_id: str
    user_id: str
    group_id: str
    since: datetime
    struck: str | None = None
    struck_name: str | None = None


@dataclass(frozen=True, slots=True)
class Owning:
    """Somebody owns a group or an app (``object_kind``)."""

    tenant_id: str
    user_id: str
    object_kind: str
    object_id: str
    since: datetime
    struck: str | None = None
    struck_name: str | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """Somebody is assigned to an app, with one of its roles or with its default access."""

    tenant_id: str
    user_id: str
    app_id: str
    app_role_id: str
    assignment_id: str
    since: datetime
    struck: str | None = None
    struck_name: str | None = None


@dataclass(frozen=True, slots=True)
class HoldingRole:
    """Somebody holds a directory role (a template id)."""

    tenant_id: str
    user_id: str
    role_id: str
    assignment_id: str
    since: datetime
    struck: str | None = None


class _Holding(Protocol):
    @property
    def tenant_id(self) -> str: ...

    @property
    def user_id(self) -> str: ...

    @property
    def struck(self) -> str | None: ...


T = TypeVar("T", bound=_Holding)


def _text(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'")


class Holdings(Generic[T]):
    """The rows of one of the four tables.

    Args:
        table: the table. of: its dataclass.
        key: the columns that say, beside organization and user, which row it is.
        thing: the column that names the thing that is held.
    """

    def __init__(self, table: Table, of: type[T], *, key: tuple[str, ...], thing: str) -> None:
        """Write the statements down once."""
        columns = table.c
        here = columns.tenant_id == given("tenant_id")
        of_thing = and_(here, columns[thing] == given("thing"))
        this = and_(here, columns.user_id == given("user_id"), *(columns[name] == given(name) for name in key))
        holder = and_(membership.c.tenant_id == columns.tenant_id, membership.c.user_id == columns.user_id)
        is_deleted = exists(select(literal_column("1")).where(holder, membership.c.stage == _text("deleted")))
        is_here = membership.c.stage.in_([_text("invited"), _text("present")])
        self.records = Records(table, of)
        self._key = key
        self._thing = thing
        self._find = self.records.where(this)
        self._of_user = self.records.where(here, columns.user_id == given("user_id"), columns.struck.is_(None))
        living = select(*self.records.columns).join(membership, holder).where(columns.struck.is_(None), is_here)
        self._living = Query(living.where(of_thing).order_by(columns.user_id))
        self._all = Query(living.where(here).order_by(columns[thing], columns.user_id))
        self._others = Query(
            select(func.count())
            .select_from(table.join(membership, holder))
            .where(of_thing, columns.struck.is_(None), is_here, columns.user_id != given("user_id"))
        )
        renewed = update(table).where(this).values(struck=null(), since=given("since_now"))
        self._renew = Change(renewed.values(changed=position()) if "changed" in columns else renewed)
        self._is_told = "changed" in columns
        self._kind = feed.HOLDER if table is role_assignment else feed.MEMBER
        self._drop = Change(delete(table).where(this))
        self._strike = Change(update(table).where(this, columns.struck.is_(None)).values(struck=given("why")))
        self._drop_living = Change(delete(table).where(of_thing, columns.struck.is_(None), ~is_deleted))
        self._strike_deleted = Change(
            update(table)
            .where(of_thing, or_(columns.struck.is_not(None), is_deleted))
            .values(struck=func.coalesce(columns.struck, _text(GONE)), struck_name=given("name"))
            if "struck_name" in columns
            else update(table).where(of_thing, is_deleted).values(struck=_text(GONE))
        )

    async def find(self, reading: Reading, tenant_id: str, user_id: str, *key: str) -> T | None:
        """The row of this user with this key, struck or not."""
        return await self.records.one(reading, self._find, **self._names(tenant_id, user_id, key))

    async def of_user(self, reading: Reading, tenant_id: str, user_id: str) -> list[T]:
        """What stands on a membership, whatever its stage."""
        return await self.records.all(reading, self._of_user, tenant_id=tenant_id, user_id=user_id)

    async def of_thing(self, reading: Reading, tenant_id: str, thing: str) -> list[T]:
        """Who holds a thing and is invited or present."""
        return await self.records.all(reading, self._living, tenant_id=tenant_id, thing=thing)

    async def everybody(self, reading: Reading, tenant_id: str) -> list[T]:
        """Everything that is held by those who are invited or present, by what is held."""
        return await self.records.all(reading, self._all, tenant_id=tenant_id)

    async def others(self, reading: Reading, tenant_id: str, thing: str, user_id: str) -> int:
        """How many others hold the thing and are invited or present."""
        row = await reading.one(self._others, tenant_id=tenant_id, thing=thing, user_id=user_id)
        return 0 if row is None else int(row[0])

    def give(self, unit: Unit, new: T, *, before: T | None) -> None:
        """Write that it is held. ``before`` is a struck row in the way, as ``find`` found it: it stands again."""
        if before is None:
            self.records.insert(unit, new)
            return
        key = tuple(getattr(before, name) for name in self._key)
        names = self._names(before.tenant_id, before.user_id, key)
        unit.write(self._renew, **names, since_now=to_us(unit.now))

    def take(self, unit: Unit, held: T, holder: Membership) -> None:
        """Write that it is held no more: for good, and for a deleted guest also after a restore."""
        names = self._names(held.tenant_id, held.user_id, tuple(getattr(held, name) for name in self._key))
        if isinstance(holder.stage, Deleted):
            unit.write(self._strike, **names, why=REVOKED)
        else:
            if self._is_told:
                feed.member_vanished(unit, held.tenant_id, getattr(held, self._thing), held.user_id, self._kind)
            unit.write(self._drop, **names)

    def thing_gone(self, unit: Unit, tenant_id: str, thing: str, name: str) -> None:
        """The thing itself is deleted for good: nobody holds it; deleted guests keep its name for their report."""
        unit.write(self._drop_living, rows=None, tenant_id=tenant_id, thing=thing)
        unit.write(self._strike_deleted, rows=None, tenant_id=tenant_id, thing=thing, name=name)

    def _names(self, tenant_id: str, user_id: str, key: tuple[str, ...]) -> dict[str, Any]:
        return {"tenant_id": tenant_id, "user_id": user_id, **dict(zip(self._key, key, strict=True))}


IN_GROUPS: Final = Holdings(group_member, InGroup, key=("group_id",), thing="group_id")
OWNING: Final = Holdings(ownership, Owning, key=("object_kind", "object_id"), thing="object_id")
ASSIGNED: Final = Holdings(app_assignment, Assigned, key=("app_id", "app_role_id"), thing="app_id")
ROLES: Final = Holdings(role_assignment, HoldingRole, key=("role_id",), thing="role_id")

_ASSIGNMENT: Final = ASSIGNED.records.where(
    app_assignment.c.tenant_id == given("tenant_id"), app_assignment.c.assignment_id == given("assignment_id")
)
_ROLE_ASSIGNMENT: Final = ROLES.records.where(
    role_assignment.c.tenant_id == given("tenant_id"), role_assignment.c.assignment_id == given("assignment_id")
)


async def find_assignment(reading: Reading, tenant_id: str, assignment_id: str) -> Assigned | None:
    """The assignment to an app with this id, struck or not."""
    return await ASSIGNED.records.one(reading, _ASSIGNMENT, tenant_id=tenant_id, assignment_id=assignment_id)


async def find_role_assignment(reading: Reading, tenant_id: str, assignment_id: str) -> HoldingRole | None:
    """The assignment of a directory role with this id, struck or not."""
    return await ROLES.records.one(reading, _ROLE_ASSIGNMENT, tenant_id=tenant_id, assignment_id=assignment_id)
