"""Forms as they arrive: small, form-encoded, strict UTF-8, every field once."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

LARGEST: Final = 64 * 1024
MOST_FIELDS: Final = 500
_KIND: Final = "application/x-www-form-urlencoded"


class BadForm(Exception):
    """A form that is not acted upon. Nothing was changed.

    Attributes:
        typed: what was typed, to be shown again; empty unless ``stale``.
        stale: it came from our own page, which was open too long or in another session; otherwise it may be forged.
    """

    def __init__(self, why: str, typed: Mapping[str, str] | None = None, *, stale: bool = False) -> None:
        """Keep what can be shown again."""
        super().__init__(why)
        self.typed: Mapping[str, str] = typed or {}
        self.stale = stale


async def read_fields(request: Request, *, largest: int = LARGEST) -> list[tuple[str, str]]:
    """The fields of a posted form of at most ``largest`` octets, in order.

    Raises:
        BadForm: another content type, too large, too many fields, or not UTF-8 (WHATWG URL, section 5.1).
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != _KIND:
        raise BadForm("not form-encoded")
    raw = await _octets(request, largest)
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as bad:
        raise BadForm("not readable") from bad


def once(fields: list[tuple[str, str]]) -> dict[str, str]:
    """The fields by name.

    Raises:
        BadForm: a field came twice.
    """
    found: dict[str, str] = {}
    for name, value in fields:
        if name in found:
            raise BadForm("a field came twice")
        found[name] = value
    return found


async def _octets(request: Request, largest: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > largest:
            raise BadForm("too large")
        chunks.append(chunk)
    return b"".join(chunks)
