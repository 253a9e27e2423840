"""Who signs in: the address, the organization, the password."""

from dataclasses import replace
from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.actions import limits, redeeming, second_steps, signing_in
from vestibule.doors.portal import entering, known_accounts, paths
from vestibule.doors.portal.desk import NEXT, Desk, Visit
from vestibule.doors.portal.forms import BadForm
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.routes import cards, federation
from vestibule.doors.portal.views import problems
from vestibule.doors.portal.views.sign_in import EnterPassword, SignIn, WhichOrganization
from vestibule.doors.web import visits
from vestibule.doors.web.errors import ErrorKind, Step
from vestibule.doors.web.frame import Problem
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations

LONGEST_EMAIL: Final = 320
LONGEST_DOMAIN: Final = 253


def sign_in_routes(desk: Desk) -> list[BaseRoute]:
    """The beginning of a sign-in."""
    return [
        route(desk, paths.SIGN_IN, get=_sign_in, post=_take_email),
        route(desk, paths.WHICH_ORGANIZATION, get=_which_organization, post=_take_organization),
        route(desk, paths.PASSWORD, get=_password, post=_take_password),
    ]


# --- The address ------------------------------------------------------------------------------------------------------


async def _sign_in(visit: Visit) -> Response:
    query = visit.request.query_params
    if ("flow" in query or "request" in query) and visit.flow is None:
        return cards.over(visit)
    if visit.flow is None and entering.asked_for(visit.request):
        return await start(visit)
    if visit.flow is None and NEXT in query and visit.signed_in is not None:
        return visit.redirect(visit.going_to or paths.OVERVIEW)
    # An app sends people here with ``request``; from the picker they come with ``flow``.
    if "request" in query and cards.wants_picker(visit) and await known_accounts.shown(visit):
        return visit.to_flow(paths.PICK_ACCOUNT)
    return await _ask_email(visit)


async def start(visit: Visit, *, picks: bool = False) -> Response:
    """Begin a sign-in to the organization that the address names by ``tenantId``.

    Who is signed in already goes on at once, unless the account is to be picked (``picks``).
    """
    word = entering.asked_for(visit.request)
    place = await entering.find_place(visit.reading, word)
    if place is None:
        return entering.unknown(visit, word)
    target = visit.going_to or paths.OVERVIEW
    if visit.signed_in is not None and not picks:
        return await cards.to_organization(visit, place.tenant_id, target)
    await entering.begin(visit, target=target, place=place, word=word)
    picks = picks or bool(known_accounts.read(visit))
    return visit.to_flow(paths.PICK_ACCOUNT if picks else paths.SIGN_IN)


async def _ask_email(visit: Visit, typed: str | None = None, *what: Problem, status: int = 200) -> Response:
    known = "" if entering.fact(visit, "masked") else entering.fact(visit, "email")
    again = bool(entering.fact(visit, "again"))
    view = SignIn(
        email=known if typed is None else typed,
        again=again,
        providers=await federation.offered(visit),
        problems=what,
        **cards.shown(visit),
    )
    return visit.page(view, status, form_targets=(*cards.form_targets(visit), *await federation.targets(visit)))


async def _take_email(visit: Visit) -> Response:
    try:
        form = await visit.form()
    except BadForm as bad:
        return await _again(visit, bad)
    ended = await cards.flow_of(visit, form)
    if ended is not None:
        return ended
    if form.get("provider"):
        return await federation.go_to(visit, form["provider"])
    email = form.get("email", "").strip()
    if not email:
        return await _ask_email(visit, email, problems.ENTER_EMAIL, status=400)
    try:
        return await go_on(visit, email)
    except Refused as refused:
        if refused.reason is not Reason.BAD_VALUE:
            raise
        return await _ask_email(visit, email[:LONGEST_EMAIL], problems.ODD_EMAIL, status=400)


async def _again(visit: Visit, bad: BadForm) -> Response:
    """A form of our own that got too old: the page as it was, to be sent once more."""
    if not bad.stale:
        raise bad
    await cards.flow_of(visit, dict(bad.typed))
    return await _ask_email(visit, bad.typed.get("email", "")[:LONGEST_EMAIL], problems.STALE_FORM, status=403)


async def go_on(visit: Visit, email: str, *, masked: bool = False) -> Response:
    """Go where somebody with this address proves who they are: here, or at a provider that answers for its domain.

    Raises:
        Refused: BAD_VALUE when this is no address.
    """
    path = await way_in(visit, email, masked=masked)
    elsewhere = await federation.by_domain(visit, email, typed=not masked)
    return visit.to_flow(path) if elsewhere is None else elsewhere


async def way_in(visit: Visit, email: str, *, masked: bool = False) -> str:
    """Remember whose sign-in it is, and return the page where that is proven.

    Raises:
        Refused: BAD_VALUE when this is no address.
    """
    if len(email) > LONGEST_EMAIL:
        raise Refused(Reason.BAD_VALUE, property="email")
    way = await signing_in.way_in(visit.house, email)
    await limits.begin_sign_in(visit.house, network=visit.network, known=await known_accounts.knows(visit, email))
    if visit.flow is None:
        await entering.begin(visit, target=visit.going_to or paths.OVERVIEW)
    if visit.flow is not None:
        facts = {"email": email, "masked": "yes" if masked else "", "code": None}
        visit.flow = await signing_in.note(visit.house, visit.flow, **facts)
    return paths.CODE if way == signing_in.CODE else paths.PASSWORD


# --- The organization -------------------------------------------------------------------------------------------------


async def _which_organization(visit: Visit) -> Response:
    return visit.page(WhichOrganization(**cards.shown(visit)), form_targets=cards.form_targets(visit))


async def _take_organization(visit: Visit) -> Response:
    form = await visit.form()
    ended = await cards.flow_of(visit, form)
    if ended is not None:
        return ended
    word = form.get("domain", "").strip()
    if not word:
        view = WhichOrganization(problems=(problems.ENTER_DOMAIN,), **cards.shown(visit))
        return visit.page(view, 400, form_targets=cards.form_targets(visit))
    place = await entering.find_place(visit.reading, word)
    if place is None:
        return entering.unknown(visit, word[:LONGEST_DOMAIN])
    if entering.authorization(visit) is not None:
        return visit.to_flow(paths.SIGN_IN)  # the app has said already which organization it means
    target = entering.fact(visit, "target") or visit.going_to or paths.OVERVIEW
    if visit.signed_in is not None:
        return await cards.to_organization(visit, place.tenant_id, target)
    if visit.flow is None:
        await entering.begin(visit, target=target, place=place, word=word)
    else:
        visit.flow = await signing_in.note(visit.house, visit.flow, tenant=place.tenant_id, word=word)
    return visit.to_flow(paths.SIGN_IN)


# --- The password -----------------------------------------------------------------------------------------------------


async def _password(visit: Visit) -> Response:
    if not entering.fact(visit, "email"):
        return visit.to_flow(paths.SIGN_IN)
    return _ask_password(visit)


def _ask_password(visit: Visit, *what: Problem, status: int = 200) -> Response:
    email, masked = entering.fact(visit, "email"), bool(entering.fact(visit, "masked"))
    view = EnterPassword(email=email, problems=what, **cards.shown(visit))
    if masked:
        view = replace(view, email=redeeming.mask(email), masked=True)
    return visit.page(view, status, form_targets=cards.form_targets(visit))


async def _take_password(visit: Visit) -> Response:
    form = await visit.form()
    ended = await cards.flow_of(visit, form)
    if ended is not None:
        return ended
    email, password = entering.fact(visit, "email"), form.get("password", "")
    if visit.flow is None or not email:
        return visit.to_flow(paths.SIGN_IN)
    if not password:
        return _ask_password(visit, problems.ENTER_PASSWORD, status=400)
    try:
        opened = await second_steps.prove_password(
            visit.house,
            visit.desk.passwords,
            visit.flow,
            email=email,
            password=password,
            network=visit.whence,
            old_token=visits.session_token(visit.request),
            known=await known_accounts.knows(visit, email),
        )
    except Refused as refused:
        return await _not_proven(visit, refused)
    return visit.to_flow(paths.SECOND_FACTOR) if opened is None else await cards.welcome(visit, opened)


async def _not_proven(visit: Visit, refused: Refused) -> Response:
    match refused.reason:
        case Reason.PASSWORD_WRONG:
            return _ask_password(visit, problems.WRONG_PASSWORD, status=400)
        case Reason.ACCOUNT_DISABLED:
            home = await organizations.find(visit.reading, str(refused.facts.get("tenantId", "")))
            contacts = {} if home is None else {"contacts": entering.contacts_of(home)}
            steps = ((Step.DIFFERENT_ACCOUNT, paths.PICK_ACCOUNT),)
            return visit.problem(ErrorKind.ACCOUNT_DISABLED, 403, steps=steps, **contacts)
        case _:
            raise refused
