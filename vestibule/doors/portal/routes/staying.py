"""The question whether to stay signed in: our script lays it over any page, two minutes before the session ends."""

from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.actions.access import ending_of
from vestibule.doors.portal import paths, staying
from vestibule.doors.portal.desk import NEXT, Desk, Visit
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.views.sign_in import StaySignedIn

_IDLE: Final = "idle"


def staying_routes(desk: Desk) -> list[BaseRoute]:
    """Whether to stay."""
    return [route(desk, paths.STAY, get=_ask, post=_stay, unasked=True)]


async def _ask(visit: Visit) -> Response:
    """When the session ends. Reading this puts nothing off: nobody may be there."""
    if visit.signed_in is None:
        why = _IDLE if await visit.went_idle() else ""
        visit.signed_out()
        return visit.page(StaySignedIn(why=why, going_to=visit.going_to))
    end = await ending_of(visit.reading, visit.signed_in)
    left = end.at - visit.now
    view = StaySignedIn(
        ends_at=end.at,
        ends_in=staying.whole_seconds(left),
        warn_in=staying.whole_seconds(left - staying.WARNING),
        by_rest=end.by_rest,
        going_to=visit.going_to,
    )
    return visit.page(view)


async def _stay(visit: Visit) -> Response:
    """Somebody is there, which was written down when the form came."""
    going_to = paths.own_path((await visit.form()).get(NEXT, ""))
    return visit.redirect(paths.STAY, {NEXT: going_to} if going_to else {})
