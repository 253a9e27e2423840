"""Pages that need no sign-in and change nothing: help, what the service keeps, and whether a receipt is genuine."""

from dataclasses import replace

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from vestibule.actions import receipt_keys
from vestibule.doors.portal import paths
from vestibule.doors.portal.desk import Desk, Visit
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.views.account import Help, PrivacyNotice
from vestibule.doors.portal.views.receipts import Verify
from vestibule.doors.web.headers import content_policy

_PUBLISHED = {
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",  # public keys: whoever checks a receipt may read them from anywhere
}


def public_routes(desk: Desk) -> list[BaseRoute]:
    """Help, the privacy notice, the page that checks receipts, and the keys for that."""
    return [
        route(desk, paths.HELP, get=_help),
        route(desk, paths.PRIVACY_NOTICE, get=_privacy),
        route(desk, paths.VERIFY, get=_verify),
        route(desk, receipt_keys.ADDRESS, get=_keys),
    ]


async def _help(visit: Visit) -> Response:
    return visit.page(Help())


async def _privacy(visit: Visit) -> Response:
    return visit.page(PrivacyNotice())


async def _verify(visit: Visit) -> Response:
    """The keys stand in the page, which may connect to nobody: what is checked stays in the browser."""
    keys = msgspec.json.encode(await receipt_keys.published(visit.house)).decode()
    frame = replace(visit.frame(), ask_after=None)  # what asks whether to stay signed in would have to connect
    response = visit.desk.pages.response(Verify(keys=keys), frame)
    response.headers["Content-Security-Policy"] = content_policy(connects=False)
    return response


async def _keys(visit: Visit) -> Response:
    published = await receipt_keys.published(visit.house)
    return JSONResponse(published, headers=_PUBLISHED, media_type="application/jwk-set+json")
