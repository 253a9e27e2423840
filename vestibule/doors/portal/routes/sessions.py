"""Signing out, and switching between organizations."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.actions import signing_in
from vestibule.doors.portal import account_menu, entering, paths
from vestibule.doors.portal.desk import FLOW, Desk, Visit
from vestibule.doors.portal.forms import BadForm
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.routes import cards
from vestibule.doors.portal.views.sign_in import ChooseOrganization, ConfirmSignOut, SignedOut, SwitchChoice
from vestibule.doors.web import visits
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations

SIGNED_OUT_BY = {"terms", "idle"}
"""Why somebody may have been signed out, as the page's address says it."""

AFTER_SIGN_OUT = "after_sign_out"
"""The fact of a sign-in under way that holds where an app wants the browser after the sign-out; it was checked."""


def session_routes(desk: Desk) -> list[BaseRoute]:
    """Sign out, and switch."""
    return [
        route(desk, paths.SIGN_OUT, get=_ask, post=_sign_out),
        route(desk, paths.SIGNED_OUT, get=_signed_out),
        route(desk, paths.SWITCH, get=_choose, post=_switch, signed_in=True),
    ]


async def _ask(visit: Visit) -> Response:
    """The wish to sign out came by a link: whoever sent it, the person decides."""
    if visit.signed_in is None:
        return visit.redirect(paths.SIGNED_OUT)
    return await _confirm(visit)


async def _confirm(visit: Visit, status: int = 200) -> Response:
    """*Sign out?*; an app that asked may have an address to go on to, which the form then leads to."""
    view = ConfirmSignOut(account=await entering.email_of(visit), flow=visit.handle)
    after = entering.fact(visit, AFTER_SIGN_OUT)
    return visit.page(view, status, form_targets=[after] if after.startswith(("https://", "http://")) else ())


async def _sign_out(visit: Visit) -> Response:
    try:
        form = await visit.form()
    except BadForm:
        if visit.signed_in is None:
            return visit.redirect(paths.SIGNED_OUT)
        return await _confirm(visit, 403)
    await visit.take_flow(form.get(FLOW, ""))
    token = visits.session_token(visit.request)
    if token:
        await signing_in.sign_out(visit.house, token)
    visit.signed_out()
    if entering.fact(visit, AFTER_SIGN_OUT):
        return visit.redirect(entering.fact(visit, "target"), {"request": visit.handle})
    return visit.redirect(paths.SIGNED_OUT)


async def _signed_out(visit: Visit) -> Response:
    if visit.signed_in is not None:
        return visit.redirect(paths.SIGN_OUT)
    why = visit.request.query_params.get("why", "")
    return visit.page(SignedOut(why=why if why in SIGNED_OUT_BY else "", **cards.shown(visit)))


async def _choose(visit: Visit) -> Response:
    mine = [one.tenant_id for one in await account_menu.enterable(visit.reading, visit.who.person)]
    places = await organizations.find_many(visit.reading, mine)
    here = None if visit.current is None else visit.current.tenant_id
    choices = [
        SwitchChoice(one.tenant_id, one.display_name, one.initial_domain, current=one.tenant_id == here)
        for one in sorted(places, key=lambda one: visit.words.sort_key(one.display_name))
    ]
    return visit.page(ChooseOrganization(choices=tuple(choices)))


async def _switch(visit: Visit) -> Response:
    """Sign in to another organization, silently, and see the pages in its context."""
    form = await visit.form()
    place = await entering.find_place(visit.reading, form.get("tenantId", ""))
    if place is None:
        raise Refused(Reason.NOT_FOUND)
    return await cards.to_organization(visit, place.tenant_id, paths.OVERVIEW)
