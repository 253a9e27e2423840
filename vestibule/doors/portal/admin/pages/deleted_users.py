"""*Deleted users*: who can still come back, until when, and the buttons that decide it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.deleters import deleters
from vestibule.doors.portal.admin.exports import Out, Source, export
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.held import Held, standing_of
from vestibule.doors.portal.admin.said import Said, heard
from vestibule.doors.portal.admin.tables import Browsing, Choice, Column, Select, Shape, Table
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.ground.clock import to_us
from vestibule.rules.filters import Compare, Filter, Op, Or, Test, Text, all_of
from vestibule.rules.lifecycle import Cause, Deleted, Tie
from vestibule.rules.verbs import Verb
from vestibule.store import requests, users
from vestibule.store.listing import Asked, Page, Scope
from vestibule.store.users import DELETED_ROWS, User

NOBODY: Final = "nobody"
TOO_MANY: Final = "tooMany"
ON_HOLD: Final = "onHold"
MOST_AT_ONCE: Final = 200

WHY: Final = {
    Cause.LEFT: N_("Left on their own"),
    Cause.REMOVED: N_("Deleted by an admin"),
    Cause.REVIEWED: N_("Access review"),
    Cause.DECLINED: N_("Invitation withdrawn"),
    Cause.INVITATION_EXPIRED: N_("Invitation withdrawn"),
}
_PROBLEMS: Final = {
    NOBODY: Problem(N_("Select at least one user."), at="select"),
    TOO_MANY: Problem(N_("Select at most 200 users."), at="select"),
    ON_HOLD: Problem(N_("They're on hold: nothing about them can be deleted until every legal hold is lifted.")),
}
_IN_DAYS: Final = {"3": 3, "7": 7}

SHAPE: Final = Shape(
    path=paths.DELETED_USERS,
    columns=(
        Column("name", N_("Name"), ("displayName",)),
        Column("type", N_("User type"), ("userType",)),
        Column("why", N_("Why"), ("cause",)),
        Column("by", N_("Deleted by")),
        Column("deleted", N_("Deleted on"), ("deletedDateTime",)),
        Column("until", N_("Permanent deletion"), ("purgeDue",)),
        Column("left", N_("Days left"), ("purgeDue",)),
        Column("asked", N_("Restore asked for"), ("restoreAskedAt",)),
    ),
    order="left",
    selects=(
        Select(
            "why",
            N_("Why"),
            (
                Choice("left", WHY[Cause.LEFT], Compare(("cause",), Op.EQ, Cause.LEFT.value)),
                Choice("removed", WHY[Cause.REMOVED], Compare(("cause",), Op.EQ, Cause.REMOVED.value)),
                Choice("review", WHY[Cause.REVIEWED], Compare(("cause",), Op.EQ, Cause.REVIEWED.value)),
                Choice(
                    "withdrawn",
                    WHY[Cause.DECLINED],
                    Or(
                        (
                            Compare(("cause",), Op.EQ, Cause.DECLINED.value),
                            Compare(("cause",), Op.EQ, Cause.INVITATION_EXPIRED.value),
                        )
                    ),
                ),
            ),
        ),
        Select("days", N_("Days left"), (Choice("3", N_("3 or fewer")), Choice("7", N_("7 or fewer")))),
        Select(
            "asked",
            N_("Restore asked for"),
            (
                Choice("yes", N_("Yes"), Compare(("restoreAskedAt",), Op.NE, None)),
                Choice("no", N_("No"), Compare(("restoreAskedAt",), Op.EQ, None)),
            ),
        ),
    ),
    export=paths.DELETED_USERS_CSV,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A deleted user.

    Attributes:
        cause: why they are gone, as the lifecycle calls it; why: in words, as the catalog knows them.
        by: who deleted them, empty when they left or time did it. until: when they are gone for good.
        asked: since when they ask to come back; None when they do not.
        on_hold: a legal hold stands. held: those that do, for whoever may know why.
    """

    user_id: str
    name: str
    email: str
    guest: bool
    cause: str
    why: str
    by: str
    deleted: datetime
    until: datetime
    asked: datetime | None
    on_hold: bool
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedUsersPage(View):
    """The page.

    Attributes:
        table: the rows and what stands around them. said: what was just done.
        all_picked: every matching user is selected, not only those on this page.
        may_restore, may_purge: whether the buttons can do anything for who is signed in.
    """

    template: ClassVar[str] = "portal/admin/deleted_users.html"
    table: Table[Row]
    said: Said | None
    all_picked: bool
    may_restore: bool
    may_purge: bool


async def show(admin: Admin) -> Response:
    """The page."""
    browsing = Browsing(admin.visit, SHAPE)
    problem = _PROBLEMS.get(admin.visit.request.query_params.get("problem", ""))
    table = await _table(admin, browsing)
    return admin.visit.page(
        DeletedUsersPage(
            table=table,
            said=heard(admin.visit),
            all_picked=admin.visit.request.query_params.get("pick") == "all",
            may_restore=admin.may(Verb.RESTORE),
            may_purge=admin.may(Verb.PURGE),
            problems=() if problem is None else (problem,),
        ),
        200 if problem is None else 400,
    )


async def _table(admin: Admin, browsing: Browsing) -> Table[Row]:
    wanted = filter_of(admin, browsing)
    scope = scope_of(admin)

    async def page(asked: Asked) -> Page[User]:
        return await page_of(admin, asked)

    found, previous, following = await browsing.read(page, lambda orders: DELETED_ROWS.orders(scope, orders), wanted)
    total = await DELETED_ROWS.count(
        admin.reading, scope, wanted, tenant_id=admin.tenant_id, now=to_us(admin.reading.now)
    )
    return browsing.table(await rows_of(admin, found), total, previous, following)


def scope_of(admin: Admin) -> Scope:
    """The deleted users that whoever is signed in may see."""
    return users.DELETED_EXTERNAL if admin.external_only else users.DELETED


async def page_of(admin: Admin, asked: Asked) -> Page[User]:
    """A page of them."""
    now = to_us(admin.reading.now)
    return await DELETED_ROWS.page(admin.reading, scope_of(admin), asked, tenant_id=admin.tenant_id, now=now)


def filter_of(admin: Admin, browsing: Browsing) -> Filter | None:
    """Everything the address asks for."""
    parts = list(browsing.wanted)
    if browsing.search:
        parts.append(Or(tuple(Text((name,), Test.CONTAINS, browsing.search) for name in ("displayName", "mail"))))
    days = browsing.chosen.get("days")
    if days is not None:
        until = admin.reading.now + timedelta(days=_IN_DAYS[days.value])
        parts.append(Compare(("purgeDue",), Op.LE, until))
    return all_of(parts)


async def rows_of(admin: Admin, found: list[User]) -> list[Row]:
    """The users as rows."""
    asked = {
        request.user_id: request.asked_at
        for request in await requests.of_organization(admin.reading, admin.tenant_id, "restore")
        if request.answer is None
    }
    by = await deleters(admin.visit.house, admin.reading, [user.membership for user in found])
    held = await standing_of(admin, [user.membership.user_id for user in found if user.membership.standing.held])
    return [_row(user, by, asked, held) for user in found]


def _row(user: User, by: Mapping[str, str], asked: Mapping[str, datetime], held: Mapping[str, tuple[Held, ...]]) -> Row:
    stage = user.membership.stage
    assert isinstance(stage, Deleted), "only deleted users are listed"
    return Row(
        user_id=user.membership.user_id,
        name=user.profile.display_name,
        email=user.profile.mail or "",
        guest=user.membership.standing.tie is not Tie.HOME,
        cause=stage.cause.value,
        why=WHY[stage.cause],
        by=by.get(user.membership.user_id, ""),
        deleted=stage.at,
        until=stage.purge_due,
        asked=asked.get(user.membership.user_id),
        on_hold=user.membership.standing.held,
        held=held.get(user.membership.user_id, ()),
    )


# --- As a file --------------------------------------------------------------------------------------------------------

_OUT: Final = (
    Out[Row]("id", N_("Object ID"), lambda row: row.user_id),
    Out[Row]("displayName", N_("Name"), lambda row: row.name),
    Out[Row]("mail", N_("Email"), lambda row: row.email),
    Out[Row](
        "userType",
        N_("User type"),
        lambda row: "Guest" if row.guest else "Member",
        lambda row, words: words.text(N_("Guest") if row.guest else N_("Member")),
    ),
    Out[Row]("deletedDateTime", N_("Deleted on"), lambda row: row.deleted),
    Out[Row]("permanentDeletionDateTime", N_("Permanent deletion"), lambda row: row.until),
    Out[Row]("deletedBy", N_("Deleted by"), lambda row: row.by),
    Out[Row]("cause", N_("Why"), lambda row: row.cause, lambda row, words: words.text(row.why)),
    Out[Row]("restoreRequestedDateTime", N_("Restore asked for"), lambda row: row.asked),
    Out[Row]("onHold", N_("On hold"), lambda row: row.on_hold),
)


async def download(admin: Admin) -> Response:
    """The same rows as a file."""
    browsing = Browsing(admin.visit, SHAPE)
    scope = scope_of(admin)

    async def count(wanted: Filter | None) -> int:
        now = to_us(admin.reading.now)
        return await DELETED_ROWS.count(admin.reading, scope, wanted, tenant_id=admin.tenant_id, now=now)

    source = Source(
        name="deletedUsers",
        file="deleted-users",
        reads=(Verb.READ_DELETED,),
        columns=_OUT,
        count=count,
        page=lambda asked: page_of(admin, asked),
        full_order=lambda orders: DELETED_ROWS.orders(scope, orders),
        rows=lambda found: rows_of(admin, found),
    )
    return await export(admin, browsing, source, filter_of(admin, browsing))
