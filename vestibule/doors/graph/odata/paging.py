"""Where the next page begins: ``$skiptoken`` and ``@odata.nextLink``.

A token holds the sort keys of the last object of the page, and a mac over them, the organization and the question
(path, filter, search, order). So a token is good for the very list it was made for, and cannot be made up to look
behind a value. Since it names a place in the order and not a number of objects, nobody is skipped or seen twice when
objects come and go between two pages.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import quote

import msgspec

from vestibule.doors.graph.errors import GraphError, invalid

Mac = Callable[[bytes], bytes]
Place = tuple[str | int | bool | None, ...]
"""Sort keys as the database gave them."""

_TAG: Final = 16
_LONGEST: Final = 8_192
_PLAIN: Final = "()',:/@"
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(tuple[str | int | bool | None, ...]).decode


class SkipTokens:
    """Makes and opens the tokens of this deployment.

    Args:
        mac: a keyed hash of at least 16 octets, under a key that is used for nothing else.
    """

    def __init__(self, mac: Mac) -> None:
        """Keep the keyed hash."""
        self._mac = mac

    def seal(self, place: Place, *, tenant_id: str, question: str) -> str:
        """The token for the page after ``place``."""
        payload = _encode(place)
        return _written(self._tag(payload, tenant_id, question) + payload)

    def open(self, token: str, *, tenant_id: str, question: str) -> Place:
        """Where the page begins. Raises GraphError (400) for a token that we did not make for this question."""
        if len(token) > _LONGEST or not token.isascii():
            raise bad_token()
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise bad_token() from None
        if _written(raw) != token:
            raise bad_token()
        tag, payload = raw[:_TAG], raw[_TAG:]
        if not hmac.compare_digest(tag, self._tag(payload, tenant_id, question)):
            raise bad_token()
        return _decode(payload)

    def _tag(self, payload: bytes, tenant_id: str, question: str) -> bytes:
        # Lengths in front of the parts, so that no two lists of parts give the same octets.
        parts = (tenant_id.encode(), question.encode(), payload)
        return self._mac(b"".join(b"%d:%b" % (len(part), part) for part in parts))[:_TAG]


def next_link(address: str, options: Iterable[tuple[str, str]], token: str | None, *, name: str = "$skiptoken") -> str:
    """The absolute address of the next page: the same query options, and the token under this name."""
    given = [*options, *(() if token is None else ((name, token),))]
    if not given:
        return address
    query = "&".join(f"{name}={quote(value, safe=_PLAIN)}" for name, value in given)
    return f"{address}?{query}"


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def bad_token() -> GraphError:
    """The refusal (400) of a page token that is not one of ours, or is another list's."""
    return invalid("The specified page token value is not valid here or has expired.", target="$skiptoken")
