"""The groups that are assigned to an app: all of them, adding one, and taking one away."""

from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import assigning_groups
from vestibule.doors.portal.admin import log_paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.app import (
    GONE,
    GroupRow,
    carry_out,
    find_app,
    group_rows,
    page_of,
)
from vestibule.doors.portal.admin.people import MOST_FOUND
from vestibule.doors.portal.admin.said import Said
from vestibule.doors.portal.admin.tables import LONGEST_SEARCH, Browsing, Column, Shape, Table
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import names
from vestibule.rules.filters import Filter, Ordering, Test, Text
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import group_assignments, group_lists, groups
from vestibule.store.apps import App
from vestibule.store.group_lists import ASSIGNED_TO, GROUPS_LISTED
from vestibule.store.groups import Group
from vestibule.store.listing import Asked, Page

_PROBLEMS: Final = {
    Reason.ALREADY_THERE: Problem(N_("The group is assigned to this app already.")),
    Reason.NOT_FOUND: GONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppGroupsPage(View):
    """*Assigned groups*: every one of them; ``may_assign``: whoever is signed in may change that."""

    template: ClassVar[str] = "portal/admin/app_groups.html"
    app: App
    table: Table[GroupRow]
    may_assign: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignGroupPage(View):
    """*Add group*: a search, and a button for each that was found; ``more`` match."""

    template: ClassVar[str] = "portal/admin/assign_group.html"
    app: App
    search: str
    found: tuple[GroupRow, ...]
    more: bool


async def show(admin: Admin) -> Response:
    """All assigned groups."""
    app = await find_app(admin)
    shape = Shape(
        path=log_paths.app(app.app_id, "groups"),
        columns=(Column("name", N_("Name"), ("displayName",)), Column("people", N_("Members"))),
        order="name",
    )
    browsing = Browsing(admin.visit, shape)
    wanted = _named(browsing.search)

    async def page(asked: Asked) -> Page[Group]:
        return await group_lists.page(admin.reading, admin.tenant_id, asked, scope=ASSIGNED_TO, of=app.app_id)

    found, before, following = await browsing.read(page, lambda each: GROUPS_LISTED.orders(ASSIGNED_TO, each), wanted)
    total = await group_lists.count(admin.reading, admin.tenant_id, wanted, scope=ASSIGNED_TO, of=app.app_id)
    rows = await group_rows(admin, found)
    table = browsing.table(rows, total, before, following)
    return admin.visit.page(AppGroupsPage(app=app, table=table, may_assign=admin.may(Verb.ASSIGN_APP_ROLE)))


async def ask_group(admin: Admin) -> Response:
    """Which group to assign."""
    app = await find_app(admin)
    text = admin.visit.request.query_params.get("search", "").strip()[:LONGEST_SEARCH]
    found: Page[Group] = Page([], None)
    if text:
        asked = Asked(MOST_FOUND, _named(text), (Ordering(("displayName",)),))
        found = await group_lists.page(admin.reading, admin.tenant_id, asked)
    rows = await group_rows(admin, found.items)
    return admin.visit.page(AssignGroupPage(app=app, search=text, found=rows, more=found.position is not None))


def _named(text: str) -> Filter | None:
    return Text(("displayName",), Test.CONTAINS, text) if text else None


async def assign(admin: Admin) -> Response:
    """Assign a group to the app."""
    app = await find_app(admin)
    form = await admin.visit.form(verb=Verb.ASSIGN_APP_ROLE, tenant_id=admin.tenant_id)
    group = await _chosen(admin, form.get("group", ""))
    if group is None:
        return await page_of(admin, app, GONE)
    where = {"tenant_id": admin.tenant_id, "app_id": app.app_id, "group_id": group.group_id}
    said = Said(N_("{name} is assigned to the app now."), {"name": group.display_name})
    house = admin.visit.house
    return await carry_out(
        admin, app, lambda: assigning_groups.assign_group(house, by=admin.by, **where), said, _PROBLEMS
    )


async def unassign(admin: Admin) -> Response:
    """Take every assignment of a group to the app away."""
    app = await find_app(admin)
    form = await admin.visit.form(verb=Verb.UNASSIGN_APP_ROLE, tenant_id=admin.tenant_id)
    group = await _chosen(admin, form.get("group", ""))
    if group is None:
        return await page_of(admin, app, GONE)
    every = await group_assignments.of_groups(admin.reading, admin.tenant_id, [group.group_id])
    held = [one.assignment_id for one in every if one.app_id == app.app_id]

    async def act() -> None:
        if not held:
            raise Refused(Reason.NOT_FOUND)
        for assignment_id in held:
            await assigning_groups.unassign_group(
                admin.visit.house, tenant_id=admin.tenant_id, assignment_id=assignment_id, by=admin.by
            )

    said = Said(N_("{name} isn't assigned to the app any more."), {"name": group.display_name})
    return await carry_out(admin, app, act, said, _PROBLEMS)


async def _chosen(admin: Admin, value: str) -> Group | None:
    """The group with this id, while it is not deleted."""
    group_id = names.guid(value)
    found = None if group_id is None else await groups.find(admin.reading, admin.tenant_id, group_id)
    return found if found is not None and found.is_live else None
