"""The door itself: every request below ``/v1.0`` and ``/beta``, from the token to the octets of the answer.

What is checked, in this order (Graph's own): the token, the route, the query, the right, whether the object is there,
the body. So nobody learns from a later check what an earlier one keeps from them.
"""

import traceback
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import unquote_to_bytes

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vestibule.actions.access import authenticate_bearer
from vestibule.actions.house import House, Injected
from vestibule.actions.key_ring import KeyRing
from vestibule.doors.graph import errors, facets, refusals
from vestibule.doors.graph.batch import SEGMENT, Answered, Part, answer_batch, read_batch
from vestibule.doors.graph.bodies import decode_object
from vestibule.doors.graph.call import Call, Desk, Gone, Handler, Reply, read_octets
from vestibule.doors.graph.csdl import metadata
from vestibule.doors.graph.errors import GraphError
from vestibule.doors.graph.model.references import REFERENCE
from vestibule.doors.graph.odata.paging import SkipTokens
from vestibule.doors.graph.openapi import document
from vestibule.doors.graph.openapi_schemas import Json
from vestibule.doors.graph.routes import ALIASES, ROUTES
from vestibule.doors.graph.routing import BETA, V1, Route, Table
from vestibule.doors.graph.settling import settle
from vestibule.doors.graph.shapes.wire import Wire, encoded, wanted_metadata
from vestibule.doors.graph.throttling import Throttle, cost
from vestibule.ground.passwords import Busy, Passwords
from vestibule.rules.actors import Actor
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.remembering import Remembering
from vestibule.store.unit import Reading, Unavailable

log = structlog.get_logger(__name__)

TABLE: Final[Table[Handler]] = Table(ROUTES, ALIASES)
_DESCRIPTION: Final = "openapi.json"
_SCHEMA: Final = "$metadata"
_WRONG_TOKEN: Final = {
    "empty": "Access token is empty.",
    "malformed": "CompactToken parsing failed: this is no access token of this service.",
    "expired": "Access token has expired or is not yet valid.",
    "audience": "Access token validation failure. Invalid audience.",
    "revoked": "Access token has been revoked. Sign in again.",
}


def graph_app(
    house: House,
    ring: KeyRing,
    passwords: Passwords | None = None,
    *,
    limit: int = 0,
    also: tuple[Json, Json] | None = None,
) -> ASGIApp:
    """The application for paths that begin with ``/v1.0`` or ``/beta``, and for ``/openapi.json``.

    Args:
        house, ring: the house and its signing keys.
        passwords: the pool that hashes; one of its own when none is given.
        limit: resource units in ten seconds for one program in one organization; 0 for no limit.
        also: what ``/openapi.json`` says of another door: paths and schemas.
    """
    tokens = SkipTokens(lambda text: house.sealer.mac("skip-token", text))
    desk = Desk(house, ring, tokens, passwords or Passwords(house.chance, workers=1))
    return GraphDoor(desk, Throttle(limit), also)


@dataclass(frozen=True, slots=True)
class _Traced:
    """What an answer says about its request."""

    request_id: str
    client_request_id: str
    at: datetime


class GraphDoor:
    """The door as an ASGI application."""

    def __init__(self, desk: Desk, throttle: Throttle, also: tuple[Json, Json] | None = None) -> None:
        self._desk = desk
        self._throttle = throttle
        self._also = also

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = _headers(scope)
        traced = self._traced(scope, headers)
        try:
            reply = await self._answer(scope, headers, receive, traced)
        except Gone:
            return
        await _send(send, reply, traced, headers, with_body=scope["method"] != "HEAD")

    def _traced(self, scope: Scope, headers: dict[str, str]) -> _Traced:
        house = self._desk.house
        request_id = scope.get("request_id") or house.chance.guid()
        sent = guid(headers.get("client-request-id", ""))
        return _Traced(request_id, sent or request_id, house.clock.now())

    async def _answer(self, scope: Scope, headers: dict[str, str], receive: Receive, traced: _Traced) -> Reply:
        try:
            return await self._serve(scope, headers, receive, traced)
        except GraphError as error:
            return _said(error, traced)
        except Injected as injected:
            return _said(_busy(injected.answer), traced)
        except (Unavailable, Busy):
            return _said(errors.unavailable(), traced)
        except Gone:
            raise
        except Exception as broken:  # noqa: BLE001 - nothing of the cause reaches the caller
            _report(broken, traced)
            return _said(errors.internal(), traced)

    async def _serve(self, scope: Scope, headers: dict[str, str], receive: Receive, traced: _Traced) -> Reply:
        version, below = _cut(scope)
        if version == _DESCRIPTION:
            return self._describe(scope["method"])
        if _is(below, _SCHEMA):
            return _schema(version, scope["method"])
        reading = Remembering(await self._desk.house.store.read())
        by = await self._authenticate(reading, scope, headers, traced)
        if _is(below, SEGMENT):
            return await self._batch(version, scope, headers, receive, traced)
        match = TABLE.match(version, scope["method"], below)
        call = Call(
            desk=self._desk,
            by=by,
            reading=reading,
            wire=Wire(self._desk.house.public_url, version, wanted_metadata(headers.get("accept"))),
            route=match.route,
            parameters=match.parameters,
            path=below.decode("latin-1"),
            query=scope.get("query_string", b""),
            headers=headers,
            receive=receive,
        )
        if match.facet is None:
            call.read_query()
        used = self._throttle.spend(by, cost(match.route, call.asked), self._desk.house.clock.now().timestamp())
        try:
            reply = await (match.route.handler(call) if match.facet is None else facets.answer(call, match.facet))
        except Refused as refused:
            raise self._refusal(refused, call) from refused
        settled = await settle(call, reply, TABLE)
        return replace(settled, headers={**used, **settled.headers})

    async def _batch(
        self, version: str, scope: Scope, headers: dict[str, str], receive: Receive, traced: _Traced
    ) -> Reply:
        """Take every request of a batch through the door, each by itself. The token was good when the batch came."""
        if scope["method"] != "POST":
            raise errors.method_not_allowed({"POST"})
        octets = await read_octets(receive, headers)
        given = decode_object(octets, headers.get("content-type"), headers.get("content-encoding"))

        async def answer(part: Part) -> Answered:
            own = {"authorization": headers["authorization"], **part.headers}
            target = f"/{version}".encode() + part.target
            alone = {**scope, "method": part.method, "raw_path": target, "request_id": None}
            alone["query_string"] = target.partition(b"?")[2]
            mine = self._traced(alone, own)
            return _answered(await self._answer(alone, own, _sends(part.body), mine), mine, own)

        def refuse(error: GraphError) -> Answered:
            return _answered(_said(error, traced), traced, {})

        parts = read_batch(given, f"{self._desk.house.public_url}/{version}")
        return Reply(values=await answer_batch(parts, answer, refuse))

    def _describe(self, method: str) -> Reply:
        if method not in {"GET", "HEAD"}:
            raise errors.method_not_allowed({"GET", "HEAD"})
        found = document(TABLE, self._desk.house.public_url, self._also)
        return Reply(values=found, headers={"Content-Type": "application/json"})

    async def _authenticate(self, reading: Reading, scope: Scope, headers: dict[str, str], traced: _Traced) -> Actor:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else ""
        network = (scope.get("client") or ("", 0))[0]
        try:
            return await authenticate_bearer(
                self._desk.house, self._desk.ring, reading, given, network=network, request_id=traced.request_id
            )
        except Refused as refused:
            raise self._unauthenticated(refused) from refused

    def _refusal(self, refused: Refused, call: Call) -> GraphError:
        if refused.reason is Reason.NOT_SIGNED_IN:
            return self._unauthenticated(refused)
        title = _title(call.route)
        given = next(iter(call.parameters.values()), "")
        return refusals.of(refused, verb=call.route.verb, title=title, given=given)

    def _unauthenticated(self, refused: Refused) -> GraphError:
        why = str(refused.facts.get("why") or "revoked")
        error = "" if why == "empty" else "invalid_token"
        message = _WRONG_TOKEN.get(why, _WRONG_TOKEN["revoked"])
        return errors.unauthenticated(message, self._desk.house.public_url, error=error)


def _title(route: Route[Handler]) -> str:
    """How messages call what a refused request was about; a reference is about the object that it hangs on."""
    if route.body is None or route.body is REFERENCE:
        return "Group" if route.pattern.startswith("/groups") else "User"
    return route.body.title


def _headers(scope: Scope) -> dict[str, str]:
    """The headers by lower-case name; one that came twice is joined, so that a doubled token is no token."""
    found: dict[str, str] = {}
    for raw_name, raw_value in scope.get("headers", []):
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _cut(scope: Scope) -> tuple[str, bytes]:
    """The version and the path below it, percent-encoded as it came. Raises GraphError for another path."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    first, slash, below = raw.partition(b"?")[0].removeprefix(b"/").partition(b"/")
    word = first.decode("latin-1").lower()
    if word not in {V1, BETA} and not (word == _DESCRIPTION and not below):
        raise errors.unknown_segment(word)
    return word, slash + below


def _said(error: GraphError, traced: _Traced) -> Reply:
    body = error.body(at=traced.at, request_id=traced.request_id, client_request_id=traced.client_request_id)
    return Reply(error.status, body, headers={**error.headers, "Content-Type": "application/json"})


def _busy(status: int) -> GraphError:
    if status == 429:
        return errors.too_many("Please retry again later.", retry_after=1)
    return errors.unavailable(retry_after=1)


def _report(broken: Exception, traced: _Traced) -> None:
    """What happened and where, without the message: that could hold somebody's name or address."""
    frames = traceback.extract_tb(broken.__traceback__)
    where = [f"{frame.filename.rpartition('vestibule/')[2]}:{frame.lineno}" for frame in frames[-8:]]
    log.error("graph_request_failed", request_id=traced.request_id, kind=type(broken).__name__, where=where)


def _is(below: bytes, segment: str) -> bool:
    """Whether the path below the version is this one segment."""
    return unquote_to_bytes(below.strip(b"/")).lower() == segment.encode()


def _schema(version: str, method: str) -> Reply:
    """What is served, for programs that ask before they know anybody's token (as Graph answers everybody)."""
    if method not in {"GET", "HEAD"}:
        raise errors.method_not_allowed({"GET", "HEAD"})
    return Reply(text=metadata(TABLE, version), headers={"Content-Type": "application/xml"})


def _sends(body: bytes) -> Receive:
    """What a part of a batch receives: its body at once."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _answered(reply: Reply, traced: _Traced, asked: dict[str, str]) -> Answered:
    return Answered(reply.status, _headers_of(reply, traced, asked), reply.values, reply.text)


def _headers_of(reply: Reply, traced: _Traced, asked: dict[str, str]) -> dict[str, str]:
    if reply.text is not None:
        kind = "text/plain"
    else:
        kind = "" if reply.values is None else Wire("", V1, wanted_metadata(asked.get("accept"))).content_type
    return {
        "request-id": traced.request_id,
        "client-request-id": traced.client_request_id,
        "OData-Version": "4.0",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **({"Content-Type": kind} if kind else {}),
        **reply.headers,
    }


async def _send(send: Send, reply: Reply, traced: _Traced, asked: dict[str, str], *, with_body: bool) -> None:
    if reply.text is not None:
        body = reply.text.encode()
    else:
        body = b"" if reply.values is None else encoded(reply.values)
    headers = _headers_of(reply, traced, asked)
    if reply.status not in {204, 304}:
        headers["Content-Length"] = str(len(body))
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": body if with_body else b""})
