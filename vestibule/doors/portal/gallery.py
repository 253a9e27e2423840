"""Every piece that pages are made of, in every state, on one page (``/gallery``, emulator databases only).

It is for whoever changes a piece: to look at it in both displays and each language, and for the tests that look at it
with axe and at several widths. Nothing on it does anything.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.doors.portal.admin.drawing import Form, Series, draw
from vestibule.doors.portal.admin.said import Said
from vestibule.doors.portal.admin.tables import Chip, Choice, Column, Heading, Paging, Select, Table, Typed
from vestibule.doors.portal.desk import Desk, Visit
from vestibule.doors.portal.handling import not_found, route
from vestibule.doors.web.contacts import Contacts
from vestibule.doors.web.frame import Display, Problem, View
from vestibule.doors.web.words import N_, NN_

PATH: Final = "/gallery"
_HOSTILE: Final = "\u202eevil\u202c <script>alert(1)</script> =1+1"
_GUEST: Final = N_("Guest")
_SEVERAL: Final = NN_("{n} user was disabled.", "{n} users were disabled.")
_NAMES: Final = ("Adele Vance", "Aïcha Oñate y Muñoz-de la Cruz van den Heuvel", "عبد الله", _HOSTILE)
"""Names as they come: short, long, written from right to left, and meant to do harm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryPage(View):
    """The page.

    Attributes:
        table, empty: a table in the middle of its pages, and one without rows. said: status lines, one with *Undo*.
        drawings: charts of each form. names: what people are called. moment: a time. display: the one in use.
    """

    template: ClassVar[str] = "portal/gallery.html"
    table: Table[str]
    empty: Table[str]
    said: tuple[Said, ...]
    contacts: Contacts
    drawings: tuple[Markup, ...]
    names: tuple[str, ...]
    moment: datetime
    display: str
    address: str = PATH


def gallery_routes(desk: Desk) -> list[BaseRoute]:
    """The one address."""
    return [route(desk, PATH, get=_show)]


async def _show(visit: Visit) -> Response:
    if not visit.house.emulator:
        return await not_found(visit)
    wish = visit.request.query_params.get("display", "")
    display = Display(wish) if wish in {one.value for one in Display} else Display.SYSTEM
    frame = replace(visit.frame(), display=display)
    return visit.desk.pages.response(_page(visit, display), frame)


def _page(visit: Visit, display: Display) -> GalleryPage:
    return GalleryPage(
        table=_table(_NAMES),
        empty=_table(()),
        said=(
            Said(N_("Saved.")),
            Said(N_("{name} was disabled."), {"name": _NAMES[1]}, undo=PATH),
            Said(_SEVERAL[0], many=_SEVERAL[1], n=7),
        ),
        contacts=Contacts("privacy@contoso.example", ("admin@contoso.example",), "https://contoso.example/privacy"),
        drawings=_drawings(visit),
        names=_NAMES,
        moment=visit.now - timedelta(hours=3),
        display=display.value,
        problems=(Problem(N_("Select at least one user."), at="wrong"),),
    )


def _drawings(visit: Visit) -> tuple[Markup, ...]:
    title = visit.words.text(N_("Guests over time"))
    series = (Series(title, (3, 5, 8, 13, 9)), Series(visit.words.text(_GUEST), (1, 1, 2, 3, 5)))
    labels = tuple(visit.words.number(week) for week in range(1, 6))
    return tuple(draw(form, labels, series, title) for form in Form)


def _table(rows: tuple[str, ...]) -> Table[str]:
    columns = (Column("name", N_("Name")), Column("type", N_("User type")), Column("email", N_("Email")))
    choices = (Choice("guest", _GUEST), Choice("member", N_("Member")))
    return Table(
        rows=rows,
        headings=(
            Heading(N_("Name"), PATH, "ascending"),
            Heading(N_("User type"), PATH, "descending"),
            Heading(N_("Email"), PATH),
        ),
        paging=Paging(26, 29, 10_000, more=True, previous_url=PATH, next_url=PATH, sizes=((25, PATH), (50, PATH))),
        path=PATH,
        selects=((Select("type", N_("User type"), choices), "guest"),),
        typed=((Typed("domain", N_("Domain")), "contoso.example"),),
        search="ade",
        chips=(Chip(N_("User type"), _GUEST, PATH), Chip(N_("Domain"), _HOSTILE, PATH, translated=False)),
        clear_url=PATH,
        choosing=((columns[1], True), (columns[2], False)),
    )
