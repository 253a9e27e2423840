"""The organization."""

from collections.abc import Set as AbstractSet
from typing import Final

from vestibule.actions import organizing, policies
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model import ORGANIZATION
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routes.finding import is_limited
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.organization import ORGANIZATIONS, READABLE_BY_GUESTS, OrganizationView
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.doors.graph.views import organization_view
from vestibule.rules import names
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations
from vestibule.store.organizations import Organization

_PRIVACY: Final = "privacyProfile"
_MAILS: Final = ("technicalNotificationMails", "marketingNotificationEmails", "securityComplianceNotificationMails")


async def list_organizations(call: Call) -> Reply:
    """The caller's organization: a list of exactly one."""
    readable = await _may_read(call)
    view = await _view(call, await _find(call))
    return answer_small(call, "organization", [(ORGANIZATIONS, view)], readable=readable)


async def get_organization(call: Call) -> Reply:
    """The caller's organization by its id."""
    readable = await _may_read(call)
    view = await _view(call, await _named(call))
    return call.single("organization", ORGANIZATION, ORGANIZATIONS.values(view, call.asked.select, readable=readable))


async def update_organization(call: Call) -> Reply:
    """Change privacy information and the notification addresses."""
    try:
        await call.may_read(Verb.CHANGE_PRIVACY)
    except Refused:
        await call.insist(Verb.UPDATE_ORGANIZATION)
    before = await _named(call, Verb.UPDATE_ORGANIZATION)
    current = as_sent(ORGANIZATIONS.everything(await _view(call, before)))
    values = dict((await call.body(ORGANIZATION, Mode.UPDATE, current)).values)
    for name in _MAILS:  # before anything is written, so that what follows is done as a whole
        for one in values.get(name, ()):
            names.address(one, what=name)
    changes_privacy, privacy = _PRIVACY in values, values.pop(_PRIVACY, None) or {}
    if values:
        await call.insist(Verb.UPDATE_ORGANIZATION)
    if changes_privacy:
        await policies.change_privacy(
            call.house,
            tenant_id=call.tenant_id,
            contact=privacy.get("contactEmail", before.privacy_contact if privacy else None),
            statement=privacy.get("statementUrl", before.privacy_statement if privacy else None),
            by=call.by,
        )
    if values:
        await organizing.update_organization(call.house, tenant_id=call.tenant_id, changes=values, by=call.by)
    return NO_CONTENT


async def _may_read(call: Call) -> AbstractSet[str] | None:
    acting = await call.may_read(Verb.READ_ORGANIZATION)
    return READABLE_BY_GUESTS if is_limited(acting, Verb.READ_ORGANIZATION) else None


async def _find(call: Call) -> Organization:
    found = await organizations.find(call.reading, call.tenant_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


async def _named(call: Call, verb: Verb | None = None) -> Organization:
    if names.guid(call.parameters["organization"]) != call.tenant_id:
        raise Refused(Reason.NOT_FOUND) if verb is None else await call.missing(verb)
    return await _find(call)


async def _view(call: Call, organization: Organization) -> OrganizationView:
    return organization_view(organization, await organizations.domains(call.reading, call.tenant_id))


_QUERY: Final = frozenset({"select", "format"})
_LISTED: Final = Collection(ORGANIZATION, options=_QUERY | {"top", "count"})
_ONE: Final = Collection(ORGANIZATION, options=_QUERY, single=True)
_AT: Final = "/organization/{organization}"
ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        "/organization",
        list_organizations,
        verb=Verb.READ_ORGANIZATION,
        query=_LISTED,
        summary="The organization, as a list of one",
    ),
    Route("GET", _AT, get_organization, verb=Verb.READ_ORGANIZATION, query=_ONE, summary="The organization"),
    Route(
        "PATCH",
        _AT,
        update_organization,
        verb=Verb.UPDATE_ORGANIZATION,
        body=ORGANIZATION,
        status=204,
        summary="Change privacy information and notification addresses",
    ),
]
