"""What changed since a place in the order of commits: users, groups, and who is in them.

A row that somebody may follow says at which *place* it changed last; so a change costs no row of its own, and two
changes of one object between two looks are one. What leaves no row behind leaves its ids in ``vanished``.

Places are in the order in which changes come to be visible. SQLite has one writer at a time, which counts its units.
In PostgreSQL the place is the number of the transaction, and transactions do not end in the order of their numbers; but
below the *horizon*, the lowest number that was under way when somebody looked, all have ended. So a reader takes what
is at or above the horizon of last time and below the one of now: no change is missed, and none is met twice, whoever
writes meanwhile. A row that changes again while it is being read goes above the horizon and is met next time.

    since <= place < until        one look; ``until`` is ``since`` of the next
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    and_,
    cast,
    delete,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    union,
    update,
)

from vestibule.ground.clock import from_us, to_us
from vestibule.store.columns import horizon as _horizon
from vestibule.store.schema import app, deployment, group, group_member, manager, membership, role_assignment, vanished
from vestibule.store.statements import Change, Query, among, given, inserting
from vestibule.store.unit import Reading, Unit

BEGINNING: Final = 0
"""Before the first change: whoever looks from here meets everything that is there."""

_GROUP: Final = "group"
MEMBER: Final = "member"
HOLDER: Final = "holder"
"""What ties somebody to a group, and to a directory role."""
_NOBODY: Final = ""


@dataclass(frozen=True, slots=True)
class Window:
    """What one look takes: places from ``since`` up to, and without, ``until``."""

    since: int
    until: int

    @property
    def is_first(self) -> bool:
        """Everything is met for the first time, so that nothing can be gone from it."""
        return self.since == BEGINNING


@dataclass(frozen=True, slots=True)
class ChangedUser:
    """A user object that changed: ``here`` while invited or present, ``due`` when a deleted one is gone for good."""

    user_id: str
    place: int
    here: bool
    due: datetime | None


@dataclass(frozen=True, slots=True)
class ChangedGroup:
    """A group that changed.

    Attributes:
        here: it is not deleted. due: when a deleted one is gone for good; None for one that is.
        moved: it came or went in this look.
    """

    group_id: str
    place: int
    here: bool
    due: datetime | None
    moved: bool


@dataclass(frozen=True, slots=True)
class ChangedMember:
    """Somebody who came into a group, or went out of it."""

    group_id: str
    user_id: str
    here: bool


def _text(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'")


def _in_window(table: Table) -> ColumnElement[bool]:
    return and_(table.c.changed >= given("since"), table.c.changed < given("until"))


def _moved_in_window(table: Table) -> ColumnElement[bool]:
    """It came or went in the window, though something else about it may have changed later: no index is needed."""
    return and_(table.c.changed >= given("since"), table.c.moved >= given("since"), table.c.moved < given("until"))


def _behind(place: Any, identity: Any) -> ColumnElement[bool]:
    return tuple_(place, identity) > tuple_(given("after_place"), given("after_id"))


_HORIZON = Query(select(deployment.c.feed, _horizon().label("horizon")).where(deployment.c.id == literal_column("1")))
_user_here = membership.c.stage.in_([_text("invited"), _text("present")])
_group_here = group.c.deleted_at.is_(None)


def _users(*conditions: ColumnElement[bool]) -> Query:
    return Query(
        select(membership.c.user_id, membership.c.changed, membership.c.stage, membership.c.due_at)
        .where(
            membership.c.tenant_id == given("tenant_id"),
            _behind(membership.c.changed, membership.c.user_id),
            membership.c.changed < given("until"),
            membership.c.tie != _text("directConnect"),
            *conditions,
        )
        .order_by(membership.c.changed, membership.c.user_id)
        .limit(given("limit"))
    )


def _groups(place: ColumnElement[int], *conditions: ColumnElement[bool]) -> Query:
    return Query(
        select(group.c.group_id, place, group.c.deleted_at, group.c.purge_due, group.c.moved)
        .where(
            group.c.tenant_id == given("tenant_id"),
            _behind(place, group.c.group_id),
            place < given("until"),
            *conditions,
        )
        .order_by(place, group.c.group_id)
        .limit(given("limit"))
    )


def _moved_groups(*conditions: ColumnElement[bool]) -> Query:
    """Groups that came or went, at the place where they did: what else about them changed later says nothing here."""
    # None ever moved after it changed: this is what the index finds.
    return _groups(group.c.moved, group.c.changed >= given("since"), *conditions)


def _vanished_groups(*conditions: ColumnElement[bool]) -> Query:
    return Query(
        select(vanished.c.object_id, vanished.c.changed)
        .where(
            vanished.c.tenant_id == given("tenant_id"),
            _behind(vanished.c.changed, vanished.c.object_id),
            vanished.c.changed < given("until"),
            vanished.c.kind == _text(_GROUP),
            *conditions,
        )
        .order_by(vanished.c.changed, vanished.c.object_id)
        .limit(given("limit"))
    )


_of_group = and_(group_member.c.tenant_id == group.c.tenant_id, group_member.c.group_id == group.c.group_id)
_of_user = and_(membership.c.tenant_id == group_member.c.tenant_id, membership.c.user_id == group_member.c.user_id)


def _everybody_in(*conditions: ColumnElement[bool]) -> Query:
    """Who is in which group, for a first look."""
    return Query(
        select(group_member.c.group_id, group_member.c.user_id, literal_column("1").label("here"))
        .select_from(group_member.join(group, _of_group).join(membership, _of_user))
        .where(
            group_member.c.tenant_id == given("tenant_id"),
            tuple_(group_member.c.group_id, group_member.c.user_id) > tuple_(given("after_group"), given("after_user")),
            group_member.c.struck.is_(None),
            group_member.c.changed < given("until"),
            _user_here,
            membership.c.moved < given("until"),
            _group_here,
            group.c.moved < given("until"),
            *conditions,
        )
        .order_by(group_member.c.group_id, group_member.c.user_id)
        .limit(given("limit"))
    )


def _pairs() -> Any:
    """Who may have come into a group or gone out of it in the window: by the tie itself, with the user, with the group,
    or without a trace.
    """
    columns = (group_member.c.group_id, group_member.c.user_id)
    tied: Select[Any] = select(*columns).where(group_member.c.tenant_id == given("tenant_id"), _in_window(group_member))
    with_user = (
        select(*columns)
        .select_from(membership.join(group_member, _of_user))
        .where(membership.c.tenant_id == given("tenant_id"), _moved_in_window(membership))
    )
    with_group = (
        select(*columns)
        .select_from(group.join(group_member, _of_group))
        .where(group.c.tenant_id == given("tenant_id"), _moved_in_window(group))
    )
    untied = select(vanished.c.object_id, vanished.c.user_id).where(
        vanished.c.tenant_id == given("tenant_id"), _in_window(vanished), vanished.c.kind == _text(MEMBER)
    )
    return union(tied, with_user, with_group, untied).subquery("pair")


def _changed_in(*conditions: Any) -> Query:
    """The same as they are now. A group that is deleted, as whoever follows knows already, needs none of them."""
    pair = _pairs()
    here = and_(group_member.c.struck.is_(None), group_member.c.group_id.is_not(None), _user_here)
    return Query(
        select(pair.c.group_id, pair.c.user_id, here.label("here"))
        .select_from(
            pair.join(group, and_(group.c.tenant_id == given("tenant_id"), group.c.group_id == pair.c.group_id))
            .outerjoin(
                group_member,
                and_(
                    group_member.c.tenant_id == given("tenant_id"),
                    group_member.c.group_id == pair.c.group_id,
                    group_member.c.user_id == pair.c.user_id,
                ),
            )
            .outerjoin(
                membership, and_(membership.c.tenant_id == given("tenant_id"), membership.c.user_id == pair.c.user_id)
            )
        )
        .where(
            or_(_group_here, group.c.changed >= given("until")),
            tuple_(pair.c.group_id, pair.c.user_id) > tuple_(given("after_group"), given("after_user")),
            *(among(pair.c.group_id, name) for name in conditions),
        )
        .order_by(pair.c.group_id, pair.c.user_id)
        .limit(given("limit"))
    )


# By whether it is a first look, and whether only some are asked for.
_USERS = {
    (first, some): _users(*([_user_here] if first else []), *([among(membership.c.user_id, "ids")] if some else []))
    for first in (True, False)
    for some in (True, False)
}
_GROUPS = {
    (first, some): _groups(
        group.c.changed, *([_group_here] if first else []), *([among(group.c.group_id, "ids")] if some else [])
    )
    for first in (True, False)
    for some in (True, False)
}
_MOVED_GROUPS = {
    (first, some): _moved_groups(*([_group_here] if first else []), *([among(group.c.group_id, "ids")] if some else []))
    for first in (True, False)
    for some in (True, False)
}
_VANISHED_GROUPS = {
    some: _vanished_groups(*([among(vanished.c.object_id, "ids")] if some else [])) for some in (True, False)
}
_MEMBERS = {
    **{
        (True, some): _everybody_in(*([among(group_member.c.group_id, "ids")] if some else []))
        for some in (True, False)
    },
    **{(False, some): _changed_in(*(["ids"] if some else [])) for some in (True, False)},
}

_VANISH = inserting(vanished)


def _vanish_everywhere(table: Table, kind: str, thing: ColumnElement[Any]) -> Change:
    of_user = and_(membership.c.tenant_id == table.c.tenant_id, membership.c.user_id == table.c.user_id)
    return Change(
        insert(vanished).from_select(
            ["tenant_id", "changed", "kind", "object_id", "user_id", "at"],
            # At the place where they went: whoever follows from there on was told then.
            select(
                table.c.tenant_id,
                membership.c.moved,
                _text(kind),
                thing,
                table.c.user_id,
                cast(given("at"), BigInteger),
            )
            .select_from(table.join(membership, of_user))
            .where(
                table.c.tenant_id == given("tenant_id"),
                table.c.user_id == given("user_id"),
                table.c.struck.is_(None),
            ),
        )
    )


_VANISH_EVERYWHERE = (
    _vanish_everywhere(group_member, MEMBER, group_member.c.group_id),
    _vanish_everywhere(role_assignment, HOLDER, role_assignment.c.role_id),
)
_FORGET = Change(delete(vanished).where(vanished.c.at < given("before")))
_FORGET_PLACES = (
    *(
        Change(update(table).values({name: literal_column("0") for name in ("changed", "moved") if name in table.c}))
        for table in (membership, group, group_member, app, role_assignment, manager)
    ),
    Change(delete(vanished)),
)
_BEGIN_ANEW = Change(update(deployment).where(deployment.c.id == literal_column("1")).values(feed=given("feed")))


# --- Looking ----------------------------------------------------------------------------------------------------------


async def horizon(reading: Reading) -> tuple[str, int]:
    """Which order of commits holds here, and the place below which nothing changes any more."""
    row = await reading.one(_HORIZON)
    return ("", BEGINNING) if row is None else (str(row[0]), int(row[1]))


async def users(
    reading: Reading,
    tenant_id: str,
    window: Window,
    *,
    limit: int,
    after: tuple[int, str] | None = None,
    ids: Sequence[str] | None = None,
) -> list[ChangedUser]:
    """User objects that changed, by place.

    Args:
        reading: where to read. tenant_id: the organization. window: which changes.
        limit: at most so many. after: place and id of the last one of the page before. ids: only these.
    """
    rows = await reading.all(_USERS[window.is_first, ids is not None], **_asked(tenant_id, window, limit, after, ids))
    return [
        ChangedUser(user_id, place, stage in {"invited", "present"}, _due(stage, due))
        for user_id, place, stage, due in rows
    ]


async def groups(
    reading: Reading,
    tenant_id: str,
    window: Window,
    *,
    limit: int,
    after: tuple[int, str] | None = None,
    ids: Sequence[str] | None = None,
    moved_only: bool = False,
) -> list[ChangedGroup]:
    """Groups that changed or are gone, by place; as ``users``.

    ``moved_only``: only those that came or went, by the place where they did. One that came below the horizon and
    changed above it is met here once, in the look in which it came.
    """
    asked = _asked(tenant_id, window, limit, after, ids)
    queries, more = (_MOVED_GROUPS, {"since": window.since}) if moved_only else (_GROUPS, {})
    found = [
        ChangedGroup(
            group_id,
            place,
            deleted_at is None,
            None if due is None else from_us(due),
            window.since <= moved < window.until,
        )
        for group_id, place, deleted_at, due, moved in await reading.all(
            queries[window.is_first, ids is not None], **asked, **more
        )
    ]
    if not window.is_first:
        gone = await reading.all(_VANISHED_GROUPS[ids is not None], **asked)
        found += [ChangedGroup(group_id, place, here=False, due=None, moved=True) for group_id, place in gone]
    return sorted(found, key=lambda one: (one.place, one.group_id))[:limit]


async def members(
    reading: Reading,
    tenant_id: str,
    window: Window,
    *,
    limit: int,
    after: tuple[str, str] | None = None,
    ids: Sequence[str] | None = None,
) -> list[ChangedMember]:
    """Who came into which group or went out of it, by the ids of group and user; ``ids`` are groups."""
    group_id, user_id = after or (_NOBODY, _NOBODY)
    rows = await reading.all(
        _MEMBERS[window.is_first, ids is not None],
        tenant_id=tenant_id,
        since=window.since,
        until=window.until,
        after_group=group_id,
        after_user=user_id,
        limit=limit,
        **({} if ids is None else {"ids": list(ids)}),
    )
    return [ChangedMember(group_id, user_id, bool(here)) for group_id, user_id, here in rows]


def _asked(
    tenant_id: str, window: Window, limit: int, after: tuple[int, str] | None, ids: Sequence[str] | None
) -> dict[str, Any]:
    place, identity = after or (window.since, _NOBODY)
    asked = {
        "tenant_id": tenant_id,
        "until": window.until,
        "after_place": place,
        "after_id": identity,
        "limit": limit,
    }
    return asked if ids is None else {**asked, "ids": list(ids)}


def _due(stage: str, due: int | None) -> datetime | None:
    return from_us(due) if stage == "deleted" and due is not None else None


# --- Marking ----------------------------------------------------------------------------------------------------------


def group_vanished(unit: Unit, tenant_id: str, group_id: str) -> None:
    """The group's row goes."""
    unit.write(_VANISH, tenant_id=tenant_id, kind=_GROUP, object_id=group_id, user_id=_NOBODY, at=to_us(unit.now))


def thing_vanished(unit: Unit, tenant_id: str, kind: str, object_id: str) -> None:
    """A row of another kind goes (``feed_more``)."""
    unit.write(_VANISH, tenant_id=tenant_id, kind=kind, object_id=object_id, user_id=_NOBODY, at=to_us(unit.now))


def member_vanished(unit: Unit, tenant_id: str, group_id: str, user_id: str, kind: str = MEMBER) -> None:
    """The row that says that somebody is in a group goes, or another that ties two (``feed_more``)."""
    unit.write(_VANISH, tenant_id=tenant_id, kind=kind, object_id=group_id, user_id=user_id, at=to_us(unit.now))


def member_vanished_everywhere(unit: Unit, tenant_id: str, user_id: str) -> None:
    """All those rows of somebody who is no longer here go, roles among them. Write it before they do."""
    for change in _VANISH_EVERYWHERE:
        unit.write(change, rows=None, tenant_id=tenant_id, user_id=user_id, at=to_us(unit.now))


def forget(unit: Unit, before: datetime) -> None:
    """What vanished before that moment is known to whoever still follows."""
    unit.write(_FORGET, rows=None, before=to_us(before))


def begin_anew(unit: Unit, feed: str) -> None:
    """Places that were handed out mean nothing any more, as after the restore of a backup: everybody begins again.

    The places in the rows go back to the beginning: those of another server of PostgreSQL could lie above the numbers
    of this one. It writes every user, group and member.
    """
    unit.write(_BEGIN_ANEW, feed=feed)
    for change in _FORGET_PLACES:
        unit.write(change, rows=None)
