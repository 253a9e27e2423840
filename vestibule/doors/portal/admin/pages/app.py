"""One app: who is assigned to it, what it is registered with, what it may do, and whether people may sign in to it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import app_roles, assigning, delegating, service_principals
from vestibule.actions.app_roles import Granted
from vestibule.doors.portal.admin import log_paths, people
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.apps import protocol_of
from vestibule.doors.portal.admin.pages.roles import searched
from vestibule.doors.portal.admin.people import Person, Search, person_of
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.portal.admin.tables import Browsing, Column, Shape, Table
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import names, rights
from vestibule.rules.filters import Ordering
from vestibule.rules.graph_objects import permission_of_role
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import OnApp
from vestibule.rules.verbs import Verb
from vestibule.store import apps, connections, grant_lists, group_lists, users
from vestibule.store.apps import App
from vestibule.store.group_lists import ASSIGNED_TO as GROUPS_AT
from vestibule.store.groups import Group
from vestibule.store.holdings import ASSIGNED
from vestibule.store.listing import Asked, Page
from vestibule.store.users import ASSIGNED_TO, USERS, User

GRAPH: Final = "Microsoft Graph"
MOST_GROUPS: Final = 25
MOST_PEOPLE: Final = 100
"""Of so many people who granted an app something themselves the grants are shown; Graph lists all."""
CONNECTED: Final = {
    "webhook": N_("Signed webhook"),
    "scim": N_("SCIM server"),
    "ssf": N_("Shared Signals stream"),
    "commands": N_("Provider commands"),
}
GONE: Final = Problem(N_("That isn't here any more."))
_PROBLEMS: Final = {
    Reason.ALREADY_THERE: Problem(N_("They are assigned to this app already.")),
    Reason.NOT_FOUND: GONE,
}


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group at an app; ``people``: how many are in it."""

    group_id: str
    name: str
    people: int


@dataclass(frozen=True, slots=True)
class Permission:
    """Something that an app may do.

    Attributes:
        id: names it to be revoked. kind: ``delegated`` in somebody's name, or ``application`` as itself.
        api: at which API. names: of the permissions. whose: in whose name; empty for everybody's.
        revocable: whoever is signed in may take it away.
    """

    id: str
    kind: str
    api: str
    names: tuple[str, ...]
    whose: str = ""
    revocable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AppPage(View):
    """The page.

    Attributes:
        app: the app. protocol: how it is used. table: who is assigned themselves. permissions: what it may do.
        most_people: of so many people at most their own grants are among those; 0 where nobody is left out.
        groups: the first that are assigned, by name. more_groups: there are others.
        connected: in which ways it is told what becomes of people.
        may_assign, may_change, may_end: what whoever is signed in may do about it.
    """

    template: ClassVar[str] = "portal/admin/app.html"
    app: App
    protocol: str
    table: Table[Person]
    groups: tuple[GroupRow, ...]
    more_groups: bool
    permissions: tuple[Permission, ...]
    most_people: int
    connected: tuple[str, ...]
    said: Said | None
    may_assign: bool
    may_change: bool
    may_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignPage(View):
    """*Add user*: a search, and a button for each who was found."""

    template: ClassVar[str] = "portal/admin/assign_user.html"
    app: App
    search: Search


async def find_app(admin: Admin) -> App:
    """The app in the address. Raises Refused (NOT_FOUND)."""
    app_id = names.guid(admin.visit.captured("id"))
    app = None if app_id is None else await apps.find(admin.reading, admin.tenant_id, app_id)
    if app is None or app.principal_absent:
        raise Refused(Reason.NOT_FOUND)
    return app


async def show(admin: Admin) -> Response:
    """The page."""
    return await page_of(admin, await find_app(admin))


async def page_of(admin: Admin, app: App, problem: Problem | None = None) -> Response:
    """An app's page, with why nothing was done where it was not."""
    asked = Asked(MOST_GROUPS, orders=(Ordering(("displayName",)),))
    assigned = await group_lists.page(admin.reading, admin.tenant_id, asked, scope=GROUPS_AT, of=app.app_id)
    permissions, most_people = await _permissions(admin, app)
    return admin.visit.page(
        AppPage(
            app=app,
            protocol=protocol_of(app),
            table=await _assigned(admin, app),
            groups=await group_rows(admin, assigned.items),
            more_groups=assigned.position is not None,
            permissions=permissions,
            most_people=most_people,
            connected=await _connected(admin, app),
            said=heard(admin.visit),
            may_assign=admin.may(Verb.ASSIGN_APP_ROLE),
            may_change=admin.may(Verb.UPDATE_APP),
            may_end=admin.may(Verb.END_APP_SIGN_INS),
            problems=() if problem is None else (problem,),
        ),
        200 if problem is None else 409,
    )


async def _assigned(admin: Admin, app: App) -> Table[Person]:
    shape = Shape(
        path=log_paths.app(app.app_id),
        columns=(Column("name", N_("Name"), ("displayName",)), Column("type", N_("User type"), ("userType",))),
        order="name",
    )
    browsing = Browsing(admin.visit, shape)
    wanted = searched(browsing)

    async def page(asked: Asked) -> Page[User]:
        return await users.page(admin.reading, admin.tenant_id, asked, scope=ASSIGNED_TO, of=app.app_id)

    found, previous, following = await browsing.read(page, lambda orders: USERS.orders(ASSIGNED_TO, orders), wanted)
    total = await users.count(admin.reading, admin.tenant_id, wanted, scope=ASSIGNED_TO, of=app.app_id)
    return browsing.table(list(map(person_of, found)), total, previous, following)


async def group_rows(admin: Admin, found: Sequence[Group]) -> tuple[GroupRow, ...]:
    """These groups with how many are in each."""
    many = await group_lists.member_counts(admin.reading, admin.tenant_id, [one.group_id for one in found])
    return tuple(GroupRow(one.group_id, one.display_name, many.get(one.group_id, 0)) for one in found)


async def _connected(admin: Admin, app: App) -> tuple[str, ...]:
    """In which ways it is told of people."""
    return tuple(CONNECTED[one.kind] for one in await connections.of_app(admin.reading, app.tenant_id, app.app_id))


# --- What it may do -----------------------------------------------------------------------------------------------


async def _permissions(admin: Admin, app: App) -> tuple[tuple[Permission, ...], int]:
    """What was granted to it; and of how many people at most that is shown, 0 where nobody is left out."""
    here = admin.tenant_id
    granted, more = await grant_lists.of_app(admin.reading, here, app.app_id, MOST_PEOPLE)
    own = await app_roles.roles_of(admin.reading, app)
    apis = {one.resource_id for one in granted} | {one.resource_id for one in own}
    known = {one.app_id: one for one in await apps.find_many(admin.reading, here, sorted(apis - {""}))}
    whom = await users.find_many(admin.reading, here, sorted({one.user_id for one in granted if one.user_id}))
    called = {user.membership.user_id: user.profile.display_name for user in whom}
    found = [
        Permission(
            id=one.grant_id,
            kind="delegated",
            api=_api(known, one.resource_id),
            names=one.scopes,
            whose=called.get(one.user_id or "", ""),
            revocable=_may_take(admin, Verb.REVOKE_SCOPES, one.resource_id),
        )
        for one in granted
        if one.user_id is None or one.user_id in called
    ]
    found += [
        Permission(
            id=one.assignment_id,
            kind="application",
            api=_api(known, one.resource_id),
            names=(_role_name(known, one),),
            revocable=_may_take(admin, Verb.UNASSIGN_APP_ROLE, one.resource_id),
        )
        for one in own
    ]
    return tuple(found), MOST_PEOPLE if more else 0


def _may_take(admin: Admin, verb: Verb, resource_id: str) -> bool:
    """Whether whoever is signed in may take a permission away: one of the Graph API asks for more."""
    on = OnApp(admin.tenant_id, None, owned=False, grants_api=not resource_id, powerful=False)
    return rights.why_not(admin.acting.by, verb, on, admin.acting.here) is None


def _api(known: dict[str, App], resource_id: str) -> str:
    if not resource_id:
        return GRAPH
    return known[resource_id].display_name if resource_id in known else resource_id


def _role_name(known: dict[str, App], one: Granted) -> str:
    """What a permission that an app has for itself is called."""
    if not one.resource_id:
        return permission_of_role(one.app_role_id) or one.app_role_id
    roles = known[one.resource_id].app_roles if one.resource_id in known else []
    return next((str(role["value"] or role["displayName"]) for role in roles if role["id"] == one.app_role_id), "")


# --- Changing it ----------------------------------------------------------------------------------------------------


async def carry_out(
    admin: Admin,
    app: App,
    act: Callable[[], Awaitable[object]],
    said: Said,
    problems: Mapping[Reason, Problem] = _PROBLEMS,
) -> Response:
    """Carry something out, say so on the app's page, or say there why not: ``problems`` words the refusals."""
    try:
        await act()
    except Refused as refused:
        if refused.reason not in problems:
            raise
        return await page_of(admin, app, problems[refused.reason])
    say(admin.visit, said)
    return admin.visit.redirect(log_paths.app(app.app_id))


async def ask_user(admin: Admin) -> Response:
    """Whom to assign."""
    return admin.visit.page(AssignPage(app=await find_app(admin), search=await people.search(admin)))


async def assign(admin: Admin) -> Response:
    """Assign somebody to the app."""
    app = await find_app(admin)
    form = await admin.visit.form(verb=Verb.ASSIGN_APP_ROLE, tenant_id=admin.tenant_id)
    user = await people.chosen(admin, form.get("user", ""))
    if user is None:
        return await page_of(admin, app, _PROBLEMS[Reason.NOT_FOUND])
    where = {"tenant_id": admin.tenant_id, "app_id": app.app_id, "user_id": user.membership.user_id}
    said = Said(N_("{name} is assigned to the app now."), {"name": user.profile.display_name})
    return await carry_out(admin, app, lambda: assigning.assign_app(admin.visit.house, by=admin.by, **where), said)


async def unassign(admin: Admin) -> Response:
    """Take every assignment of somebody to the app away."""
    app = await find_app(admin)
    form = await admin.visit.form(verb=Verb.UNASSIGN_APP_ROLE, tenant_id=admin.tenant_id)
    user = await people.chosen(admin, form.get("user", ""))
    if user is None:
        return await page_of(admin, app, _PROBLEMS[Reason.NOT_FOUND])
    every = await ASSIGNED.of_user(admin.reading, admin.tenant_id, user.membership.user_id)
    held = [one.assignment_id for one in every if one.app_id == app.app_id]

    async def act() -> None:
        if not held:
            raise Refused(Reason.NOT_FOUND)
        for assignment_id in held:
            await assigning.unassign_app(
                admin.visit.house, tenant_id=admin.tenant_id, assignment_id=assignment_id, by=admin.by
            )

    said = Said(N_("{name} isn't assigned to the app any more."), {"name": user.profile.display_name})
    return await carry_out(admin, app, act, said)


async def switch(admin: Admin) -> Response:
    """Let people sign in to the app, or not any more."""
    app = await find_app(admin)
    form = await admin.visit.form(verb=Verb.UPDATE_APP, tenant_id=admin.tenant_id)
    on = form.get("on") == "yes"
    said = Said(N_("People can sign in to the app now.") if on else N_("Nobody can sign in to the app now."))
    return await carry_out(
        admin,
        app,
        lambda: service_principals.update_principal(
            admin.visit.house,
            tenant_id=admin.tenant_id,
            principal_id=app.service_principal_id,
            changes={"enabled": on},
            by=admin.by,
        ),
        said,
    )


async def revoke(admin: Admin) -> Response:
    """Take a permission away."""
    app = await find_app(admin)
    form = await admin.visit.form(verb=Verb.REVOKE_SCOPES, tenant_id=admin.tenant_id)
    id_, house, here = form.get("permission", ""), admin.visit.house, admin.tenant_id

    async def act() -> None:
        if form.get("kind") == "application":
            await app_roles.revoke_role(house, tenant_id=here, app_id=app.app_id, assignment_id=id_, by=admin.by)
            return
        held = await delegating.find_grant(admin.reading, here, id_)
        if held is None or held.app_id != app.app_id:
            raise Refused(Reason.NOT_FOUND)
        await delegating.revoke_scopes(house, tenant_id=here, grant_id=id_, by=admin.by)

    return await carry_out(admin, app, act, Said(N_("The permission was revoked.")))
