"""Errors of this door: OAuth's words (RFC 6749 section 5.2) with the numbers that clients of the platform look for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from starlette.responses import Response

from vestibule.rules.refusals import Reason, Refused

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}


@dataclass
class ProtocolError(Exception):
    """An OAuth error.

    Attributes:
        error: OAuth's word. code: the AADSTS number. text: what happened and what to do, in one sentence.
        status: HTTP status. suberror: a finer word. retry_after: seconds.
    """

    error: str
    code: int
    text: str
    status: int = 400
    suberror: str | None = None
    retry_after: int | None = None

    def description(self, trace_id: str, correlation_id: str, at: datetime) -> str:
        """The ``error_description`` in the form that clients show."""
        stamp = at.strftime("%Y-%m-%d %H:%M:%SZ")
        return (
            f"AADSTS{self.code}: {self.text} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {stamp}"
        )


def answer(error: ProtocolError, *, trace_id: str, correlation_id: str, at: datetime) -> Response:
    """The error as a JSON answer."""
    body: dict[str, Any] = {
        "error": error.error,
        "error_description": error.description(trace_id, correlation_id, at),
        "error_codes": [error.code],
        "timestamp": at.strftime("%Y-%m-%d %H:%M:%SZ"),
        "trace_id": trace_id,
        "correlation_id": correlation_id,
    }
    if error.suberror:
        body["suberror"] = error.suberror
    headers = dict(NO_STORE)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="token"'
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return Response(msgspec.json.encode(body), error.status, headers, "application/json")


def no_such_tenant(word: str) -> ProtocolError:
    """The organization does not exist here."""
    shown = word if len(word) <= 253 and word.isprintable() else "?"
    return ProtocolError("invalid_tenant", 90002, f"Tenant '{shown}' not found. Check its id or domain name.")


def repeated(name: str) -> ProtocolError:
    """A parameter came twice."""
    return ProtocolError("invalid_request", 9000411, f"The parameter '{name[:64]}' is duplicated.")


def missing(name: str) -> ProtocolError:
    """A required parameter is not there."""
    return ProtocolError("invalid_request", 900144, f"The request must contain the parameter '{name}'.")


def too_large() -> ProtocolError:
    """Something in the request is larger than anything useful."""
    return ProtocolError("invalid_request", 90015, "The request is too large.")


def unknown_app(client_id: str) -> ProtocolError:
    """The app is not registered where it says."""
    shown = client_id if len(client_id) <= 64 and client_id.isprintable() else "?"
    return ProtocolError("unauthorized_client", 700016, f"Application '{shown}' was not found in the directory.")


def bad_scope() -> ProtocolError:
    """The scope parameter is no list of scopes."""
    return ProtocolError("invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid.")


def ended() -> ProtocolError:
    """A bearer token that is missing or means nothing any more."""
    return ProtocolError("invalid_token", 50173, "The access token is missing, malformed or ended.", 401)


def busy() -> ProtocolError:
    """Too many passwords wait to be checked."""
    return ProtocolError("temporarily_unavailable", 90033, "Too busy just now; try again.", 503, None, 1)


_Said = tuple[str, int, str, str | None]

_OF_REASON: Final[dict[Reason, _Said]] = {
    Reason.CODE_WRONG: ("invalid_grant", 70000, "The provided grant is not valid for this app.", None),
    Reason.CODE_EXPIRED: ("invalid_grant", 50173, "The provided grant has ended; sign in again.", "bad_token"),
    Reason.ALREADY_THERE: (
        "invalid_grant",
        54005,
        "The grant was already redeemed; everything it led to is ended.",
        None,
    ),
    Reason.ACCOUNT_DISABLED: ("invalid_grant", 50057, "The user account is disabled.", None),
    Reason.WRONG_STAGE: ("invalid_grant", 500341, "The user account has been deleted from the directory.", None),
    Reason.NOT_FOUND: (
        "invalid_grant",
        50020,
        "The account does not exist in this directory. For a guest, name the organization in the address.",
        None,
    ),
    Reason.PASSWORD_WRONG: ("invalid_grant", 50126, "Invalid username or password.", None),
    Reason.SECOND_FACTOR_NEEDED: (
        "interaction_required",
        50076,
        "A second factor is needed, which only the sign-in pages can ask for.",
        "basic_action",
    ),
    Reason.TERMS_NOT_ACCEPTED: (
        "interaction_required",
        50158,
        "The terms of use have not been accepted, which only the sign-in pages can ask for.",
        "basic_action",
    ),
    Reason.CONNECT_FORBIDDEN: ("access_denied", 500213, "Cross-tenant access settings do not allow this.", None),
    Reason.COLLABORATION_FORBIDDEN: ("access_denied", 500213, "Cross-tenant access settings do not allow this.", None),
    Reason.TOO_EARLY: ("authorization_pending", 70016, "Nobody has entered the code yet; ask again.", None),
}

_OF_WHY: Final[dict[tuple[Reason, object], _Said]] = {
    (Reason.TOO_EARLY, "slowDown"): ("slow_down", 70016, "Ask less often: wait five seconds longer.", None),
    (Reason.CODE_EXPIRED, "device"): ("expired_token", 70020, "The device code has expired; begin again.", None),
    (Reason.NOT_ALLOWED, "declined"): ("authorization_declined", 65004, "The user declined.", None),
    (Reason.NOT_ALLOWED, "consent"): (
        "invalid_grant",
        65001,
        "The user or an administrator has not consented to use the app.",
        "consent_required",
    ),
    (Reason.NOT_ALLOWED, "assignment"): (
        "invalid_grant",
        50105,
        "The signed in user is not assigned to the app.",
        None,
    ),
    (Reason.NOT_ALLOWED, "disabledHere"): (
        "unauthorized_client",
        7000112,
        "The app is disabled in this organization.",
        None,
    ),
    (Reason.NOT_ALLOWED, "deviceCode"): ("unauthorized_client", 7000218, "The app may not use device codes.", None),
    (Reason.BAD_VALUE, "several"): ("invalid_scope", 28000, "The scopes name more than one resource.", None),
    (Reason.BAD_VALUE, "unknown"): ("invalid_scope", 65005, "The resource does not have one of these scopes.", None),
    (Reason.BAD_VALUE, "default"): (
        "invalid_scope",
        1002012,
        "Ask for '{resource}/.default' with client credentials.",
        None,
    ),
}
"""What is said of a reason when the fact ``why`` goes with it."""


def of_refusal(refused: Refused) -> ProtocolError:
    """A refused action in OAuth's words; an unlisted reason says nothing about its cause."""
    if refused.reason is Reason.TOO_MANY_TRIES:
        wait = refused.facts.get("retryAfter")
        seconds = wait if isinstance(wait, int) else 30
        return ProtocolError("invalid_grant", 50053, "Too many attempts; try again later.", 429, None, seconds)
    if refused.reason is Reason.WRONG_STAGE and refused.facts.get("stage") == "invited":
        return ProtocolError("interaction_required", 50014, "The invitation has not been accepted yet.")
    known = _OF_WHY.get((refused.reason, refused.facts.get("why"))) or _OF_REASON.get(refused.reason)
    if known is None and refused.reason is Reason.BAD_VALUE:
        return no_such_resource() if refused.facts.get("property") == "resource" else bad_scope()
    error, code, text, suberror = known or ("invalid_grant", 70000, "The provided grant is not valid.", None)
    return ProtocolError(error, code, text, 400, suberror)


def bad_device_code(error: ProtocolError) -> ProtocolError:
    """The same for a device, which has a word of its own for a code that is none."""
    if error.code != 70000:
        return error
    return ProtocolError("bad_verification_code", 70018, "The device code is not one of this app.")


def no_such_resource() -> ProtocolError:
    """The scope names an API that is not there."""
    return ProtocolError("invalid_resource", 500011, "The resource principal was not found in the tenant.")
