"""*Sign-ins*: where and when the person's account was used, and the button that ends all of it."""

from typing import Final

from starlette.responses import Response

from vestibule.actions import signing_out
from vestibule.actions.sign_in_rows import since
from vestibule.doors.portal import paths
from vestibule.doors.portal.desk import CLIENT, Visit
from vestibule.doors.portal.routes.account import finding
from vestibule.doors.portal.views.account import Outcome, SignInRow, SignInsPage
from vestibule.rules import sign_ins as rules
from vestibule.rules.user_agents import Device
from vestibule.store import apps, sign_ins
from vestibule.store.sign_ins import SignIn

MOST: Final = 100


async def show(visit: Visit) -> Response:
    """The page: the latest hundred, of one organization when it is chosen."""
    places = [
        (one.organization.tenant_id, one.organization.display_name) for one in await finding.present_everywhere(visit)
    ]
    chosen = visit.request.query_params.get("organization", "").lower()
    chosen = chosen if chosen in dict(places) else ""
    rows = await latest(visit, MOST, dict(places), only=chosen)
    return visit.page(SignInsPage(rows=tuple(rows), organizations=tuple(places), organization=chosen))


async def latest(visit: Visit, most: int, places: dict[str, str], *, only: str = "") -> list[SignInRow]:
    """The latest sign-ins, newest first.

    Args:
        visit: the visit. most: how many. places: names of the organizations the person is in, by id.
        only: the organization that is wanted; empty for all.
    """
    person_id, back_to = visit.who.person.person_id, since(visit.now)
    found = await sign_ins.of_person(visit.reading, person_id, most, since=back_to, tenant_id=only)
    known = await _apps(visit, found)
    return [
        SignInRow(
            at=one.at,
            organization=places.get(one.tenant_id, ""),
            app=known.get(one.client_id, ""),
            device=Device(one.browser, one.operating_system).name,
            country=visit.words.country(one.country),
            outcome=Outcome.SUCCEEDED if one.error_code == rules.SUCCESS else Outcome.FAILED,
        )
        for one in found
    ]


async def _apps(visit: Visit, found: list[SignIn]) -> dict[str, str]:
    """What the programs are called, by client id; our own pages are one of them."""
    others = {one.client_id for one in found} - {CLIENT}
    named = await apps.find_by_client_ids(visit.reading, sorted(others)) if others else []
    return {CLIENT: visit.words.text("My Account"), **{app.client_id: app.display_name for app in named}}


async def end_all(visit: Visit) -> Response:
    """Sign out everywhere, here too."""
    await visit.form()
    await signing_out.sign_out_everywhere(visit.house, person_id=visit.who.person.person_id, by=visit.actor())
    visit.signed_out()
    return visit.redirect(paths.SIGNED_OUT)
