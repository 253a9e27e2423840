"""Form tokens: proof that a form was made for the session it comes back with.

A token is a keyed hash over what it is bound to (the session's id, its generation, and the form's purpose where one
form must not stand in for another), so nothing has to be stored and a token dies with its session. Two other locks
stand beside it: SameSite cookies, and the browser's own word about where a request comes from.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Container, Mapping
from typing import Final

FIELD: Final = "form_token"
"""The name of the hidden field that every form carries."""

_LONGEST: Final = 64


class FormTokens:
    """Makes and checks form tokens under one key."""

    def __init__(self, key: bytes) -> None:
        """Take the key: at least 32 octets of its own, used for nothing else.

        Raises:
            ValueError: the key is shorter.
        """
        if len(key) < hashlib.sha256().digest_size:
            msg = "a key for form tokens has at least 32 octets"
            raise ValueError(msg)
        self._key = key

    def make(self, *bound_to: str) -> str:
        """The token of a form that is bound to these values, 43 characters of base64url."""
        # Lengths in front of the parts, so that no two lists of parts give the same octets.
        parts = b"".join(f"{len(part.encode())}:".encode() + part.encode() for part in bound_to)
        return urlsafe_b64encode(hmac.digest(self._key, parts, "sha256")).rstrip(b"=").decode("ascii")

    def fits(self, token: object, *bound_to: str) -> bool:
        """Whether a field holds the token of these values; compared in constant time."""
        if not isinstance(token, str) or not 0 < len(token) <= _LONGEST:
            return False
        return hmac.compare_digest(token.encode(), self.make(*bound_to).encode())


def same_origin(headers: Mapping[str, str], origins: Container[str]) -> bool:
    """Whether a request that changes something comes from our own pages, as far as the browser says.

    ``Origin`` is checked when it is there, ``Sec-Fetch-Site`` otherwise (Fetch Metadata Request Headers). A request
    with neither comes from no browser of the last years and is left to the form token.

    Args:
        headers: the request's headers, names in lower case.
        origins: the origins that our pages are served from.
    """
    origin = headers.get("origin")
    if origin is not None:
        return origin in origins
    return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
