"""The door itself: the metadata for everybody, and ``/{tenant}/ssf/…`` for apps with a token of their own.

What is checked, in this order: the route, the token, whether it is an app's own, the organization, the right, the body.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vestibule.actions.access import authenticate_bearer
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.doors.signals import configuration, errors, polls, streams
from vestibule.doors.signals.call import Call, Handler, Reply
from vestibule.doors.signals.errors import SignalsError
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.names import TenantKind, read_tenant
from vestibule.rules.refusals import Refused
from vestibule.store import apps, organizations
from vestibule.store.organizations import Organization
from vestibule.store.unit import Reading

ROUTES: Final[Mapping[str, Mapping[str, Handler]]] = {
    "stream": {
        "GET": streams.show,
        "POST": streams.create,
        "PATCH": streams.update,
        "PUT": streams.replace,
        "DELETE": streams.delete,
    },
    "status": {"GET": streams.show_status, "POST": streams.set_status},
    "verify": {"POST": streams.verify},
    "poll": {"POST": polls.poll},
}
"""The handlers below ``/{tenant}/ssf/``, by method."""

_WELL_KNOWN: Final = ".well-known/ssf-configuration"
_JSON: Final = "application/json"
_NO_STORE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PUBLIC: Final = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}


def serves(path: str) -> bool:
    """Whether a path is this door's."""
    return _described(path) is not None or _endpoint(path) is not None


class Signals:
    """Every endpoint of this door behind one call."""

    def __init__(self, house: House, ring: KeyRing) -> None:
        """Keep the house and its signing keys."""
        self._house = house
        self._ring = ring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except SignalsError as failure:
            response = _said(failure)
        except Refused as refused:
            response = _said(errors.of_refusal(refused))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        tenant = _described(path)
        if tenant is not None:
            return await self._describe(request, tenant)
        tenant, what = _endpoint(path) or ("", "")
        methods = ROUTES.get(what)
        if methods is None:
            raise errors.missing("There is nothing at this address.")
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            raise _not_offered(methods)
        reply = await handler(await self._call(request, tenant))
        return _replied(reply)

    async def _describe(self, request: Request, tenant: str) -> Response:
        if request.method not in {"GET", "HEAD"}:
            raise _not_offered({"GET": streams.show})
        found = await _organization(await self._house.store.read(), tenant)
        if found is None:
            raise errors.missing("There is no such organization.")
        body = configuration.transmitter(self._house, found.tenant_id)
        return Response(msgspec.json.encode(body), 200, _PUBLIC, _JSON)

    async def _call(self, request: Request, tenant: str) -> Call:
        reading = await self._house.store.read()
        by = await self._authenticated(request, reading)
        if by.kind is not ActorKind.APP:
            raise errors.denied("A stream is set up by the app itself, with a token of its own (client credentials).")
        asked = await _organization(reading, tenant)
        if asked is None or asked.tenant_id != by.tenant_id:
            raise errors.denied("The access token is for another organization.")
        app = await apps.find_by_client_id(reading, by.client_id or "")
        if app is None:
            raise errors.unauthenticated(self._house.public_url, given=True)
        return Call(self._house, self._ring, by, app, reading, dict(request.query_params), request)

    async def _authenticated(self, request: Request, reading: Reading) -> Actor:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else ""
        try:
            return await authenticate_bearer(
                self._house,
                self._ring,
                reading,
                given,
                network=(request.client.host if request.client is not None else ""),
                request_id=str(request.scope.get("request_id") or ""),
            )
        except Refused as refused:
            raise errors.unauthenticated(self._house.public_url, given=bool(given)) from refused


def _described(path: str) -> str | None:
    """The organization whose metadata a path names.

    The metadata lie between the host and the path of the issuer (SSF 1.0, section 7.2), and, as those of OpenID
    Connect, below the issuer.
    """
    segments = path.strip("/").split("/")
    if "/".join(segments[:2]).lower() == _WELL_KNOWN:
        return segments[2] if len(segments) == 3 or (len(segments) == 4 and segments[3].lower() == "v2.0") else None
    below = "/".join(segments[1:]).lower()
    return segments[0] if below == f"v2.0/{_WELL_KNOWN}" else None


def _endpoint(path: str) -> tuple[str, str] | None:
    """The organization and the endpoint that a path names; None when it is not below ``/{tenant}/ssf/``."""
    segments = path.strip("/").split("/")
    if len(segments) < 2 or segments[1].lower() != "ssf":
        return None
    return segments[0], "/".join(segments[2:]).lower()


async def _organization(reading: Reading, word: str) -> Organization | None:
    """The organization that a path names by its id or by a domain."""
    named = read_tenant(word)
    if named is None:
        return None
    if named.kind is TenantKind.ID:
        return await organizations.find(reading, named.value)
    if named.kind is TenantKind.DOMAIN:
        return await organizations.find_by_domain(reading, named.value)
    return None


def _not_offered(methods: Mapping[str, Handler]) -> SignalsError:
    allowed = ", ".join(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))
    return SignalsError(405, "method_not_allowed", "The method is not offered here.", headers={"Allow": allowed})


def _replied(reply: Reply) -> Response:
    if reply.value is None:
        return Response(status_code=reply.status, headers=_NO_STORE)
    return Response(msgspec.json.encode(reply.value), reply.status, _NO_STORE, _JSON)


def _said(failure: SignalsError) -> Response:
    headers = {**_NO_STORE, **failure.headers}
    return Response(msgspec.json.encode(failure.body()), failure.status, headers, _JSON)
