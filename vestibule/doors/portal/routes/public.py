"""Pages that need no sign-in and change nothing: help, and what the service keeps."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.doors.portal import paths
from vestibule.doors.portal.desk import Desk, Visit
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.views.account import Help, PrivacyNotice


def public_routes(desk: Desk) -> list[BaseRoute]:
    """Help and the privacy notice."""
    return [route(desk, paths.HELP, get=_help), route(desk, paths.PRIVACY_NOTICE, get=_privacy)]


async def _help(visit: Visit) -> Response:
    return visit.page(Help())


async def _privacy(visit: Visit) -> Response:
    return visit.page(PrivacyNotice())
