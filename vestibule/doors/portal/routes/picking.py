"""Which account: those that signed in in this browser, or another one."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.actions import signing_in
from vestibule.doors.portal import entering, known_accounts, paths
from vestibule.doors.portal.desk import Desk, Visit
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.known_accounts import Known
from vestibule.doors.portal.routes import cards, federation
from vestibule.doors.portal.routes.signing_in import go_on, start
from vestibule.doors.portal.views.sign_in import KnownAccount, PickAccount
from vestibule.doors.web import visits


def picking_routes(desk: Desk) -> list[BaseRoute]:
    """The account picker."""
    return [route(desk, paths.PICK_ACCOUNT, get=_pick, post=_picked)]


async def _pick(visit: Visit) -> Response:
    query = visit.request.query_params
    if ("flow" in query or "request" in query) and visit.flow is None:
        return cards.over(visit)
    if visit.flow is None and entering.asked_for(visit.request):
        return await start(visit, picks=True)
    known = await known_accounts.shown(visit)
    if not known:
        return visit.to_flow(paths.SIGN_IN)
    accounts = tuple(KnownAccount(one.person_id, one.named.name, one.named.email) for one in known)
    view = PickAccount(accounts=accounts, **await cards.named(visit))
    return visit.page(view, form_targets=(*cards.form_targets(visit), *await federation.targets(visit)))


async def _picked(visit: Visit) -> Response:
    form = await visit.form()
    ended = await cards.flow_of(visit, form)
    if ended is not None:
        return ended
    known = {one.person_id: one for one in await known_accounts.shown(visit)}
    if form.get("forget") in known:
        return await _forget(visit, form["forget"])
    chosen = known.get(form.get("account", ""))
    if chosen is None:
        return visit.to_flow(paths.PICK_ACCOUNT)
    return await _choose(visit, chosen)


async def _choose(visit: Visit, chosen: Known) -> Response:
    """Whoever is signed in goes on; anybody else proves who they are first."""
    if visit.signed_in is not None and visit.signed_in.person.person_id == chosen.person_id:
        return await cards.arrive(visit)
    elsewhere = await federation.by_person(visit, chosen.person_id)
    return await go_on(visit, chosen.named.email) if elsewhere is None else elsewhere


async def _forget(visit: Visit, person_id: str) -> Response:
    """The browser does not show the account any more; who is signed in by it is signed out."""
    known_accounts.forget(visit, person_id)
    token = visits.session_token(visit.request)
    if token and visit.signed_in is not None and visit.signed_in.person.person_id == person_id:
        await signing_in.sign_out(visit.house, token)
        visit.signed_out()
    return visit.to_flow(paths.PICK_ACCOUNT)
