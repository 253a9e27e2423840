"""*Review permissions*: what an app asks for, or the organization that invited; and going on from there."""

from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.actions import consenting, resources, signing_in
from vestibule.doors.portal import entering, paths
from vestibule.doors.portal.desk import Desk, Visit
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.routes import cards, invited, waiting_apps
from vestibule.doors.portal.views.sign_in import REDEMPTION, ReviewPermissions
from vestibule.doors.web.errors import ErrorKind
from vestibule.rules import grants
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization


def consent_routes(desk: Desk) -> list[BaseRoute]:
    """Consent, its refusal, and the page that leads on to another site."""
    return [
        route(desk, paths.CONSENT, get=_review, post=_answer),
        route(desk, f"{paths.CONSENT}/cancel", get=_cancel),
        route(desk, paths.GO_ON, get=_go_on),
    ]


@dataclass(frozen=True, slots=True)
class Asking:
    """What an app asks the signed-in person for.

    Attributes:
        here: the person in the app's organization. wanted: scopes nobody has consented to yet, as the app spelt them;
            all of them when the app insists on asking.
    """

    app: App
    place: Organization
    here: Membership
    wanted: tuple[str, ...]


async def _review(visit: Visit) -> Response:
    if visit.flow is None:
        return cards.over(visit)
    if visit.signed_in is None:
        return visit.to_flow(paths.SIGN_IN)
    if entering.authorization(visit) is None:
        return await _review_invitation(visit)
    asking = await _asking(visit)
    if asking is None or not asking.wanted:
        return await cards.resume(visit)
    view = ReviewPermissions(
        permissions=asking.wanted,
        app=asking.app.display_name,
        **await _about(visit, asking.place),
    )
    return visit.page(view, form_targets=cards.form_targets(visit))


async def _review_invitation(visit: Visit) -> Response:
    found = await invited.find(visit)
    if found is None:
        return invited.gone(visit)
    closed = await invited.over(visit, *found)
    if closed is not None:
        return closed
    view = ReviewPermissions(permissions=REDEMPTION, **await _about(visit, found[1]))
    return visit.page(view)


async def _about(visit: Visit, place: Organization) -> dict[str, Any]:
    return {
        "flow": visit.handle,
        "email": await entering.email_of(visit),
        "organization": place.display_name,
        "domain": place.initial_domain,
        "privacy_statement": place.privacy_statement or "",
    }


async def _asking(visit: Visit) -> Asking | None:
    """What is asked for; None when the app or the person's place there is gone, which ``resume`` words."""
    waiting = await waiting_apps.find(visit)
    place = None if waiting is None else await organizations.find(visit.reading, waiting.app.tenant_id)
    if waiting is None or place is None:
        return None
    try:
        here = await waiting_apps.account(visit, waiting)
        asked = resources.read_asked(visit.house, waiting.given.get("scope", ""))
        resource = await resources.find(visit.reading, place.tenant_id, asked)
    except Refused:
        return None
    have = await resources.consented(visit.reading, waiting.app, here, resource)
    missing = grants.unconsented(asked, have)
    insists = "consent" in waiting.given.get("prompt", "").split()
    wanted = grants.unconsented(asked, ()) if insists and not missing else missing
    return Asking(waiting.app, place, here, wanted)


async def _answer(visit: Visit) -> Response:
    form = await visit.form()
    ended = await cards.flow_of(visit, form)
    if ended is not None or visit.flow is None:
        return ended or cards.over(visit)
    if visit.signed_in is None:
        return visit.to_flow(paths.SIGN_IN)
    if form.get("answer") != "accept":
        return visit.to_flow(paths.CONSENT)
    if entering.authorization(visit) is None:
        return await invited.accept(visit)
    asking = await _asking(visit)
    if asking is not None and asking.wanted:
        try:
            await _consent(visit, asking)
        except Refused as refused:
            if refused.reason is not Reason.BAD_VALUE:
                raise
            return visit.problem(ErrorKind.BAD_REQUEST, 400)  # the app asks for what does not exist
        visit.flow = await signing_in.note(visit.house, visit.flow, declined=False)
    return await cards.resume(visit)


async def _consent(visit: Visit, asking: Asking) -> None:
    await consenting.consent(
        visit.house,
        tenant_id=asking.place.tenant_id,
        app_id=asking.app.app_id,
        user_id=asking.here.user_id,
        permissions=asking.wanted,
        by=_consenting(visit, asking),
    )


def _consenting(visit: Visit, asking: Asking) -> Actor:
    """The person as the user object that agrees, also where terms of use wait to be accepted after this."""
    by, here = visit.actor(asking.place.tenant_id), asking.here
    known = asking.place.tenant_id in visit.who.held_back
    return replace(by, tenant_id=here.tenant_id, user_id=here.user_id) if known else by


async def _cancel(visit: Visit) -> Response:
    """The app hears that the person declined; an invitation stays open, and waits in the list of organizations."""
    if visit.flow is None:
        return cards.over(visit)
    if entering.authorization(visit) is None:
        return visit.redirect(paths.ORGANIZATIONS)
    waiting = await waiting_apps.find(visit)
    if waiting is not None and visit.signed_in is not None:
        declined = Refused(Reason.NOT_ALLOWED, why="declined")
        await entering.log_turned_away(visit, waiting.tenant_id, declined)
    visit.flow = await signing_in.note(visit.house, visit.flow, declined=True)
    return await cards.resume(visit)


async def _go_on(visit: Visit) -> Response:
    view = invited.go_on_page(visit)
    return cards.over(visit) if view is None else visit.page(view)
