"""*Personal info* and *Language*: what is known of the person, and how they want these pages to be."""

from typing import Final

from starlette.responses import Response

from vestibule.actions import speaking
from vestibule.doors.portal import account_menu, paths
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.routes.account import finding
from vestibule.doors.portal.views.account import LanguagePage, PersonalInfo
from vestibule.doors.portal.views.problems import CHOOSE_LANGUAGE
from vestibule.doors.web import visits
from vestibule.doors.web.cookies import DISPLAY, SHORTCUTS, keep_wish
from vestibule.doors.web.frame import Display
from vestibule.doors.web.words import NAMES
from vestibule.store import organizations

SAVED: Final = "saved"


async def info(visit: Visit) -> Response:
    """Name, address and language; a home organization looks after the first two."""
    person = visit.who.person
    mine = await finding.present_everywhere(visit)
    named = await account_menu.named(visit.reading, person, mine[0].guest if mine else None)
    home = None if person.home_tenant is None else await organizations.find(visit.reading, person.home_tenant)
    return visit.page(
        PersonalInfo(
            name="" if named is None else named.name,
            email="" if named is None else named.email,
            language=person.preferred_language or "",
            managed_by="" if home is None else home.display_name,
        )
    )


async def language(visit: Visit) -> Response:
    """Language, display and keyboard shortcuts."""
    return visit.page(
        LanguagePage(
            language=visit.words.language,
            display=visit.wishes.display,
            shortcuts=visit.wishes.shortcuts,
            saved=SAVED in visit.request.query_params,
        )
    )


async def save_language(visit: Visit) -> Response:
    """Keep what was chosen: the language for the person, and everything in this browser."""
    form = await visit.form()
    chosen = form.get("language", "")
    display = form.get("display", visit.wishes.display.value)
    shortcuts = form.get("shortcuts", "on" if visit.wishes.shortcuts else "off")
    if chosen not in NAMES:
        view = LanguagePage(
            language="", display=_display(display), shortcuts=shortcuts != "off", problems=(CHOOSE_LANGUAGE,)
        )
        return visit.page(view, 400)
    await speaking.choose_language(visit.house, person_id=visit.who.person.person_id, language=chosen, by=visit.actor())
    visit.kept.language = chosen
    response = visit.redirect(paths.LANGUAGE, {SAVED: "1"})
    _keep(visit, response, DISPLAY, _display(display).value)
    _keep(visit, response, SHORTCUTS, "off" if shortcuts == "off" else "on")
    return response


def _display(text: str) -> Display:
    return Display(text) if text in set(Display) else Display.SYSTEM


def _keep(visit: Visit, response: Response, purpose: str, value: str) -> None:
    host, port = visit.request.url.hostname or "", visits.listener_port(visit.request)
    keep_wish(response, purpose, value, host=host, port=port)
