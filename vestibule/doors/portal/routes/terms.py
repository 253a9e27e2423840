"""*Terms of use*: shown before somebody comes in to an organization, accepted or declined.

The page changes nothing about who may do what: every sign-in and every app asks for itself whether the edition in force
was accepted. So whoever steps around the page is where they were before it.
"""

from dataclasses import dataclass, replace

from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.actions import signing_in, terms
from vestibule.doors.portal import entering, paths
from vestibule.doors.portal.desk import FLOW, Desk, Visit
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.routes import cards, invited, waiting_apps
from vestibule.doors.portal.views.sign_in import TermsOfUse
from vestibule.doors.web import visits
from vestibule.doors.web.errors import ErrorKind, Step
from vestibule.rules import names
from vestibule.rules import terms as rules
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations
from vestibule.store import terms as kept_terms
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization

TENANT = "tenantId"
DECLINED = "terms"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose terms somebody is asked to accept, and by which user object."""

    user: Membership
    place: Organization


def terms_routes(desk: Desk) -> list[BaseRoute]:
    """The terms, and the page for who declined them."""
    return [
        route(desk, paths.TERMS, get=_show, post=_answer),
        route(desk, paths.TERMS_DECLINED, get=_declined),
    ]


async def _show(visit: Visit) -> Response:
    query = visit.request.query_params
    if (FLOW in query or "request" in query) and visit.flow is None:
        return cards.over(visit)
    if visit.signed_in is None:
        return visit.to_flow(paths.SIGN_IN)
    asked = await _asked(visit, query.get(TENANT, ""))
    return await _page(visit, asked)


async def _page(visit: Visit, asked: Asked, *, changed: bool = False, status: int = 200) -> Response:
    waiting = await terms.to_accept(visit.reading, asked.user)
    if waiting is None:
        return await _go_on(visit, asked)
    of_organization = asked.place.notification_language
    language = rules.best(waiting.documents, wanted=visit.words.language, of_organization=of_organization)
    document = rules.of_kept(waiting.documents[language])
    before = await kept_terms.acceptances(visit.reading, asked.user.tenant_id, asked.user.user_id)
    view = TermsOfUse(
        tenant_id=asked.place.tenant_id,
        edition=waiting.edition,
        text=document.text,
        link=document.link,
        language=language,
        email=await entering.email_of(visit),
        changed=changed or bool(before),
        **cards.shown(visit) | {"organization": asked.place.display_name, "domain": asked.place.initial_domain},
    )
    return visit.page(view, status, form_targets=cards.form_targets(visit))


async def _asked(visit: Visit, tenant_id: str) -> Asked:
    """The organization that somebody wants to go on to.

    Raises:
        Refused: NOT_FOUND when they are nobody there.
    """
    waiting = await waiting_apps.find(visit)
    if waiting is not None:
        user = await waiting_apps.account(visit, waiting)
    else:
        meant = invited.meant(visit)
        here = meant.tenant_id if meant is not None else names.guid(tenant_id) or entering.fact(visit, "tenant")
        user = await signing_in.entry(visit.reading, visit.who.person, here)
    place = await organizations.find(visit.reading, user.tenant_id)
    if place is None:
        raise Refused(Reason.NOT_FOUND)
    return Asked(user, place)


async def _answer(visit: Visit) -> Response:
    form = await visit.form()
    ended = await cards.flow_of(visit, form)
    if ended is not None:
        return ended
    if visit.signed_in is None:
        return visit.to_flow(paths.SIGN_IN)
    asked = await _asked(visit, form.get(TENANT, ""))
    if form.get("answer") == "decline":
        return await _decline(visit, asked)
    if form.get("answer") != "accept" or not form.get("edition", "").isdecimal():
        return await _page(visit, asked, status=400)
    try:
        await terms.accept_terms(
            visit.house,
            tenant_id=asked.user.tenant_id,
            user_id=asked.user.user_id,
            edition=int(form["edition"][:9]),
            by=_as_user(visit, asked),
        )
    except Refused as refused:
        if refused.reason is not Reason.TOO_LATE:
            raise
        return await _page(visit, asked, changed=True, status=409)
    return await _go_on(visit, asked)


def _as_user(visit: Visit, asked: Asked) -> Actor:
    return replace(visit.actor(), tenant_id=asked.user.tenant_id, user_id=asked.user.user_id)


async def _go_on(visit: Visit, asked: Asked) -> Response:
    """Nothing is left to accept: to the app, where the invitation leads, or to the page that was asked for."""
    if entering.authorization(visit) is not None:
        return await cards.resume(visit)
    await visit.look_again()
    if visit.signed_in is None:
        return visit.to_flow(paths.SIGN_IN)
    found = await invited.find(visit)
    if found is not None:
        await entering.enter(visit, asked.place.tenant_id)
        return await invited.land(visit, *found)
    target = entering.fact(visit, "target") or visit.going_to or paths.OVERVIEW
    return await cards.to_organization(visit, asked.place.tenant_id, target)


# --- Declining --------------------------------------------------------------------------------------------------------


async def _decline(visit: Visit, asked: Asked) -> Response:
    """Signed in nowhere there; of what the person has nothing is changed."""
    await terms.decline_terms(
        visit.house,
        tenant_id=asked.user.tenant_id,
        user_id=asked.user.user_id,
        by=_as_user(visit, asked),
        network=visit.network,
        client_id=entering.client_id(visit),
    )
    here, token = asked.place.tenant_id, visits.session_token(visit.request)
    if token and here == visit.who.person.home_tenant and entering.authorization(visit) is None:
        await signing_in.sign_out(visit.house, token)
        visit.signed_out()
        return visit.redirect(paths.SIGNED_OUT, {"why": DECLINED})
    await signing_in.close_organization(visit.house, visit.who, here)
    visit.in_no_context_of(here)
    return visit.to_flow(paths.TERMS_DECLINED, **{TENANT: here})


async def _declined(visit: Visit) -> Response:
    if visit.signed_in is None:
        return visit.to_flow(paths.SIGN_IN)
    asked = await _asked(visit, visit.request.query_params.get(TENANT, ""))
    here = asked.place.tenant_id
    again = paths.terms(here, visit.going_to or paths.OVERVIEW)
    steps = [(Step.READ_TERMS, paths.in_flow(paths.TERMS, visit.handle, tenantId=here) if visit.handle else again)]
    if entering.authorization(visit) is not None:
        steps.append((Step.BACK_TO_APP, paths.in_flow(f"{paths.CONSENT}/cancel", visit.handle)))
    if here != visit.who.person.home_tenant:
        steps += [(Step.LEAVE, paths.sign_in_to_leave(here)), (Step.MY_ACCOUNT, paths.OVERVIEW)]
    kind = ErrorKind.TERMS_DECLINED
    return visit.problem(kind, 403, organization=asked.place.display_name, steps=tuple(steps))
