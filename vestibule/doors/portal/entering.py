"""Entering an organization: which one is meant, who may, and what somebody sees who may not."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from vestibule.actions import redeeming, sign_in_log, signing_in
from vestibule.doors.portal import account_menu, known_accounts, paths
from vestibule.doors.portal.desk import CLIENT, FLOW, Visit
from vestibule.doors.web import visits
from vestibule.doors.web.contacts import Contacts
from vestibule.doors.web.errors import ErrorKind, Part, Step
from vestibule.rules import names
from vestibule.rules.lifecycle import Cause, Deleted, Tie
from vestibule.rules.names import TenantKind
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import memberships, organizations, receipts
from vestibule.store.organizations import Organization
from vestibule.store.unit import Reading

_READS: Final = {"GET", "HEAD"}
_TENANT: Final = {"tenantid", "tenant"}


# --- Which organization -----------------------------------------------------------------------------------------------


def asked_for(request: Request) -> str:
    """The organization that an address names by ``tenantId``, as it was typed; empty when it names none."""
    return next((value for name, value in request.query_params.multi_items() if name.lower() in _TENANT), "")


async def find_place(reading: Reading, word: str) -> Organization | None:
    """The organization with this id or verified domain, whatever the case."""
    tenant = names.read_tenant(word.strip())
    if tenant is None or tenant.kind not in {TenantKind.ID, TenantKind.DOMAIN}:
        return None
    if tenant.kind is TenantKind.ID:
        return await organizations.find(reading, tenant.value)
    domain = await organizations.find_domain(reading, tenant.value)
    if domain is None or domain.verified_at is None:
        return None
    return await organizations.find(reading, domain.tenant_id)


async def tenant_context(visit: Visit) -> Response | None:
    """``?tenantId=`` on an address of My Account: sign in to that organization, then show the page in its context.

    Returns what to answer instead of the page, or None when no organization is named.
    """
    word = asked_for(visit.request)
    if not word or visit.request.method not in _READS or not visit.request.url.path.lower().startswith("/myaccount"):
        return None
    place = await find_place(visit.reading, word)
    if place is None:
        return unknown(visit, word)
    target = _without_tenant(visit.request)
    if visit.signed_in is not None:
        if place.tenant_id in visit.signed_in.open_in:
            visit.in_context_of(place.tenant_id)
            return visit.redirect(target)
        refused = await why_not(visit, place.tenant_id)
        if refused is not None:
            return await shut(visit, place, refused)
    await begin(visit, target=target, place=place, word=word)
    picks = visit.signed_in is not None or known_accounts.read(visit)
    return visit.to_flow(paths.PICK_ACCOUNT if picks else paths.SIGN_IN)


def terms_first(visit: Visit) -> Response | None:
    """The terms of use of the organization whose context the page would be in, when they wait to be accepted."""
    path, signed_in = visit.request.url.path, visit.signed_in
    if visit.request.method not in _READS or visit.part is not Part.MY_ACCOUNT or signed_in is None:
        return None
    here = visits.organization_id(visit.request) or signed_in.person.home_tenant or ""
    if here not in signed_in.held_back or not path.lower().startswith("/myaccount") or paths.needs_no_terms(path):
        return None
    return visit.redirect(paths.terms(here, paths.own_path(_without_tenant(visit.request)) or paths.OVERVIEW))


def _without_tenant(request: Request) -> str:
    rest = [(name, value) for name, value in request.query_params.multi_items() if name.lower() not in _TENANT]
    path = paths.own_path(request.url.path) or paths.OVERVIEW
    return f"{path}?{urlencode(rest)}" if rest else path


# --- A sign-in under way ----------------------------------------------------------------------------------------------


async def begin(
    visit: Visit, *, target: str, place: Organization | None = None, word: str = "", **facts: object
) -> None:
    """Begin a sign-in that ends at ``target``, a path of ours.

    Args:
        visit: the visit. target: where to go afterwards. place: the organization to sign in to.
        word: how the visitor named it; before sign-in nothing else of it is shown.
        facts: what else to remember.
    """
    tenant_id = None if place is None else place.tenant_id
    handle = await signing_in.begin(visit.house, browser=visit.browser, target=target, tenant_id=tenant_id)
    await visit.fresh()
    flow = await visit.take_flow(handle)
    if flow is not None and (word or facts):
        visit.flow = await signing_in.note(visit.house, flow, word=word, **facts)


def fact(visit: Visit, name: str) -> str:
    """A text that the sign-in under way remembers; empty when there is none."""
    value = None if visit.flow is None else visit.flow.facts.get(name)
    return value if isinstance(value, str) else ""


def authorization(visit: Visit) -> Mapping[str, object] | None:
    """The authorization request that waits for this sign-in, or None."""
    value = None if visit.flow is None else visit.flow.facts.get("authorize")
    return value if isinstance(value, dict) else None


# --- Entering ---------------------------------------------------------------------------------------------------------


async def why_not(visit: Visit, tenant_id: str) -> Refused | None:
    """Why the signed-in person cannot enter an organization, or None."""
    try:
        here = await signing_in.entry(visit.reading, visit.who.person, tenant_id)
    except Refused as refused:
        return refused
    # Somebody who only uses a shared app has no account there to be signed in to.
    return Refused(Reason.NOT_FOUND) if here.standing.tie is Tie.DIRECT_CONNECT else None


async def enter(visit: Visit, tenant_id: str) -> None:
    """Sign the browser in to one more organization, whose context the pages are in from now on.

    Raises:
        Refused: as ``signing_in.open_organization``.
    """
    if visit.who.at(tenant_id) is None:
        refused = await why_not(visit, tenant_id)
        if refused is not None:
            raise refused
        opened = await signing_in.open_organization(
            visit.house, visit.who, tenant_id, network=visit.whence, request_id=visit.reference
        )
        visit.signed_in_as(opened)
    visit.in_context_of(tenant_id)


async def shut(visit: Visit, place: Organization, refused: Refused, *, to_app: bool = False) -> Response:
    """The page for somebody who is signed in and cannot enter an organization, or use its app (``to_app``)."""
    await log_turned_away(visit, place.tenant_id, refused)
    if refused.reason is Reason.ACCOUNT_DISABLED:
        return await disabled_in(visit, place)
    if refused.reason is Reason.WRONG_STAGE:
        left = await _left(visit, place, str(refused.facts.get("userId")))
        if left is not None:
            return left
    if await _is_invited(visit, place.tenant_id):
        return visit.redirect(f"{paths.ORGANIZATIONS}#invitations")
    other = f"{paths.PICK_ACCOUNT}?{urlencode({FLOW: visit.handle} if to_app else {'tenantId': place.tenant_id})}"
    facts = {
        "organization": place.display_name,
        "account": await email_of(visit),
        "steps": ((Step.DIFFERENT_ACCOUNT, other),),
        "sign_out": True,
    }
    if to_app:
        return visit.problem(ErrorKind.NO_ACCESS, 403, **facts)
    return visit.problem(ErrorKind.NOT_A_GUEST, 403, part=Part.MY_ACCOUNT, **facts)


async def email_of(visit: Visit) -> str:
    """The address of whoever is signed in; empty for nobody."""
    known = None if visit.signed_in is None else await account_menu.named(visit.reading, visit.signed_in.person)
    return "" if known is None else known.email


async def log_turned_away(visit: Visit, tenant_id: str, refused: Refused) -> None:
    """A sign-in that ends here is in the log of the organization it was for."""
    await sign_in_log.turned_away(
        visit.house,
        visit.who.person,
        tenant_id,
        refused,
        network=visit.whence,
        request_id=visit.reference,
        client_id=client_id(visit),
    )


def client_id(visit: Visit) -> str:
    """The app that this sign-in is for, as the log knows it; our own pages when no app waits."""
    given = (authorization(visit) or {}).get("given")
    return str(given.get("client_id") or CLIENT).lower() if isinstance(given, dict) else CLIENT


async def disabled_in(visit: Visit, place: Organization) -> Response:
    """*Your account is disabled* in an organization, with whom to ask."""
    return visit.problem(
        ErrorKind.ACCOUNT_DISABLED_IN,
        403,
        organization=place.display_name,
        account=await email_of(visit),
        contacts=contacts_of(place),
        sign_out=True,
    )


def unknown(visit: Visit, word: str) -> Response:
    """*We can't find that organization*: the same whether it was never there or may not be known."""
    return visit.problem(ErrorKind.UNKNOWN_ORGANIZATION, 404, typed=word[:253])


def contacts_of(place: Organization) -> Contacts:
    """Whom an organization lets people ask."""
    return Contacts(place.privacy_contact or "", tuple(place.technical_contacts), place.privacy_statement or "")


def again_at(visit: Visit, refused: Refused) -> datetime | None:
    """The moment from which something may be tried again, when the refusal says it."""
    wait = refused.facts.get("retryAfter")
    return visit.now + timedelta(seconds=wait) if isinstance(wait, int) else None


async def _left(visit: Visit, place: Organization, user_id: str) -> Response | None:
    """*You left*, with the receipt, for as long as the account can be restored."""
    gone = await memberships.find(visit.reading, place.tenant_id, user_id)
    stage = None if gone is None else gone.stage
    if not isinstance(stage, Deleted) or visit.now >= stage.purge_due:
        return None
    receipt = await receipts.latest(visit.reading, place.tenant_id, user_id)
    if stage.cause is not Cause.LEFT or receipt is None:
        account = await email_of(visit)
        return visit.problem(ErrorKind.NO_ACCESS, 403, organization=place.display_name, account=account, sign_out=True)
    return visit.problem(
        ErrorKind.YOU_LEFT,
        403,
        organization=place.display_name,
        until=stage.purge_due,
        contacts=contacts_of(place),
        steps=(
            (Step.VIEW_RECEIPT, paths.receipt(receipt.receipt_id)),
            (Step.ASK_RESTORE, paths.request_restore(receipt.receipt_id)),
        ),
        sign_out=True,
    )


async def _is_invited(visit: Visit, tenant_id: str) -> bool:
    waiting = await redeeming.waiting_for(visit.house, visit.reading, visit.who.person.person_id)
    return any(invitation.tenant_id == tenant_id for invitation, _ in waiting)
