"""The gate of the Admin center: who may open which page, and what everybody else sees.

An entry of the navigation that somebody may not open stays visible and says which role it needs, so that people know
what to ask for. Reading is asked here; every change is asked again by its action.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response
from starlette.routing import Route

from vestibule.actions import carry_out
from vestibule.actions.authorising import NO_VERBS, Acting, acting_as
from vestibule.doors.portal.desk import Desk, Visit
from vestibule.doors.portal.handling import route
from vestibule.doors.web.frame import View
from vestibule.rules import rights, roles
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.rights import Anything
from vestibule.rules.roles import DIRECTORY_READERS, GLOBAL_READER, ROLE_VERBS, ROLES
from vestibule.rules.targets import Target
from vestibule.rules.verbs import Verb
from vestibule.store import organizations
from vestibule.store.organizations import Organization
from vestibule.store.unit import Reading

_READS_ONLY: Final = ROLE_VERBS[DIRECTORY_READERS]
_GUID: Final = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


@dataclass(frozen=True, slots=True)
class Admin:
    """Somebody who may open the page, in the organization they are signed in to.

    Attributes:
        visit: the request and its answer. organization: whose directory it is.
        acting: who acts, with the roles they hold now.
    """

    visit: Visit
    organization: Organization
    acting: Acting

    @property
    def tenant_id(self) -> str:
        """The organization's id."""
        return self.organization.tenant_id

    @property
    def reading(self) -> Reading:
        """What is read for this answer."""
        return self.visit.reading

    @property
    def by(self) -> Actor:
        """Who acts, for an action."""
        return self.visit.actor(self.tenant_id)

    def may(self, verb: Verb) -> bool:
        """Whether the right to do this, to something of the organization, is there at all."""
        return self.may_on(verb, Anything(self.tenant_id))

    def may_on(self, verb: Verb, on: Target) -> bool:
        """Whether the right to do this to this very thing is there."""
        return rights.why_not(self.acting.by, verb, on, self.acting.here) is None

    @property
    def external_only(self) -> bool:
        """Whether their right to delete and restore reaches external users only."""
        return not rights.reaches_members(self.acting.by, Verb.READ_DELETED)


AdminHandler = Callable[[Admin], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsRolePage(View):
    """*You need the {role} role*.

    Attributes:
        role: the least role that opens the page. organization: where. name: who is signed in.
        stronger: they hold it, but signed in with an emailed code, on which no role takes effect.
    """

    template: ClassVar[str] = "portal/admin/needs_role.html"
    role: str
    organization: str
    name: str
    stronger: bool = False


def page(
    desk: Desk,
    path: str,
    verb: Verb,
    *,
    get: AdminHandler | None = None,
    post: AdminHandler | None = None,
    changes: Verb | None = None,
    also: Verb | None = None,
) -> Route:
    """One address of the Admin center.

    Args:
        desk: the desk. path: in Starlette's form; ``{id}`` matches a GUID only.
        verb: the reading verb that opens it; ``also``: another that does. get, post: who answers.
        changes: what a form of the page does, under which a refused one is journalled.
    """
    made = route(
        desk,
        path,
        get=None if get is None else _gated(get, verb, also),
        post=None if post is None else _gated(post, verb, also, changes or verb),
        signed_in=True,
    )
    made.path_regex = re.compile(made.path_regex.pattern.replace("(?P<id>[^/]+)", f"(?P<id>{_GUID})"), re.IGNORECASE)
    return made


def _gated(
    handler: AdminHandler, verb: Verb, also: Verb | None, changes: Verb | None = None
) -> Callable[[Visit], Awaitable[Response]]:
    async def entered(visit: Visit) -> Response:
        try:
            return await handler(await enter(visit, verb, also))
        except Refused as refused:
            if refused.reason not in {Reason.NOT_ALLOWED, Reason.STRONGER_SIGN_IN}:
                raise
            if changes is not None and refused.facts.get("at") == "gate":
                await _write_down(visit, changes, refused)
            return needs_role(visit, refused, verb)

    return entered


async def enter(visit: Visit, verb: Verb, also: Verb | None) -> Admin:
    """Let somebody in. Raises Refused (NOT_ALLOWED, STRONGER_SIGN_IN) with the least ``role`` that would do."""
    here = visit.current if visit.who.open_in else None
    if here is None:
        raise Refused(Reason.NOT_ALLOWED, role=least(verb), at="gate")
    acting = await acting_as(visit.reading, visit.actor(here.tenant_id), here.tenant_id)
    organization = await organizations.find(visit.reading, here.tenant_id)
    if organization is None or acting.ended:
        raise Refused(Reason.NOT_SIGNED_IN)
    why_not = _why_not(acting, verb, here.tenant_id)
    if why_not is not None and (also is None or _why_not(acting, also, here.tenant_id) is not None):
        raise Refused(why_not, role=least(verb), at="gate")
    return Admin(visit, organization, acting)


def _why_not(acting: Acting, verb: Verb, tenant_id: str) -> Reason | None:
    """The reading right, held by a role: what members may read without one is no reason to be let in here."""
    if not administers(acting.by.roles, acting.by.own_verbs):
        return Reason.NOT_ALLOWED
    if acting.by.strength not in rights.STRONG:
        return Reason.STRONGER_SIGN_IN
    refused = rights.why_not(acting.by, verb, Anything(tenant_id), acting.here)
    return Reason.NOT_ALLOWED if refused is Reason.NOT_FOUND else refused


def administers(held: frozenset[str], own: frozenset[Verb] = NO_VERBS) -> bool:
    """Whether these roles do more than read what everybody reads; ``own``: what the organization's own ones let do."""
    return bool(own - _READS_ONLY) or any(ROLE_VERBS.get(role, NO_VERBS) - _READS_ONLY for role in held)


def least(verb: Verb) -> str:
    """The least role that opens a page: reading like everybody does is not enough here."""
    least = roles.LEAST_ROLE.get(verb, GLOBAL_READER)
    return GLOBAL_READER if least == DIRECTORY_READERS else least


async def _write_down(visit: Visit, verb: Verb, refused: Refused) -> None:
    if visit.current is None:
        return
    here, by = visit.current.tenant_id, visit.actor(visit.current.tenant_id)
    await carry_out.journal_refusal(visit.house, verb, Refused(refused.reason), by=by, tenant_id=here)


def needs_role(visit: Visit, refused: Refused, verb: Verb) -> Response:
    """The page for somebody whose roles do not reach."""
    role = ROLES.get(str(refused.facts.get("role") or "")) or ROLES[least(verb)]
    stronger = refused.reason is Reason.STRONGER_SIGN_IN
    account = visit.account
    return visit.page(
        NeedsRolePage(
            role=role.name,
            organization="" if account is None else account.organization,
            name="" if account is None else account.name,
            stronger=stronger,
        ),
        403,
    )
