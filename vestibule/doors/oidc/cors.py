"""Which pages may call the endpoints from a browser: those of registered apps, by the origin of their redirect address.

Nothing here takes cookies, so no answer allows credentials (Fetch standard, CORS protocol).
"""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from vestibule.rules import grants
from vestibule.store import app_index
from vestibule.store.apps import App
from vestibule.store.unit import Reading

_METHODS: Final = "GET, POST, OPTIONS"
_LONGEST_LIST: Final = 1024
_A_DAY: Final = "86400"


def origin_of(request: Request) -> str | None:
    """The page that calls, as it is registered; None when no page does."""
    header = request.headers.get("origin")
    return None if header is None else grants.read_origin(header)


def is_page_of(app: App, origin: str | None) -> bool:
    """Whether an origin is one of the app's pages."""
    return origin is not None and origin in app_index.origins(app.spa_redirect_uris)


async def is_anybodys_page(reading: Reading, origin: str | None) -> bool:
    """Whether an origin is a page of any app."""
    return origin is not None and await app_index.serves_pages_from(reading, origin)


def allow(request: Request, response: Response, *, allowed: bool) -> Response:
    """Let the page that called read the answer, or not. Either way the answer depends on who called."""
    response.headers.append("Vary", "Origin")
    if allowed:
        response.headers["Access-Control-Allow-Origin"] = request.headers["origin"]
        response.headers["Access-Control-Expose-Headers"] = "Retry-After, WWW-Authenticate"
    return response


async def preflight(request: Request, reading: Reading) -> Response:
    """A page asks whether it may call (before the app is known): any app's page may."""
    allowed = await is_anybodys_page(reading, origin_of(request))
    headers = {"Cache-Control": "no-store", "Allow": _METHODS}
    if allowed:
        headers |= {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _wanted_headers(request.headers),
            "Access-Control-Max-Age": _A_DAY,
        }
    return allow(request, Response(status_code=204, headers=headers), allowed=allowed)


def _wanted_headers(headers: Mapping[str, str]) -> str:
    """Whatever headers the page wants to send; clients add their own, which are not looked at."""
    wanted = headers.get("access-control-request-headers", "")
    names = [name.strip() for name in wanted[:_LONGEST_LIST].split(",")]
    good = [name for name in names if name and all(sign.isascii() and (sign.isalnum() or sign == "-") for sign in name)]
    return ", ".join(good) or "authorization, content-type"
