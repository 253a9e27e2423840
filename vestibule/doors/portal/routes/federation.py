"""Signing in at another identity provider: on the way there, and back; and what it tells us when somebody is out.

Which provider may be meant says the organization that is signed in to, and no other.
"""

import re
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from vestibule.actions import being_told, federating, providers
from vestibule.actions.federating import Arrived
from vestibule.doors.portal import entering, forms, paths
from vestibule.doors.portal.desk import NO_STORE, Desk, Visit
from vestibule.doors.portal.forms import BadForm
from vestibule.doors.portal.handling import route, unavailable
from vestibule.doors.portal.routes import cards
from vestibule.doors.portal.views.sign_in import Provider
from vestibule.doors.web import visits
from vestibule.doors.web.errors import ErrorKind, Step
from vestibule.rules import names
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations, people
from vestibule.store import providers as kept_providers

log = structlog.get_logger(__name__)

_NAMELESS: Final = frozenset({"name", "nameFormat"})
_LOGOUT: Final = f"{paths.FEDERATED}/{{provider}}/logout"


def federation_routes(desk: Desk) -> list[BaseRoute]:
    """Where browsers come back to, and where a provider says that somebody signed out."""

    async def told(request: Request) -> Response:
        return await _told(desk, request)

    logout = Route(_LOGOUT, told, methods=["POST"])
    logout.path_regex = re.compile(logout.path_regex.pattern, re.IGNORECASE)
    return [route(desk, paths.FEDERATED, get=_back), logout]


# --- There ------------------------------------------------------------------------------------------------------------


async def offered(visit: Visit) -> tuple[Provider, ...]:
    """The providers of the organization that is signed in to."""
    tenant_id = entering.fact(visit, "tenant")
    found = await providers.offered(visit.reading, tenant_id) if tenant_id else []
    return tuple(Provider(provider_id=one.provider_id, name=one.display_name) for one in found)


async def targets(visit: Visit, tenant_id: str = "") -> tuple[str, ...]:
    """Where a form of this page may end when it leads to a provider; browsers ask for each on a redirect too."""
    meant = tenant_id or entering.fact(visit, "tenant")
    found = await providers.offered(visit.reading, meant) if meant else []
    return tuple(one.authorization_endpoint for one in found)


async def go_to(visit: Visit, provider_id: str, *, typed: str = "") -> Response:
    """Send the browser to a provider, or the page for why that is not possible."""
    if visit.flow is None:
        return cards.over(visit)
    try:
        address = await federating.begin(
            visit.house, visit.desk.abroad, visit.flow, visit.handle, provider_id=provider_id, typed=typed
        )
    except Refused as refused:
        return refusal(visit, refused)
    return RedirectResponse(address, 303, NO_STORE)


async def by_domain(visit: Visit, email: str, *, typed: bool) -> Response | None:
    """Send the browser to the provider that answers for the address's domain in this organization, if one does."""
    address, tenant_id = names.read_address(email.strip()), entering.fact(visit, "tenant")
    if address is None or not tenant_id:
        return None
    found = await kept_providers.responsible(visit.reading, tenant_id, address.domain.name)
    if found is None or not found.enabled:
        return None
    return await go_to(visit, found.provider_id, typed=email.strip() if typed else "")


async def by_person(visit: Visit, person_id: str) -> Response | None:
    """Send the browser to the provider that somebody came from before, if it is one of this organization."""
    person, tenant_id = await people.find(visit.reading, person_id), entering.fact(visit, "tenant")
    if person is None or not person.is_federated or not tenant_id:
        return None
    found = await kept_providers.by_issuer(visit.reading, tenant_id, person.issuer)
    return None if found is None or not found.enabled else await go_to(visit, found.provider_id)


# --- And back ---------------------------------------------------------------------------------------------------------


async def _back(visit: Visit) -> Response:
    given = dict(visit.request.query_params)
    if len(given) != len(visit.request.query_params.multi_items()):
        return refusal(visit, Refused(Reason.PROVIDER_REFUSED, why="repeated"))
    try:
        arrived = await federating.finish(
            visit.house,
            visit.desk.abroad,
            given,
            browser=visits.browser_token(visit.request) or "",
            network=visit.whence,
            old_token=visits.session_token(visit.request),
        )
    except Refused as refused:
        return await not_in(visit, refused)
    return await welcome(visit, arrived)


async def welcome(visit: Visit, arrived: Arrived) -> Response:
    """Somebody is signed in, and goes on where they were going."""
    await visit.fresh()
    await visit.take_flow(arrived.handle)
    return await cards.welcome(visit, arrived.opened)


async def not_in(visit: Visit, refused: Refused) -> Response:
    """The page for somebody who came back and is not signed in."""
    if refused.reason is Reason.ACCOUNT_DISABLED:
        place = await organizations.find(visit.reading, str(refused.facts.get("tenantId", "")))
        if place is not None:
            return await entering.disabled_in(visit, place)
    return refusal(visit, refused)


def refusal(visit: Visit, refused: Refused) -> Response:
    """The page for a sign-in that did not come to be. Which check failed is for the log."""
    if refused.reason not in {Reason.PROVIDER_REFUSED, Reason.PROVIDER_AWAY, Reason.CODE_EXPIRED, Reason.NOT_FOUND}:
        raise refused
    log.warning("not_signed_in", reason=str(refused), request_id=visit.reference)
    if refused.reason is Reason.PROVIDER_AWAY:
        return unavailable(visit)
    if refused.reason is Reason.CODE_EXPIRED:
        return cards.over(visit)
    again = paths.SIGN_IN + (f"?flow={visit.handle}" if visit.handle else "")
    nameless = refused.facts.get("why") in _NAMELESS
    return visit.problem(
        ErrorKind.NO_LASTING_NAME if nameless else ErrorKind.NOT_CONFIRMED, 403, steps=((Step.SIGN_IN, again),)
    )


# --- Who is out -------------------------------------------------------------------------------------------------------


async def _told(desk: Desk, request: Request) -> Response:
    """A logout token (OpenID Connect Back-Channel Logout 1.0, sections 2.5 and 2.8). No browser takes part."""
    try:
        given = forms.once(await forms.read_fields(request))
        await being_told.sign_out(
            desk.house,
            desk.abroad,
            provider_id=str(request.path_params["provider"]),
            token=given.get("logout_token", ""),
            request_id=str(request.scope.get("request_id") or ""),
        )
    except BadForm:
        return _answer(400, "invalid_request")
    except Refused as refused:
        log.warning("logout_token_refused", reason=str(refused))
        return _answer(503 if refused.reason is Reason.PROVIDER_AWAY else 400, "invalid_request")
    return Response(status_code=200, headers=NO_STORE)


def _answer(status: int, error: str) -> Response:
    return JSONResponse({"error": error}, status, NO_STORE)
