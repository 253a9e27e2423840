"""How this door says no (RFC 7644, section 3.12).

{"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "scimType": "…", "detail": "…"}
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"
_SHOWN: Final = 80


class ScimError(Exception):
    """A refusal in SCIM's words.

    Args:
        status: the HTTP status.
        detail: for people.
        scim_type: the word that RFC 7644, table 9, and RFC 9865 have for it; empty for none.
        headers: more headers of the answer.
    """

    def __init__(
        self, status: int, detail: str, scim_type: str = "", *, headers: Mapping[str, str] | None = None
    ) -> None:
        """Keep what the answer will say."""
        super().__init__(f"{status} {scim_type}: {detail}")
        self.status = status
        self.detail = detail
        self.scim_type = scim_type
        self.headers: Mapping[str, str] = headers or {}

    def body(self) -> dict[str, Any]:
        """The answer."""
        said = {"schemas": [ERROR], "status": str(self.status), "detail": self.detail}
        return {**said, "scimType": self.scim_type} if self.scim_type else said


def shown(given: str) -> str:
    """What a detail may repeat of what was sent: short, and nothing that is invisible."""
    visible = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in given[:_SHOWN])
    return visible if len(given) <= _SHOWN else f"{visible}…"


# --- 400 ------------------------------------------------------------------------------------------------------------


def invalid_syntax(detail: str) -> ScimError:
    """The body cannot be read."""
    return ScimError(400, detail, "invalidSyntax")


def invalid_value(detail: str) -> ScimError:
    """A value that the attribute cannot have, or none where one is needed."""
    return ScimError(400, detail, "invalidValue")


def invalid_filter(detail: str) -> ScimError:
    """A filter that cannot be read, or a test that is not offered for this attribute."""
    return ScimError(400, detail, "invalidFilter")


def invalid_path(detail: str) -> ScimError:
    """A path that leads nowhere."""
    return ScimError(400, detail, "invalidPath")


def no_target(detail: str) -> ScimError:
    """A path that leads to nothing that could be changed."""
    return ScimError(400, detail, "noTarget")


def mutability(name: str) -> ScimError:
    """An attribute that clients cannot write."""
    return ScimError(400, f"The attribute '{shown(name)}' cannot be written.", "mutability")


def too_many(detail: str) -> ScimError:
    """More results than this door answers at once."""
    return ScimError(400, detail, "tooMany")


# --- The rest -------------------------------------------------------------------------------------------------------


def unauthenticated(detail: str, origin: str, *, error: str = "") -> ScimError:
    """Nobody is signed in (RFC 6750, section 3). ``error``: ``invalid_token`` when a token came that does not hold."""
    challenge = f'Bearer realm="scim", authorization_uri="{origin}/common/oauth2/v2.0/authorize"'
    if error:
        challenge += f', error="{error}"'
    return ScimError(401, detail, headers={"WWW-Authenticate": challenge})


def denied(detail: str = "The token does not allow this.") -> ScimError:
    """The caller may not do this."""
    return ScimError(403, detail)


def not_found(given: str) -> ScimError:
    """No such resource, as far as the caller may know."""
    return ScimError(404, f"The resource '{shown(given)}' was not found.")


def method_not_allowed(allowed: Iterable[str]) -> ScimError:
    """The path is right, the method is not (RFC 9110, section 15.5.6)."""
    allow = ", ".join(sorted(allowed))
    return ScimError(405, f"The method is not allowed here; allowed: {allow}.", headers={"Allow": allow})


def conflict(detail: str, scim_type: str = "") -> ScimError:
    """What is asked for clashes with what is there."""
    return ScimError(409, detail, scim_type)


def version_mismatch() -> ScimError:
    """``If-Match`` names another version (RFC 9110, section 13.1.1)."""
    return ScimError(412, "The resource has changed since it was read; read it again.")


def too_large(limit: int) -> ScimError:
    """More octets than this door reads."""
    return ScimError(413, f"The request is larger than {limit} octets.")


def not_json() -> ScimError:
    """A body of another type."""
    return ScimError(415, "The request has to be JSON: send Content-Type: application/scim+json.")


def busy(seconds: int) -> ScimError:
    """Too much at once; come back in so many seconds."""
    return ScimError(429, "Too many requests; try again later.", headers={"Retry-After": str(seconds)})


def not_implemented(detail: str) -> ScimError:
    """SCIM knows it, this door does not."""
    return ScimError(501, detail)


def internal() -> ScimError:
    """Something broke; the detail says nothing about what."""
    return ScimError(500, "Something went wrong on our side.")


def unavailable() -> ScimError:
    """Nothing was done; the same request may be sent again."""
    return ScimError(503, "The service is not available now.", headers={"Retry-After": "2"})
