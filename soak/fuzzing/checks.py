"""What every answer has to look like, whatever was asked."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from soak.fuzzing.asking import Answered, Asked
from vestibule.app import PAGES

SLOWEST_S = 1.0
OF_THE_SERVER = (b"Invalid HTTP request received.", b"")
"""What the HTTP server itself answers to octets that are no HTTP."""

_INSIDE = re.compile(
    rb"Traceback|File \\?\"|vestibule/(?:doors|actions|store|rules|ground)|site-packages|\.py\b|asyncpg|apsw|sqlite3"
    rb"|SQLSTATE|[a-z]Error\(|<class '|object at 0x|UNIQUE constraint|duplicate key value"
    rb"|current transaction is aborted"
)
_SCIM_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def of_answer(
    asked: Asked, answered: Answered, *, slowest_s: float = SLOWEST_S, over_socket: bool = False
) -> Iterator[str]:
    """What is wrong with an answer; nothing, if all is well."""
    if over_socket and answered.status == 400 and answered.body in OF_THE_SERVER:
        return
    if not 200 <= answered.status < 600:
        yield f"status {answered.status}"
        return
    if answered.status >= 500 and answered.status != 501:
        yield f"status {answered.status}: {answered.body[:200]!r}"
    if answered.took_s > slowest_s:
        yield f"it took {answered.took_s:.2f} s"
    yield from _of_secrets(asked, answered)
    door = door_of(asked.target)
    if asked.method == "HEAD" or answered.status in {204, 304}:
        # Elsewhere than at the Graph door it is the HTTP server that leaves the body of an answer to HEAD out.
        yield from (
            ["a body where there is none"] if answered.body and (door == "graph" or asked.method != "HEAD") else []
        )
        return
    match door:
        case "graph":
            yield from _of_graph(answered)
        case "scim":
            yield from _of_scim(answered)
        case "oidc":
            yield from _of_oidc(answered)
        case _:
            pass


def door_of(target: str) -> str:
    """The door that a path leads to: what nobody else takes is for OpenID Connect."""
    segments = unquote(target.partition("?")[0]).split("/", 2)
    first = segments[1].lower() if len(segments) > 1 else ""
    if first in {"v1.0", "beta", "openapi.json"}:
        return "graph"
    return first if first == "scim" else "pages" if first in PAGES or not first else "oidc"


def _of_secrets(asked: Asked, answered: Answered) -> Iterator[str]:
    """Nothing of the inside is told; what the request itself said may come back."""
    for text in (answered.body[:100_000], *(value.encode() for value in answered.headers.values())):
        found = _INSIDE.search(text)
        if found and found[0] not in asked.body and found[0].decode("latin-1") not in asked.target:
            yield f"it tells of the inside: {text[max(found.start() - 40, 0) : found.end() + 60]!r}"
    if "x-injected" in answered.headers:
        yield "a header came from the request"


def _json(answered: Answered) -> Any:
    def twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name comes twice")
        return found

    return json.loads(answered.body.decode("utf-8"), object_pairs_hook=twice, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _of_graph(answered: Answered) -> Iterator[str]:
    kind = answered.headers.get("content-type", "")
    if not all(answered.headers.get(name) for name in ("request-id", "client-request-id")):
        yield "no request-id"
    if answered.status < 400 and not kind.startswith("application/json"):
        yield from ([] if kind.startswith(("text/plain", "application/xml")) else [f"content type {kind!r}"])
        return
    try:
        body = _json(answered)
    except (ValueError, RecursionError) as wrong:
        yield f"no JSON: {wrong}, {answered.body[:200]!r}"
        return
    if answered.status >= 400:
        yield from _of_graph_error(answered, body)


def _of_graph_error(answered: Answered, body: Any) -> Iterator[str]:
    error = body.get("error") if isinstance(body, dict) and set(body) == {"error"} else None
    if not isinstance(error, dict) or not error.get("code") or not error.get("message"):
        yield f"no error of Graph's: {answered.body[:200]!r}"
    elif not set(error) <= {"code", "message", "target", "details", "innerError"}:
        yield f"more than an error of Graph's: {sorted(error)}"
    elif error["innerError"].get("request-id") != answered.headers.get("request-id"):
        yield "another request-id inside"
    if answered.status == 401 and "www-authenticate" not in answered.headers:
        yield "401 without WWW-Authenticate"
    if answered.status == 405 and "allow" not in answered.headers:
        yield "405 without Allow"


def _of_scim(answered: Answered) -> Iterator[str]:
    if not answered.headers.get("content-type", "").startswith("application/scim+json"):
        yield f"content type {answered.headers.get('content-type')!r}"
        return
    try:
        body = _json(answered)
    except (ValueError, RecursionError) as wrong:
        yield f"no JSON: {wrong}, {answered.body[:200]!r}"
        return
    if answered.status < 400:
        return
    is_error = isinstance(body, dict) and body.get("schemas") == [_SCIM_ERROR] and body.get("detail")
    if not is_error or body.get("status") != str(answered.status):
        yield f"no error of SCIM's: {answered.body[:200]!r}"


def _of_oidc(answered: Answered) -> Iterator[str]:
    kind = answered.headers.get("content-type", "")
    if 300 <= answered.status < 400:
        yield from ([] if "location" in answered.headers else ["a redirect to nowhere"])
        return
    if kind.startswith("text/html"):
        yield from ([] if b"</html>" in answered.body else ["half a page"])
        return
    if not answered.body and answered.status == 200:
        return
    try:
        body = _json(answered)
    except (ValueError, RecursionError) as wrong:
        yield f"no JSON: {wrong}, {answered.body[:200]!r}"
        return
    if answered.status < 400:
        return
    if not isinstance(body, dict) or not isinstance(body.get("error"), str):
        yield f"no error of OAuth's: {answered.body[:200]!r}"
    elif answered.status not in {404, 405} and not str(body.get("error_description", "")).startswith("AADSTS"):
        yield f"an error without its number: {answered.body[:200]!r}"
