"""*Enterprise apps*: which there are, how people sign in to them, and how many are assigned."""

from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.tables import Browsing, Choice, Column, Select, Shape, Table
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_
from vestibule.rules.connections import FAILED
from vestibule.rules.filters import Compare, Filter, Op, Test, Text, all_of
from vestibule.store import app_lists, connections
from vestibule.store.app_lists import EVERY, PRINCIPALS
from vestibule.store.apps import App
from vestibule.store.listing import Asked, Page

SIGNS_PEOPLE_IN: Final = N_("OpenID Connect")
ON, OFF, FAILING = N_("On"), N_("Off"), N_("Failing")
AS_ITSELF: Final = N_("OAuth 2.0, as itself only")

SHAPE: Final = Shape(
    path=paths.APPS,
    columns=(
        Column("name", N_("Name"), ("displayName",)),
        Column("protocol", N_("Protocol")),
        Column("state", N_("Sign-in"), ("accountEnabled",)),
        Column("users", N_("Assigned users")),
        Column("guests", N_("Guests assigned")),
        Column("webhook", N_("Leave webhook")),
    ),
    order="name",
    selects=(
        Select(
            "state",
            N_("Sign-in"),
            (
                Choice("on", N_("On"), Compare(("accountEnabled",), Op.EQ, True)),
                Choice("off", N_("Off"), Compare(("accountEnabled",), Op.EQ, False)),
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """An app.

    Attributes:
        protocol: how it is used, as the catalog knows it. users, guests: how many are assigned.
        webhook: whether it is told when somebody leaves, as the catalog knows it; by whichever kind of connection.
    """

    app_id: str
    name: str
    protocol: str
    enabled: bool
    users: int
    guests: int
    webhook: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppsPage(View):
    """The page."""

    template: ClassVar[str] = "portal/admin/apps.html"
    table: Table[Row]


def protocol_of(app: App) -> str:
    """How the app is used: people sign in to it, or it only acts as itself."""
    people = app.redirect_uris or app.spa_redirect_uris or app.device_code or app.password_grant
    return SIGNS_PEOPLE_IN if people else AS_ITSELF


async def show(admin: Admin) -> Response:
    """The page."""
    browsing = Browsing(admin.visit, SHAPE)
    wanted = _filter(browsing)

    async def page(asked: Asked) -> Page[App]:
        return await app_lists.page_principals(admin.reading, admin.tenant_id, asked)

    found, previous, following = await browsing.read(page, lambda orders: PRINCIPALS.orders(EVERY, orders), wanted)
    total = await app_lists.count_principals(admin.reading, admin.tenant_id, wanted)
    numbers = await app_lists.assigned_counts(admin.reading, admin.tenant_id, [app.app_id for app in found])
    told = await _told(admin)
    rows = [
        Row(
            app.app_id,
            app.display_name,
            protocol_of(app),
            app.enabled,
            *numbers.get(app.app_id, (0, 0)),
            told.get(app.app_id, OFF),
        )
        for app in found
    ]
    return admin.visit.page(AppsPage(table=browsing.table(rows, total, previous, following)))


async def _told(admin: Admin) -> dict[str, str]:
    """Of each app that is told: that it is, or that one of its connections fails or was refused."""
    told = await connections.of_tenant(admin.reading, admin.tenant_id)
    failing = await connections.failing(admin.reading, admin.tenant_id, [one.value for one in FAILED])
    return {one.app_id: FAILING if one.app_id in failing else ON for one in told}


def _filter(browsing: Browsing) -> Filter | None:
    parts = list(browsing.wanted)
    if browsing.search:
        parts.append(Text(("displayName",), Test.CONTAINS, browsing.search))
    return all_of(parts)
