"""*Apps*: what each organization shares with the person."""

from typing import Final

from starlette.responses import Response

from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.routes.account import finding
from vestibule.doors.portal.views.account import App, AppsPage, OrganizationApps
from vestibule.doors.web.headers import origin
from vestibule.store import across
from vestibule.store.apps import App as Stored

_HOME_PAGES: Final = ("homePageUrl", "homepage", "loginUrl")


async def show(visit: Visit) -> Response:
    """The page."""
    return visit.page(AppsPage(organizations=tuple(await by_organization(visit))))


async def by_organization(visit: Visit) -> list[OrganizationApps]:
    """The person's apps under each organization they are in, both by name."""
    mine: dict[str, list[Stored]] = {}
    for app in await across.apps(visit.reading, visit.who.person.person_id):
        if app.enabled:
            mine.setdefault(app.tenant_id, []).append(app)
    return [
        OrganizationApps(
            one.organization.tenant_id,
            one.organization.display_name,
            tuple(_tile(app) for app in _sorted(visit, mine.get(one.organization.tenant_id, []))),
        )
        for one in await finding.present_everywhere(visit)
    ]


def _sorted(visit: Visit, apps: list[Stored]) -> list[Stored]:
    return sorted(apps, key=lambda app: (visit.words.sort_key(app.display_name), app.app_id))


def _tile(app: Stored) -> App:
    return App(app.display_name, _address(app))


def _address(app: Stored) -> str:
    """Where the app is: its home page, else the site that its registered redirect address is on, else nowhere."""
    for given in (*(app.attributes.get(name) for name in _HOME_PAGES), *app.redirect_uris, *app.spa_redirect_uris):
        if isinstance(given, str) and given.lower().startswith(("https://", "http://")):
            return given if given not in app.redirect_uris and given not in app.spa_redirect_uris else _site(given)
    return ""


def _site(address: str) -> str:
    try:
        return f"{origin(address)}/"
    except ValueError:
        return ""
