"""Bodies: one strict JSON object, and its members by type. What is not known here is left aside."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request

from vestibule.doors.signals.errors import bad
from vestibule.ground.strict_json import BadJson, decode

LARGEST: Final = 256 * 1024
_JSON: Final = "application/json"


async def read_object(request: Request) -> dict[str, Any]:
    """The object in the body. Raises SignalsError (400)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON:
        raise bad(f"The body has to be {_JSON}.")
    size, chunks = 0, []
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST:
            raise bad("The body is too large.")
        chunks.append(chunk)
    try:
        found = decode(b"".join(chunks))
    except BadJson:
        raise bad("The body is no JSON that can be read.") from None
    if not isinstance(found, dict):
        raise bad("The body is no JSON object.")
    return found


def text(given: Mapping[str, Any], name: str) -> str | None:
    """A text; None when it is not there. Raises SignalsError (400)."""
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise bad(f"{name} has to be a text.")
    return value


def texts(given: Mapping[str, Any], name: str) -> list[str] | None:
    """A list of texts; None when it is not there. Raises SignalsError (400)."""
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise bad(f"{name} has to be a list of texts.")
    return value


def member(given: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """An object; None when it is not there. Raises SignalsError (400)."""
    value = given.get(name)
    if value is not None and not isinstance(value, dict):
        raise bad(f"{name} has to be an object.")
    return value
