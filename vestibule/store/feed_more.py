"""What changed since a place in the order of commits, beside users and groups: apps, holders of roles, managers.

The same places and the same promise as in ``feed``: no change between two looks is missed, and none is met twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, literal_column, or_, select, tuple_, union

from vestibule.ground.clock import from_us
from vestibule.rules.lifecycle import RESTORABLE_FOR
from vestibule.store.columns import by_no_index
from vestibule.store.feed import HOLDER, Window
from vestibule.store.schema import app, manager, membership, role_assignment, vanished
from vestibule.store.statements import Query, among, given
from vestibule.store.unit import Reading

APPLICATION: Final = "application"
PRINCIPAL: Final = "principal"
MANAGER: Final = "manager"
"""Kinds of what left no row behind: an app by its two ids, and somebody's manager."""


@dataclass(frozen=True, slots=True)
class ChangedThing:
    """An application or a service principal that changed.

    Attributes:
        object_id: its own id. app_id: the application object of both; empty for one that is gone for good.
        here: it is not deleted. due: when a deleted one is gone for good; None for one that is.
    """

    object_id: str
    app_id: str
    place: int
    here: bool
    due: datetime | None


@dataclass(frozen=True, slots=True)
class ChangedHolder:
    """Somebody who was given a directory role, or lost it."""

    role_id: str
    user_id: str
    here: bool


@dataclass(frozen=True, slots=True)
class ChangedManager:
    """Somebody's manager: who manages them now, or who did until then."""

    user_id: str
    manager_id: str
    here: bool


def _text(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'")


# --- Apps -------------------------------------------------------------------------------------------------------------

_IDS: Final = {APPLICATION: app.c.app_id, PRINCIPAL: app.c.service_principal_id}
_principal_here = and_(app.c.deleted_at.is_(None), app.c.principal_absent == literal_column("false"))
_KNOWN: Final[dict[str, list[ColumnElement[bool]]]] = {
    APPLICATION: [],
    # Of a service principal that never was nobody is told.
    PRINCIPAL: [or_(app.c.principal_absent == literal_column("false"), app.c.principal_deleted_at.is_not(None))],
}
_HERE: Final = {APPLICATION: app.c.deleted_at.is_(None), PRINCIPAL: _principal_here}


def _things(kind: str, *conditions: ColumnElement[bool]) -> Query:
    identity = _IDS[kind]
    return Query(
        select(
            identity,
            app.c.app_id,
            app.c.changed,
            app.c.deleted_at,
            app.c.purge_due,
            app.c.principal_absent,
            app.c.principal_deleted_at,
        )
        .where(
            app.c.tenant_id == given("tenant_id"),
            tuple_(app.c.changed, identity) > tuple_(given("after_place"), given("after_id")),
            app.c.changed < given("until"),
            *_KNOWN[kind],
            *conditions,
        )
        .order_by(app.c.changed, identity)
        .limit(given("limit"))
    )


def _vanished(kind: str, *conditions: ColumnElement[bool]) -> Query:
    return Query(
        select(vanished.c.object_id, vanished.c.changed)
        .where(
            vanished.c.tenant_id == given("tenant_id"),
            tuple_(vanished.c.changed, vanished.c.object_id) > tuple_(given("after_place"), given("after_id")),
            vanished.c.changed < given("until"),
            vanished.c.kind == _text(kind),
            *conditions,
        )
        .order_by(vanished.c.changed, vanished.c.object_id)
        .limit(given("limit"))
    )


_THINGS = {
    (kind, first, some): _things(kind, *([_HERE[kind]] if first else []), *([among(_IDS[kind], "ids")] if some else []))
    for kind in (APPLICATION, PRINCIPAL)
    for first in (True, False)
    for some in (True, False)
}
_GONE = {
    (kind, some): _vanished(kind, *([among(vanished.c.object_id, "ids")] if some else []))
    for kind in (APPLICATION, PRINCIPAL)
    for some in (True, False)
}


async def things(
    reading: Reading,
    kind: str,
    tenant_id: str,
    window: Window,
    *,
    limit: int,
    after: tuple[int, str] | None = None,
    ids: Sequence[str] | None = None,
) -> list[ChangedThing]:
    """Applications or service principals (``kind``) that changed or are gone, by place; as ``feed.users``."""
    place, identity = after or (window.since, "")
    asked: dict[str, Any] = {
        "tenant_id": tenant_id,
        "until": window.until,
        "after_place": place,
        "after_id": identity,
        "limit": limit,
        **({} if ids is None else {"ids": list(ids)}),
    }
    rows = await reading.all(_THINGS[kind, window.is_first, ids is not None], **asked)
    found = [_thing(kind, *row) for row in rows]
    if not window.is_first:
        gone = await reading.all(_GONE[kind, ids is not None], **asked)
        found += [ChangedThing(object_id, "", changed, here=False, due=None) for object_id, changed in gone]
    return sorted(found, key=lambda one: (one.place, one.object_id))[:limit]


def _thing(
    kind: str,
    object_id: str,
    app_id: str,
    place: int,
    deleted_at: int | None,
    purge_due: int | None,
    absent: bool,
    principal_deleted_at: int | None,
) -> ChangedThing:
    due = None if purge_due is None else from_us(purge_due)
    if kind == PRINCIPAL and deleted_at is None and absent:
        gone = principal_deleted_at
        due = None if gone is None else from_us(gone) + RESTORABLE_FOR
    here = deleted_at is None and not (kind == PRINCIPAL and absent)
    return ChangedThing(object_id, app_id, place, here, due)


# --- Who holds a role -------------------------------------------------------------------------------------------------

_of_user = and_(
    membership.c.tenant_id == role_assignment.c.tenant_id, membership.c.user_id == role_assignment.c.user_id
)
_user_here = membership.c.stage.in_([_text("invited"), _text("present")])


def _in_window(column: Any) -> ColumnElement[bool]:
    return and_(column >= given("since"), column < given("until"))


def _behind(role: Any, user: Any) -> ColumnElement[bool]:
    return tuple_(role, user) > tuple_(given("after_role"), given("after_user"))


def _every_holder() -> Query:
    return Query(
        select(role_assignment.c.role_id, role_assignment.c.user_id, literal_column("1").label("here"))
        .select_from(role_assignment.join(membership, _of_user))
        .where(
            role_assignment.c.tenant_id == given("tenant_id"),
            _behind(role_assignment.c.role_id, role_assignment.c.user_id),
            role_assignment.c.struck.is_(None),
            role_assignment.c.changed < given("until"),
            _user_here,
            membership.c.moved < given("until"),
        )
        .order_by(role_assignment.c.role_id, role_assignment.c.user_id)
        .limit(given("limit"))
    )


def _changed_holders() -> Query:
    """Who may have been given a role or lost it in the window: by itself, with the user, or without a trace."""
    columns = (role_assignment.c.role_id, role_assignment.c.user_id)
    by_itself = select(*columns).where(
        role_assignment.c.tenant_id == given("tenant_id"), _in_window(role_assignment.c.changed)
    )
    with_user = (
        select(*columns)
        .select_from(membership.join(role_assignment, _of_user))
        .where(
            membership.c.tenant_id == given("tenant_id"),
            membership.c.changed >= given("since"),
            _in_window(membership.c.moved),
        )
    )
    without_a_trace = select(vanished.c.object_id, vanished.c.user_id).where(
        vanished.c.tenant_id == given("tenant_id"), _in_window(vanished.c.changed), vanished.c.kind == _text(HOLDER)
    )
    pair = union(by_itself, with_user, without_a_trace).subquery("pair")
    here = and_(role_assignment.c.struck.is_(None), role_assignment.c.role_id.is_not(None), _user_here)
    held = and_(
        role_assignment.c.tenant_id == given("tenant_id"),
        role_assignment.c.role_id == pair.c.role_id,
        role_assignment.c.user_id == pair.c.user_id,
    )
    who = and_(membership.c.tenant_id == given("tenant_id"), membership.c.user_id == pair.c.user_id)
    return Query(
        select(pair.c.role_id, pair.c.user_id, here.label("here"))
        .select_from(pair.outerjoin(role_assignment, held).outerjoin(membership, who))
        .where(_behind(pair.c.role_id, pair.c.user_id))
        .order_by(pair.c.role_id, pair.c.user_id)
        .limit(given("limit"))
    )


_HOLDERS = {True: _every_holder(), False: _changed_holders()}


async def holders(
    reading: Reading, tenant_id: str, window: Window, *, limit: int, after: tuple[str, str] | None = None
) -> list[ChangedHolder]:
    """Who was given which directory role or lost it, by the ids of role and user."""
    role_id, user_id = after or ("", "")
    asked: dict[str, Any] = {} if window.is_first else {"since": window.since}
    rows = await reading.all(
        _HOLDERS[window.is_first],
        tenant_id=tenant_id,
        until=window.until,
        after_role=role_id,
        after_user=user_id,
        limit=limit,
        **asked,
    )
    return [ChangedHolder(role, user, bool(here)) for role, user, here in rows]


# --- Managers ---------------------------------------------------------------------------------------------------------

_manager_here: Select[Any] = select(literal_column("1")).where(
    membership.c.tenant_id == manager.c.tenant_id, membership.c.user_id == manager.c.manager_id, _user_here
)
_changed = by_no_index(manager.c.changed)  # these users' managers, and not everybody's until then
_MANAGERS = Query(
    select(manager.c.user_id, manager.c.manager_id).where(
        manager.c.tenant_id == given("tenant_id"),
        among(manager.c.user_id, "user_ids"),
        or_(_in_window(_changed), given("first") == literal_column("1")),
        _changed < given("until"),
        _manager_here.exists(),
    )
)
_NO_MANAGERS = Query(
    select(vanished.c.object_id, vanished.c.user_id, vanished.c.changed)
    .where(
        vanished.c.tenant_id == given("tenant_id"),
        among(vanished.c.object_id, "user_ids"),
        _in_window(vanished.c.changed),
        vanished.c.kind == _text(MANAGER),
    )
    .order_by(vanished.c.changed)
)


async def managers(
    reading: Reading, tenant_id: str, window: Window, user_ids: Sequence[str]
) -> dict[str, list[ChangedManager]]:
    """Which of these users have another manager, or none any more: first who managed them, then who does."""
    asked = {"tenant_id": tenant_id, "since": window.since, "until": window.until, "user_ids": list(user_ids)}
    found: dict[str, list[ChangedManager]] = {}
    given_now = await reading.all(_MANAGERS, first=int(window.is_first), **asked) if user_ids else []
    now: dict[str, str] = {user_id: manager_id for user_id, manager_id in given_now}  # noqa: C416 - rows are no pairs
    before = await reading.all(_NO_MANAGERS, **asked) if user_ids and not window.is_first else []
    for user_id, manager_id, _ in before:
        if now.get(user_id) != manager_id:
            found.setdefault(user_id, []).append(ChangedManager(user_id, manager_id, here=False))
    for user_id, manager_id in now.items():
        found.setdefault(user_id, []).append(ChangedManager(user_id, manager_id, here=True))
    return found
