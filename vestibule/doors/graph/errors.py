"""How this door says no: Graph's error envelope (Graph, *Microsoft Graph error responses and resource types*).

    {"error": {"code", "message", "target"?, "details"?: [{"code", "message", "target"}],
               "innerError": {"date", "request-id", "client-request-id", …}}}

Whatever goes wrong on the way through the door is raised as a ``GraphError`` and written here. Clients branch on the
status and the code; the messages are Graph's own where they are known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

GRAPH_APP_ID: Final = "00000003-0000-0000-c000-000000000000"

BAD_REQUEST: Final = "BadRequest"
REQUEST_BAD_REQUEST: Final = "Request_BadRequest"
UNSUPPORTED_QUERY: Final = "Request_UnsupportedQuery"
RESOURCE_NOT_FOUND: Final = "Request_ResourceNotFound"
REQUEST_DENIED: Final = "Authorization_RequestDenied"
FORBIDDEN: Final = "Forbidden"
INVALID_TOKEN: Final = "InvalidAuthenticationToken"  # noqa: S105 - the code of an error
CONFLICT: Final = "Conflict"

_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of ``details``."""

    code: str
    message: str
    target: str


class GraphError(Exception):
    """A refusal in Graph's words.

    Args:
        status: the HTTP status.
        code: what clients branch on.
        message: for people.
        target: the property or segment that is wrong, where one is.
        details: entries of ``details``.
        headers: more headers of the answer.
        inner: more members of ``innerError``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str | None = None,
        details: Iterable[Detail] = (),
        headers: Mapping[str, str] | None = None,
        inner: Mapping[str, object] | None = None,
    ) -> None:
        """Keep what the envelope will say."""
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.details = tuple(details)
        self.headers: Mapping[str, str] = headers or {}
        self.inner: Mapping[str, object] = inner or {}

    def body(self, *, at: datetime, request_id: str, client_request_id: str) -> dict[str, object]:
        """The envelope; ``at`` is UTC and written without a zone, as Graph does."""
        error: dict[str, object] = {"code": self.code, "message": self.message}
        if self.target is not None:
            error["target"] = self.target
        if self.details:
            error["details"] = [
                {"code": each.code, "message": each.message, "target": each.target} for each in self.details
            ]
        error["innerError"] = {
            **self.inner,
            "date": at.strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": client_request_id,
        }
        return {"error": error}


def shown(given: str) -> str:
    """What a message may repeat of what was sent: short, and nothing that is invisible."""
    visible = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in given[:_SHOWN])
    return visible if len(given) <= _SHOWN else f"{visible}…"


# --- 400: what was asked cannot be read -----------------------------------------------------------------------------


def bad_request(message: str, *, target: str | None = None) -> GraphError:
    """The request cannot be read: syntax, segments, names."""
    return GraphError(400, BAD_REQUEST, message, target=target)


def unknown_property(name: str, type_: str) -> GraphError:
    """A property that objects of this type do not have."""
    return bad_request(f"Could not find a property named '{shown(name)}' on type '{type_}'.")


def unknown_segment(segment: str) -> GraphError:
    """A path that leads nowhere. Graph answers 400 here, not 404."""
    return bad_request(f"Resource not found for the segment '{shown(segment)}'.")


def unsupported_query(message: str = "Unsupported Query.") -> GraphError:
    """The question can be read, but it is not one that this property or this collection answers."""
    return GraphError(400, UNSUPPORTED_QUERY, message)


def invalid(message: str, *, target: str | None = None, details: Iterable[Detail] = ()) -> GraphError:
    """The request can be read, but what it wants is wrong."""
    return GraphError(400, REQUEST_BAD_REQUEST, message, target=target, details=details)


def invalid_value(name: str, title: str) -> GraphError:
    """A value that the property cannot have."""
    return invalid(f"Invalid value specified for property '{shown(name)}' of resource '{title}'.", target=name)


def missing_value(name: str, title: str) -> GraphError:
    """A value without which the object cannot be."""
    return invalid(f"A value is required for property '{name}' of resource '{title}'.", target=name)


def read_only(name: str, title: str) -> GraphError:
    """A property that callers cannot set."""
    return invalid(f"Property '{name}' is read-only and cannot be set on resource '{title}'.", target=name)


def taken(name: str, *, status: int = 400) -> GraphError:
    """A value that another object has already."""
    message = f"Another object with the same value for property {name} already exists."
    code = REQUEST_BAD_REQUEST if status == 400 else CONFLICT
    return GraphError(status, code, message, details=(Detail("ObjectConflict", message, name),))


# --- 401, 403, 404 --------------------------------------------------------------------------------------------------


def unauthenticated(message: str, origin: str, *, error: str = "") -> GraphError:
    """Nobody is signed in (RFC 6750, section 3).

    Args:
        message: what is wrong with the token.
        origin: our own https origin.
        error: ``invalid_token`` when a token came that does not hold.
    """
    challenge = (
        f'Bearer realm="", authorization_uri="{origin}/common/oauth2/v2.0/authorize", client_id="{GRAPH_APP_ID}"'
    )
    if error:
        challenge += f', error="{error}"'
    return GraphError(401, INVALID_TOKEN, message, headers={"WWW-Authenticate": challenge})


def denied(message: str = "Insufficient privileges to complete the operation.") -> GraphError:
    """The caller may know that the thing is there, and may not do this with it."""
    return GraphError(403, REQUEST_DENIED, message)


def not_found(given: str) -> GraphError:
    """No such object, as far as the caller may know."""
    message = (
        f"Resource '{shown(given)}' does not exist or one of its queried reference-property objects are not present."
    )
    return GraphError(404, RESOURCE_NOT_FOUND, message)


# --- The rest -------------------------------------------------------------------------------------------------------


def method_not_allowed(allowed: Iterable[str]) -> GraphError:
    """The path is right, the method is not (RFC 9110, section 15.5.6)."""
    allow = ", ".join(sorted(allowed))
    return GraphError(
        405,
        REQUEST_BAD_REQUEST,
        f"Specified HTTP method is not allowed here; allowed: {allow}.",
        headers={"Allow": allow},
    )


def conflict(message: str, **inner: object) -> GraphError:
    """What is asked for clashes with what is there."""
    return GraphError(409, CONFLICT, message, inner=inner)


def same_key(message: str) -> GraphError:
    """There is one already that is known by the same."""
    return GraphError(409, "Request_MultipleObjectsWithSameKeyValue", message)


def version_mismatch() -> GraphError:
    """``If-Match`` names another version (RFC 9110, section 13.1.1)."""
    return GraphError(412, "preconditionFailed", "The object has changed since it was read; read it again.")


def too_large(limit: int) -> GraphError:
    """More octets than this door reads."""
    return GraphError(413, "RequestEntityTooLarge", f"The request body is larger than {limit} bytes.")


def not_json() -> GraphError:
    """A body of another type."""
    message = "The request body has to be JSON: send Content-Type: application/json."
    return GraphError(415, "UnsupportedMediaType", message)


def too_many(message: str, *, retry_after: int) -> GraphError:
    """Too much at once; come back in ``retry_after`` seconds."""
    inner = {"code": "429", "message": "Please retry after", "status": "429"}
    return GraphError(429, "TooManyRequests", message, headers={"Retry-After": str(retry_after)}, inner=inner)


def not_implemented(why: str = "") -> GraphError:
    """Graph knows it, this door does not; ``why`` says more."""
    said = "This operation target is not yet supported."
    return GraphError(501, "NotImplemented", f"{said} {why}" if why else said)


def internal() -> GraphError:
    """Something broke; the message says nothing about what."""
    return GraphError(500, "InternalServerError", "Something went wrong on our side; the request-id helps to find it.")


def unavailable(*, retry_after: int = 2) -> GraphError:
    """Nothing was done; the same request may be sent again."""
    return GraphError(
        503, "serviceNotAvailable", "The service is not available now.", headers={"Retry-After": str(retry_after)}
    )
