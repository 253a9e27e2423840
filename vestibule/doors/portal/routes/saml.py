"""SAML 2.0: where a provider posts its answer, where the browser goes on, and how an organization describes itself.

The posted form comes from another site and without our cookies: it is taken without asking who sends it, and nobody is
signed in by it. The browser is sent on with GET, and that request has them (SameSite=Lax).
"""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from vestibule.actions import asserting, saml_answers
from vestibule.doors.portal import entering, forms, paths
from vestibule.doors.portal.desk import NO_STORE, Desk, Visit
from vestibule.doors.portal.forms import BadForm
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.routes import federation
from vestibule.doors.web import visits
from vestibule.ground import saml
from vestibule.rules.refusals import Reason, Refused

LARGEST: Final = 3 * saml.LARGEST // 2
"""Octets of a posted form: a document in base64, and a little more."""

_METADATA: Final = f"{paths.FEDERATED}/{{tenant}}/saml/metadata"
_PUBLIC: Final = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}


def saml_routes(desk: Desk) -> list[BaseRoute]:
    """The addresses for providers that speak SAML."""

    async def described(request: Request) -> Response:
        return await _metadata(desk, request)

    metadata = Route(_METADATA, described, methods=["GET"])
    metadata.path_regex = re.compile(metadata.path_regex.pattern, re.IGNORECASE)
    return [route(desk, paths.SAML, get=_back, post=_answered), metadata]


async def _answered(visit: Visit) -> Response:
    """An answer, posted by the provider's page (Bindings section 3.5)."""
    try:
        given = forms.once(await forms.read_fields(visit.request, largest=LARGEST))
        state, answer = given.get("RelayState", ""), given.get("SAMLResponse", "")
        handle = await asserting.receive(visit.house, state=state, answer=answer)
    except BadForm as bad:
        return federation.refusal(visit, Refused(Reason.PROVIDER_REFUSED, why=str(bad)))
    except Refused as refused:
        return await federation.not_in(visit, refused)
    return visit.redirect(paths.SAML, {"answer": handle})


async def _back(visit: Visit) -> Response:
    """The browser that the answer is about."""
    try:
        arrived = await asserting.finish(
            visit.house,
            visit.request.query_params.get("answer", ""),
            browser=visits.browser_token(visit.request) or "",
            network=visit.whence,
            old_token=visits.session_token(visit.request),
        )
    except Refused as refused:
        return await federation.not_in(visit, refused)
    return await federation.welcome(visit, arrived)


async def _metadata(desk: Desk, request: Request) -> Response:
    """How an organization describes itself to its providers (Metadata section 2.4.4). No browser takes part."""
    place = await entering.find_place(await desk.house.store.read(), str(request.path_params["tenant"]))
    if place is None:
        return PlainTextResponse("There is no such organization.\n", 404, NO_STORE)
    said = saml_answers.metadata(desk.house, place.tenant_id)
    return Response(said, 200, _PUBLIC, media_type="application/samlmetadata+xml")
