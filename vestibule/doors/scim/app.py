"""The door itself: every request below ``/scim/{tenant}/v2``, from the token to the octets of the answer.

What is checked, in this order: the token, the organization, the route, the right, whether the resource is there, the
body. What describes the service is for everybody to read (RFC 7644, section 4).
"""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from vestibule.actions.access import authenticate_bearer
from vestibule.actions.carry_out import journal_refusal
from vestibule.actions.house import House, Injected
from vestibule.actions.key_ring import KeyRing
from vestibule.doors.scim import discovery, errors, refusals
from vestibule.doors.scim.bodies import decode_object
from vestibule.doors.scim.bulk import Done, Part, answer_bulk, read_bulk
from vestibule.doors.scim.call import Call, Gone, Reply, read_octets, root_of
from vestibule.doors.scim.errors import ScimError
from vestibule.doors.scim.routing import Match, find, segments_of
from vestibule.rules.actors import SCIM, Actor
from vestibule.rules.names import TenantKind, read_tenant
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations
from vestibule.store.remembering import Remembering
from vestibule.store.unit import Reading, Unavailable

log = structlog.get_logger(__name__)

_MEDIA: Final = "application/scim+json;charset=utf-8"
_DESCRIBED: Final = frozenset({"serviceproviderconfig", "resourcetypes", "schemas"})
_WRONG_TOKEN: Final = {
    "empty": "A bearer token is needed.",
    "malformed": "This is no access token of this service.",
    "expired": "The access token has expired.",
    "audience": "The access token is for another API.",
}
_MOST_PARAMETERS: Final = 50
_encode: Final = msgspec.json.Encoder().encode


def scim_app(house: House, ring: KeyRing) -> ASGIApp:
    """The application for paths that begin with ``/scim``."""
    return ScimDoor(house, ring)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as far as its head goes; ``segments`` are those below the version."""

    method: str
    tenant: str
    segments: list[str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    receive: Receive
    network: str
    request_id: str


class ScimDoor:
    """The door as an ASGI application."""

    def __init__(self, house: House, ring: KeyRing) -> None:
        self._house = house
        self._ring = ring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request_id = scope.get("request_id") or self._house.chance.guid()
        try:
            reply = await self._answer(scope, receive, request_id)
        except Gone:
            return
        await _send(send, reply, request_id, with_body=scope["method"] != "HEAD")

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> Reply:
        try:
            return await self._serve(_read_head(scope, receive, request_id))
        except ScimError as error:
            return _said(error)
        except Injected as injected:
            return _said(errors.busy(1) if injected.answer == 429 else errors.unavailable())
        except Unavailable:
            return _said(errors.unavailable())
        except Gone:
            raise
        except Exception as broken:  # noqa: BLE001 - nothing of the cause reaches the caller
            _report(broken, request_id)
            return _said(errors.internal())

    async def _serve(self, asked: _Asked) -> Reply:
        reading = Remembering(await self._house.store.read())
        first = asked.segments[0].lower()
        if first in _DESCRIBED and len(asked.segments) <= 2:
            return await self._describe(reading, asked, first)
        by = await self._authenticate(reading, asked)
        is_bulk = [part.lower() for part in asked.segments] == ["bulk"]
        match = None if is_bulk else find(asked.method, asked.segments)
        if await _tenant_id(reading, asked.tenant, by) != by.tenant_id:
            raise await self._foreign(reading, asked, by, match)
        if match is None:
            return await self._bulk(by, asked)
        return await self._handled(self._call(by, reading, asked, match), match)

    def _call(self, by: Actor, reading: Reading, asked: _Asked, match: Match) -> Call:
        query = {**asked.query, " path": match.route.pattern}
        return Call(self._house, by, reading, match.resource_id, query, asked.headers, asked.receive)

    async def _handled(self, call: Call, match: Match) -> Reply:
        try:
            return await match.route.handler(call)
        except Refused as refused:
            if refused.reason is Reason.NOT_SIGNED_IN:
                raise self._unauthenticated(refused) from refused
            raise refusals.of(refused, given=call.resource_id) from refused

    # --- Bulk -----------------------------------------------------------------------------------------------------

    async def _bulk(self, by: Actor, asked: _Asked) -> Reply:
        """Take every operation through the door by itself. The token was good when the request came."""
        if asked.method != "POST":
            raise errors.method_not_allowed({"POST"})
        raw = await read_octets(asked.receive, asked.headers)
        given = decode_object(raw, asked.headers.get("content-type"), asked.headers.get("content-encoding"))
        parts, limit = read_bulk(given)

        async def run(part: Part, path: str, data: dict[str, Any] | None) -> Done:
            match = find(part.method, segments_of(path.encode()))
            call = self._call(by, Remembering(await self._house.store.read()), asked, match)
            call.given = data or {}
            call.query = {}
            call.headers = {} if part.version is None else {"if-match": part.version}
            return _done(part, await self._handled(call, match), call, match)

        return Reply(values=await answer_bulk(parts, limit, run))

    # --- Who asks, and where --------------------------------------------------------------------------------------

    async def _authenticate(self, reading: Reading, asked: _Asked) -> Actor:
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else ""
        try:
            by = await authenticate_bearer(
                self._house, self._ring, reading, given, network=asked.network, request_id=asked.request_id
            )
        except Refused as refused:
            raise self._unauthenticated(refused) from refused
        return replace(by, door=SCIM)

    def _unauthenticated(self, refused: Refused) -> ScimError:
        why = str(refused.facts.get("why") or "revoked")
        detail = _WRONG_TOKEN.get(why, "The access token has been revoked.")
        return errors.unauthenticated(detail, self._house.public_url, error="" if why == "empty" else "invalid_token")

    async def _foreign(self, reading: Reading, asked: _Asked, by: Actor, match: Match | None) -> ScimError:
        """A token of one organization at another one's address: refused, and told to the one that was tried."""
        verb = Verb.CREATE_USER if match is None else match.route.verb
        tried = await _tenant_id(reading, asked.tenant, by)
        if tried is not None:
            await journal_refusal(self._house, verb, Refused(Reason.NOT_ALLOWED), by=by, tenant_id=tried)
        return errors.denied("The access token is for another organization.")

    # --- What describes the service -------------------------------------------------------------------------------

    async def _describe(self, reading: Reading, asked: _Asked, first: str) -> Reply:
        if asked.method not in {"GET", "HEAD"}:
            raise errors.method_not_allowed({"GET", "HEAD"})
        tenant_id = await _tenant_id(reading, asked.tenant, None)
        if tenant_id is None or await organizations.find(reading, tenant_id) is None:
            raise errors.not_found(asked.tenant)
        if "filter" in asked.query:
            raise errors.denied("What describes the service is not filtered.")
        root = root_of(self._house.public_url, tenant_id)
        return Reply(values=_described(root, first, asked.segments[1] if len(asked.segments) == 2 else None))


def _described(root: str, first: str, name: str | None) -> dict[str, Any]:
    match first, name:
        case "serviceproviderconfig", None:
            return discovery.config(root)
        case "resourcetypes", None:
            return discovery.resource_types(root)
        case "resourcetypes", str(wanted):
            return discovery.resource_type(root, wanted)
        case "schemas", None:
            return discovery.schemas(root)
        case "schemas", str(wanted):
            return discovery.schema(root, wanted)
        case _:
            raise errors.not_found(name or "")


async def _tenant_id(reading: Reading, text: str, by: Actor | None) -> str | None:
    """The organization that a path names by its id or by a domain; None when it names none."""
    if by is not None and text.lower() == by.tenant_id:
        return by.tenant_id
    named = read_tenant(text)
    if named is None:
        return None
    if named.kind is TenantKind.ID:
        return named.value
    found = await organizations.find_by_domain(reading, named.value) if named.kind is TenantKind.DOMAIN else None
    return None if found is None else found.tenant_id


def _read_head(scope: Scope, receive: Receive, request_id: str) -> _Asked:
    """The head of a request. Raises ScimError (404) for a path that is not below ``/scim/{tenant}/v2/``."""
    raw: bytes = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    segments = segments_of(raw)
    if len(segments) < 4 or segments[0].lower() != "scim" or segments[2].lower() != "v2":
        raise errors.not_found("/".join(segments[3:]))
    return _Asked(
        method=scope["method"],
        tenant=segments[1],
        segments=segments[3:],
        query=_query(scope.get("query_string", b"")),
        headers=_headers(scope),
        receive=receive,
        network=(scope.get("client") or ("", 0))[0],
        request_id=request_id,
    )


def _query(raw: bytes) -> dict[str, str]:
    """The parameters by lower-case name. Raises ScimError (400) for one that came twice."""
    if not raw:
        return {}
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise errors.invalid_value("The query cannot be read.") from None
    found = {name.lower(): value for name, value in pairs}
    if len(found) != len(pairs):
        raise errors.invalid_value("A parameter of the query came twice.")
    return found


def _headers(scope: Scope) -> dict[str, str]:
    """The headers by lower-case name; one that came twice is joined, so that a doubled token is no token."""
    found: dict[str, str] = {}
    for raw_name, raw_value in scope.get("headers", []):
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _done(part: Part, reply: Reply, call: Call, match: Match) -> Done:
    """What a bulk request tells of one operation (RFC 7644, section 3.7)."""
    made = str(reply.values["id"]) if reply.values is not None and "id" in reply.values else match.resource_id or None
    location = reply.headers.get("Location")
    if location is None and made is not None:
        location = f"{call.root}{match.route.pattern.replace('{id}', made)}"
    return Done(reply.status, location, reply.headers.get("ETag"), id=made if part.method != "DELETE" else None)


def _said(error: ScimError) -> Reply:
    return Reply(error.status, error.body(), error.headers)


def _report(broken: Exception, request_id: str) -> None:
    """What happened and where, without the message: that could hold somebody's name or address."""
    frames = traceback.extract_tb(broken.__traceback__)
    where = [f"{frame.filename.rpartition('vestibule/')[2]}:{frame.lineno}" for frame in frames[-8:]]
    log.error("scim_request_failed", request_id=request_id, kind=type(broken).__name__, where=where)


async def _send(send: Send, reply: Reply, request_id: str, *, with_body: bool) -> None:
    body = b"" if reply.values is None else _encode(reply.values)
    headers = {
        "request-id": request_id,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **({} if reply.values is None else {"Content-Type": _MEDIA}),
        **({} if reply.status in {204, 304} else {"Content-Length": str(len(body))}),
        **reply.headers,
    }
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": body if with_body else b""})
