"""Cursors (RFC 9865): where the next page begins, sealed for the organization, the client and the question.

A cursor holds the sort keys of the last item of a page, not a number of items: who comes or goes meanwhile neither
repeats nor hides anybody else. It does not run out, and it tells nobody what it holds.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec

from vestibule.doors.scim.errors import ScimError
from vestibule.ground.sealing import CannotOpen, Sealer

_LABEL: Final = "scim-cursor"
_LONGEST: Final = 8_192


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in a list: in which of the lists, behind which sort keys, and how many there were at the beginning."""

    stage: int
    position: tuple[str | int | bool | None, ...]
    total: int


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Cursor).decode


def seal(sealer: Sealer, cursor: Cursor, question: str) -> str:
    """The cursor as it is sent."""
    sealed = sealer.seal(sealer.derive(_LABEL), _encode(cursor), question.encode())
    return urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def open_cursor(sealer: Sealer, text: str, question: str) -> Cursor:
    """The place that a cursor names. Raises ScimError (400 invalidCursor) for one of another question, or of nobody."""
    if len(text) > _LONGEST or not text.isascii():
        raise _bad()
    try:
        sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return _decode(sealer.open(sealer.derive(_LABEL), sealed, question.encode()))
    except (ValueError, CannotOpen, msgspec.MsgspecError):
        raise _bad() from None


def _bad() -> ScimError:
    return ScimError(400, "The cursor was not made for this list.", "invalidCursor")
