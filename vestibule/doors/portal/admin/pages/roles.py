"""*Roles*: what each is for, who holds it, and which pages it opens; giving a role and taking it away."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import assigning
from vestibule.doors.portal.admin import log_paths, people
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.page_rights import PAGES
from vestibule.doors.portal.admin.people import Person, Search, person_of
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.portal.admin.tables import Browsing, Column, Shape, Table
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import names
from vestibule.rules.filters import Filter, Or, Test, Text
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import ROLE_VERBS, ROLES, Role
from vestibule.rules.verbs import Verb
from vestibule.store import role_definitions, users
from vestibule.store.holdings import ROLES as HELD
from vestibule.store.listing import Asked, Page
from vestibule.store.role_definitions import RoleDefinition
from vestibule.store.users import HOLDERS_OF, USERS, User

_PROBLEMS: Final = {
    Reason.ALREADY_THERE: Problem(N_("They hold this role already.")),
    Reason.NOT_FOUND: Problem(N_("They aren't here any more, or don't hold the role.")),
    Reason.ONLY_ADMINISTRATOR: Problem(
        N_("They're the only Global Administrator. Give the role to somebody else first.")
    ),
}


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role, how many hold it, and the pages that it opens: in words, empty for none; or all of them.

    Attributes:
        actions: of a role that the organization made, what it is made of. enabled: whether it counts now.
    """

    role: Role
    members: int
    opened: str
    opens_all: bool
    own: bool = False
    enabled: bool = True
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesPage(View):
    """The list, and which role each page needs."""

    template: ClassVar[str] = "portal/admin/roles.html"
    rows: tuple[RoleRow, ...]
    pages: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePage(View):
    """One role with who holds it; ``editable``: whether who is signed in may give and take it."""

    template: ClassVar[str] = "portal/admin/role.html"
    row: RoleRow
    table: Table[Person]
    said: Said | None
    editable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMemberPage(View):
    """*Add member*: a search, and a button for each who was found."""

    template: ClassVar[str] = "portal/admin/add_member.html"
    role: Role
    own: bool
    search: Search


async def show(admin: Admin) -> Response:
    """The list."""
    held = Counter(one.role_id for one in await HELD.everybody(admin.reading, admin.tenant_id))
    everyone: list[Role | RoleDefinition] = [
        *ROLES.values(),
        *await role_definitions.everyone(admin.reading, admin.tenant_id),
    ]
    made = [_row(admin, role, held[_id(role)]) for role in everyone]
    rows = tuple(sorted(made, key=lambda row: (row.role.name, row.role.template_id)))
    pages = tuple((one.name, one.path, one.least.name) for one in PAGES)
    return admin.visit.page(RolesPage(rows=rows, pages=pages))


def _id(role: Role | RoleDefinition) -> str:
    return role.template_id if isinstance(role, Role) else role.role_id


def _row(admin: Admin, role: Role | RoleDefinition, members: int) -> RoleRow:
    own = isinstance(role, RoleDefinition)
    verbs = role.verbs if isinstance(role, RoleDefinition) else ROLE_VERBS[role.template_id]
    opened = [admin.visit.words.text(one.name) for one in PAGES if one.opens_with(verbs)]
    return RoleRow(
        _shown(role),
        members,
        admin.visit.words.joined(opened) if opened else "",
        len(opened) == len(PAGES),
        own=own,
        enabled=not isinstance(role, RoleDefinition) or role.enabled,
        actions=tuple(role.actions) if isinstance(role, RoleDefinition) else (),
    )


def _shown(role: Role | RoleDefinition) -> Role:
    return role if isinstance(role, Role) else Role(role.role_id, role.display_name, role.description)


async def _role(admin: Admin) -> Role | RoleDefinition:
    """The role in the address. Raises Refused (NOT_FOUND)."""
    given = names.guid(admin.visit.captured("id")) or ""
    role = ROLES.get(given) or await role_definitions.find(admin.reading, admin.tenant_id, given)
    if role is None:
        raise Refused(Reason.NOT_FOUND)
    return role


async def show_one(admin: Admin) -> Response:
    """A role's page."""
    return await _one(admin, await _role(admin))


async def _one(admin: Admin, role: Role | RoleDefinition, problem: Problem | None = None) -> Response:
    table = await holders(admin, _id(role))
    row = _row(admin, role, table.paging.total)
    return admin.visit.page(
        RolePage(
            row=row,
            table=table,
            said=heard(admin.visit),
            editable=admin.may(Verb.ASSIGN_ROLE),
            problems=() if problem is None else (problem,),
        ),
        200 if problem is None else 409,
    )


async def holders(admin: Admin, role_id: str) -> Table[Person]:
    """Who holds a role, by name."""
    shape = Shape(
        path=log_paths.role(role_id),
        columns=(Column("name", N_("Name"), ("displayName",)), Column("type", N_("User type"), ("userType",))),
        order="name",
    )
    browsing = Browsing(admin.visit, shape)
    wanted = searched(browsing)

    async def page(asked: Asked) -> Page[User]:
        return await users.page(admin.reading, admin.tenant_id, asked, scope=HOLDERS_OF, of=role_id)

    found, previous, following = await browsing.read(page, lambda orders: USERS.orders(HOLDERS_OF, orders), wanted)
    total = await users.count(admin.reading, admin.tenant_id, wanted, scope=HOLDERS_OF, of=role_id)
    return browsing.table(list(map(person_of, found)), total, previous, following)


def searched(browsing: Browsing) -> Filter | None:
    """Those whose name or address has what is searched for in it."""
    if not browsing.search:
        return None
    return Or(tuple(Text((name,), Test.CONTAINS, browsing.search) for name in ("displayName", "mail")))


async def ask_member(admin: Admin) -> Response:
    """Whom to give the role to."""
    role = await _role(admin)
    own = isinstance(role, RoleDefinition)
    return admin.visit.page(AddMemberPage(role=_shown(role), own=own, search=await people.search(admin)))


async def add(admin: Admin) -> Response:
    """Give somebody the role."""
    role = await _role(admin)
    form = await admin.visit.form(verb=Verb.ASSIGN_ROLE, tenant_id=admin.tenant_id)
    return await _change(admin, role, form.get("user", ""), gives=True)


async def remove(admin: Admin) -> Response:
    """Take the role from somebody."""
    role = await _role(admin)
    form = await admin.visit.form(verb=Verb.UNASSIGN_ROLE, tenant_id=admin.tenant_id)
    return await _change(admin, role, form.get("user", ""), gives=False)


async def _change(admin: Admin, role: Role | RoleDefinition, value: str, *, gives: bool) -> Response:
    user = await people.chosen(admin, value)
    if user is None:
        return await _one(admin, role, _PROBLEMS[Reason.NOT_FOUND])
    act = assigning.assign_role if gives else assigning.unassign_role
    user_id = user.membership.user_id
    try:
        await act(admin.visit.house, tenant_id=admin.tenant_id, role_id=_id(role), user_id=user_id, by=admin.by)
    except Refused as refused:
        if refused.reason not in _PROBLEMS:
            raise
        return await _one(admin, role, _PROBLEMS[refused.reason])
    sentence = N_("{name} holds the role now.") if gives else N_("{name} doesn't hold the role any more.")
    say(admin.visit, Said(sentence, {"name": user.profile.display_name}))
    return admin.visit.redirect(log_paths.role(_id(role)))
