"""What the sign-in pages share: what surrounds each of them, and where somebody goes who is through."""

from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from vestibule.actions import redeeming
from vestibule.actions.signing_in import Opened
from vestibule.doors.portal import account_menu, entering, known_accounts, paths
from vestibule.doors.portal.desk import FLOW, NEXT, Visit
from vestibule.doors.portal.routes import invited, waiting_apps
from vestibule.doors.web.errors import ErrorKind, GoOn, Step
from vestibule.rules.refusals import Refused
from vestibule.store import organizations, receipts


def shown(visit: Visit) -> dict[str, Any]:
    """The fields that every sign-in page has. Before sign-in an organization is shown by the domain that was typed."""
    word = entering.fact(visit, "word")
    going_to = "" if visit.handle else visit.going_to
    return {"flow": visit.handle, "going_to": going_to, "domain": word if "." in word else ""}


async def named(visit: Visit) -> dict[str, Any]:
    """The same, with the organization's name for somebody who is signed in and belongs to it."""
    tenant_id = entering.fact(visit, "tenant")
    if not tenant_id or visit.signed_in is None or await entering.why_not(visit, tenant_id) is not None:
        return shown(visit)
    place = await organizations.find(visit.reading, tenant_id)
    return shown(visit) | (
        {} if place is None else {"organization": place.display_name, "domain": place.initial_domain}
    )


def form_targets(visit: Visit) -> tuple[str, ...]:
    """Where the forms of a sign-in may end besides here: at the app that waits, whose address was checked before."""
    target = _redirect_uri(visit)
    return (target,) if _is_web(target) else ()


def over(visit: Visit) -> Response:
    """The sign-in under way is over, or belongs to another browser."""
    return visit.problem(ErrorKind.LINK_EXPIRED, 410, steps=((Step.SIGN_IN, paths.SIGN_IN),))


async def flow_of(visit: Visit, form: dict[str, str]) -> Response | None:
    """Find the sign-in that a form belongs to, or where a new one leads. Returns the page to answer when it is over."""
    visit.going_to = paths.own_path(form.get(NEXT, "")) or ""
    handle = form.get(FLOW, "")
    if handle and await visit.take_flow(handle) is None:
        return over(visit)
    return None


async def welcome(visit: Visit, opened: Opened) -> Response:
    """Somebody just proved who they are."""
    visit.signed_in_as(opened)
    known_accounts.remember(visit, opened.signed_in.person.person_id)
    await visit.fresh()
    return await arrive(visit)


async def arrive(visit: Visit) -> Response:
    """Where a signed-in person goes on to: the app that waits, the invitation, the organization, or My Account."""
    if entering.authorization(visit) is not None:
        return await _to_app(visit)
    if invited.meant(visit) is not None:
        return await invited.go_on(visit)
    target = entering.fact(visit, "target") or visit.going_to or paths.OVERVIEW
    tenant_id = entering.fact(visit, "tenant")
    if tenant_id:
        return await to_organization(visit, tenant_id, target)
    if visit.who.person.home_tenant is None:
        return await _without_home(visit, target)
    return _terms(visit, visit.who.person.home_tenant, target) or visit.redirect(target)


async def to_organization(visit: Visit, tenant_id: str, target: str) -> Response:
    """Enter an organization and go on; or the page that says why that is not possible."""
    try:
        await entering.enter(visit, tenant_id)
    except Refused as refused:
        place = await organizations.find(visit.reading, tenant_id)
        if place is None:
            raise
        return await entering.shut(visit, place, refused)
    return _terms(visit, tenant_id, target) or visit.redirect(target)


def _terms(visit: Visit, tenant_id: str, target: str) -> Response | None:
    """The organization's terms of use, when they wait to be accepted. Nobody has to accept anything to leave."""
    if tenant_id not in visit.who.held_back or paths.is_leaving(target):
        return None
    visit.going_to = target
    return visit.to_flow(paths.TERMS, tenantId=tenant_id)


async def resume(visit: Visit) -> Response:
    """Back to the authorization request that waits."""
    path = f"{paths.RESUME}?request={visit.handle}"
    if _is_web(_redirect_uri(visit)) or visit.request.method != "POST":
        return visit.redirect(path)
    # A browser lets no form end at an app's own scheme; a page that leads on by itself may.
    return visit.page(GoOn(url=path))


async def _to_app(visit: Visit) -> Response:
    """Whoever cannot enter the app's organization hears it here; the app is told nothing about another account."""
    waiting = await waiting_apps.find(visit)
    if waiting is None:
        return await resume(visit)
    try:
        await waiting_apps.account(visit, waiting)
    except Refused as refused:
        place = await organizations.find(visit.reading, waiting.tenant_id)
        if place is not None:
            return await entering.shut(visit, place, refused, to_app=True)
    return await resume(visit)


async def _without_home(visit: Visit, target: str) -> Response:
    """Somebody whom no organization owns: straight into the only one they belong to, or the question which is meant."""
    person = visit.who.person
    mine = await account_menu.enterable(visit.reading, person)
    if len(mine) == 1:
        return await to_organization(visit, mine[0].tenant_id, target)
    if mine or target != paths.OVERVIEW or await receipts.of_person(visit.reading, person.person_id):
        return visit.redirect(target)
    waiting = await redeeming.waiting_for(visit.house, visit.reading, person.person_id)
    return visit.redirect(target) if waiting else visit.redirect(paths.WHICH_ORGANIZATION)


def wants_picker(visit: Visit) -> bool:
    """The app that waits asks for the account picker (OpenID Connect Core 1.0, section 3.1.2.1)."""
    return "select_account" in _given(visit, "prompt").split()


def _redirect_uri(visit: Visit) -> str:
    return _given(visit, "redirect_uri")


def _given(visit: Visit, name: str) -> str:
    """A parameter of the authorization request that waits; empty when it has none."""
    authorize = entering.authorization(visit)
    given = None if authorize is None else authorize.get("given")
    return str(given.get(name, "")) if isinstance(given, dict) else ""


def _is_web(address: str) -> bool:
    return urlsplit(address).scheme in {"http", "https"}
