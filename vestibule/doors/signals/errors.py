"""How this door says no: the status that SSF 1.0, section 8.1, has for it, and a JSON body as RFC 8936 has one.

{"err": "invalid_request", "description": "…"}
"""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.rules.refusals import Reason, Refused


class SignalsError(Exception):
    """A refusal.

    Args:
        status: the HTTP status.
        err: a word for programs.
        description: for people.
        headers: more headers of the answer.
    """

    def __init__(self, status: int, err: str, description: str, *, headers: Mapping[str, str] | None = None) -> None:
        """Keep what the answer will say."""
        super().__init__(f"{status} {err}: {description}")
        self.status = status
        self.err = err
        self.description = description
        self.headers: Mapping[str, str] = headers or {}

    def body(self) -> dict[str, Any]:
        """The answer."""
        return {"err": self.err, "description": self.description}


def bad(description: str) -> SignalsError:
    """A request that cannot be read, or holds a value that cannot be."""
    return SignalsError(400, "invalid_request", description)


def unauthenticated(realm: str, *, given: bool) -> SignalsError:
    """No token, or one that is good no more (RFC 6750, section 3.1)."""
    error = ', error="invalid_token"' if given else ""
    return SignalsError(
        401,
        "authentication_failed",
        "An access token of the app is needed.",
        headers={"WWW-Authenticate": f'Bearer realm="{realm}"{error}'},
    )


def denied(description: str) -> SignalsError:
    """The token is good, and does not allow this."""
    return SignalsError(403, "access_denied", description)


def missing(description: str = "There is no such stream.") -> SignalsError:
    """Nothing is there, or nothing of the caller's."""
    return SignalsError(404, "not_found", description)


_WORDS: Final[Mapping[Reason, tuple[int, str, str]]] = {
    Reason.NOT_FOUND: (404, "not_found", "There is no such stream."),
    Reason.NOT_ALLOWED: (403, "access_denied", "The app needs the application permission SharedSignals.Receive."),
    Reason.ALREADY_THERE: (409, "conflict", "The app has a stream already."),
    Reason.WRONG_STAGE: (409, "conflict", "The stream is disabled."),
}
_AT: Final = {"address": "delivery.endpoint_url", "authorization_header": "delivery.authorization_header"}


def of_refusal(refused: Refused) -> SignalsError:
    """A refused action in the words of this door."""
    if refused.reason in {Reason.BAD_VALUE, Reason.MISSING_VALUE}:
        name = str(refused.facts.get("property"))
        wrong = "is missing" if refused.reason is Reason.MISSING_VALUE else "has a value that it cannot have"
        return bad(f"{_AT.get(name, name)} {wrong}.")
    known = _WORDS.get(refused.reason)
    return denied("This is not allowed.") if known is None else SignalsError(*known)
