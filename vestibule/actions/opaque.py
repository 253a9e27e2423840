"""Opaque tokens: codes, refresh tokens, device codes. They say where they are kept, and otherwise nothing.

``1.{organization}.{secret}``: the organization's id as 22 characters, so that a token is found under the
organization that it was made for, whichever alias it comes back through; and 256 random bits. Kept is a hash.
"""

import base64
import binascii
from typing import Final
from uuid import UUID

from vestibule.actions.house import House

_VERSION: Final = "1"
_ROUTE: Final = 22
_LONGEST: Final = 128


def make(house: House, tenant_id: str) -> str:
    """A new token that is kept under this organization."""
    route = base64.urlsafe_b64encode(UUID(tenant_id).bytes).rstrip(b"=").decode()
    return f"{_VERSION}.{route}.{house.chance.token()}"


def tenant_of(token: str) -> str | None:
    """The organization that a token says it is kept under; None for what was never one of ours."""
    version, _, rest = token.partition(".")
    route, _, secret = rest.partition(".")
    if version != _VERSION or len(route) != _ROUTE or not secret or len(token) > _LONGEST or not token.isascii():
        return None
    try:
        return str(UUID(bytes=base64.urlsafe_b64decode(route + "==")))
    except (binascii.Error, ValueError):
        return None
