"""The addresses of this door: sign-in, invitations, My Account, help."""

from collections.abc import Iterable
from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.doors.portal import paths
from vestibule.doors.portal.admin import review_history_file
from vestibule.doors.portal.admin.routes import admin_routes
from vestibule.doors.portal.desk import Desk, Visit, open_desk
from vestibule.doors.portal.gallery import gallery_routes
from vestibule.doors.portal.handling import not_found, route
from vestibule.doors.portal.routes.account import account_routes
from vestibule.doors.portal.routes.codes import code_routes
from vestibule.doors.portal.routes.consent import consent_routes
from vestibule.doors.portal.routes.data_requests import data_request_routes
from vestibule.doors.portal.routes.devices import device_routes
from vestibule.doors.portal.routes.federation import federation_routes
from vestibule.doors.portal.routes.invitations import invitation_routes
from vestibule.doors.portal.routes.picking import picking_routes
from vestibule.doors.portal.routes.public import public_routes
from vestibule.doors.portal.routes.saml import saml_routes
from vestibule.doors.portal.routes.second_steps import second_step_routes
from vestibule.doors.portal.routes.sessions import session_routes
from vestibule.doors.portal.routes.signing_in import sign_in_routes
from vestibule.doors.portal.routes.staying import staying_routes
from vestibule.doors.portal.routes.terms import terms_routes
from vestibule.doors.web.static_files import StaticFiles
from vestibule.ground.passwords import Passwords

_OURS: Final = ("/myaccount", "/signin", "/signout", "/signed-out", "/switch", "/invitations", "/unsubscribe", "/admin")


def routes(
    house: House,
    ring: KeyRing,
    passwords: Passwords,
    *,
    static: StaticFiles,
    origins: Iterable[str],
    operator: str = "",
) -> list[BaseRoute]:
    """Every route of this door.

    Args:
        house, ring, passwords: the house, its signing keys, the pool that hashes.
        static: style, script, icons and fonts.
        origins: the origins that our pages are served from.
        operator: who runs the service, for the footer; may be empty.
    """
    return routes_at(open_desk(house, ring, passwords, static=static, origins=origins, operator=operator))


def routes_at(desk: Desk) -> list[BaseRoute]:
    """The same at a desk that is open already."""
    return [
        desk.pages.static.route(),
        *public_routes(desk),
        route(desk, paths.REVIEW_HISTORY_FILE, get=review_history_file.download),
        *gallery_routes(desk),
        *sign_in_routes(desk),
        *code_routes(desk),
        *federation_routes(desk),
        *saml_routes(desk),
        *second_step_routes(desk),
        *picking_routes(desk),
        *consent_routes(desk),
        *terms_routes(desk),
        *device_routes(desk),
        *session_routes(desk),
        *staying_routes(desk),
        *invitation_routes(desk),
        *data_request_routes(desk),
        route(desk, "/myaccount", get=_overview),
        *account_routes(desk),
        route(desk, "/admin", get=_admin_center),
        *admin_routes(desk),
        *_nowhere(desk),
    ]


async def _admin_center(visit: Visit) -> Response:
    return visit.redirect(paths.ADMIN_CENTER)


async def _overview(visit: Visit) -> Response:
    query = visit.request.url.query
    return visit.redirect(paths.OVERVIEW + (f"?{query}" if query else ""))


def _nowhere(desk: Desk) -> list[BaseRoute]:
    """What is asked for below our addresses and does not exist gets a page too."""
    return [route(desk, f"{prefix}/{{rest:path}}", get=not_found, post=not_found) for prefix in _OURS]
