"""A device without a keyboard shows a code; the person it belongs to types it here, and says whether they began this.

The code alone does nothing, and no address does: what is asked for is shown first, and only a button of that page
agrees (RFC 8628, section 3.3; the advice against phishing in section 5.4).
"""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.actions import choosing, consenting, device_signing_in, resources
from vestibule.actions.device_signing_in import Waiting
from vestibule.doors.portal import entering, paths
from vestibule.doors.portal.desk import Desk, Visit
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.views import problems
from vestibule.doors.portal.views.devices import DeviceAnswered, EnterDeviceCode, ReviewDevice
from vestibule.doors.web.errors import ErrorKind, Step
from vestibule.doors.web.frame import Problem
from vestibule.rules import device_codes, grants
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations
from vestibule.store.memberships import Membership

LONGEST: Final = 64
_SHUT: Final = {
    Reason.NOT_ALLOWED,
    Reason.NOT_FOUND,
    Reason.WRONG_STAGE,
    Reason.ACCOUNT_DISABLED,
    Reason.TERMS_NOT_ACCEPTED,
}


def device_routes(desk: Desk) -> list[BaseRoute]:
    """Typing the code, and the answer."""
    return [route(desk, paths.DEVICE, get=_enter, post=_take, signed_in=True)]


async def _enter(visit: Visit) -> Response:
    return await _ask_code(visit, visit.request.query_params.get("user_code", ""))


async def _ask_code(visit: Visit, typed: str, *what: Problem, status: int = 200) -> Response:
    view = EnterDeviceCode(
        account=await entering.email_of(visit), typed=_tidy(typed), going_to=paths.DEVICE, problems=what
    )
    return visit.page(view, status)


async def _take(visit: Visit) -> Response:
    form = await visit.form()
    typed, answer = form.get("user_code", "").strip()[:LONGEST], form.get("answer", "")
    if not typed:
        return await _ask_code(visit, typed, problems.ENTER_DEVICE_CODE, status=400)
    try:
        found = await device_signing_in.find(visit.house, typed, person_id=visit.who.person.person_id)
        if answer == "approve":
            return await _approve(visit, found, typed)
        if answer == "decline":
            await device_signing_in.decline(visit.house, visit.who, typed, request_id=visit.reference)
            return await _answered(visit, found, approved=False)
    except Refused as refused:
        if refused.reason is not Reason.CODE_WRONG:
            raise
        return await _ask_code(visit, typed, problems.WRONG_DEVICE_CODE, status=400)
    return await _review(visit, found, typed)


async def _review(visit: Visit, found: Waiting, typed: str) -> Response:
    place = await organizations.find(visit.reading, found.app.tenant_id)
    view = ReviewDevice(
        account=await entering.email_of(visit),
        typed=_tidy(typed),
        app=found.app.display_name,
        place="" if place is None else place.display_name,
        permissions=grants.unconsented(resources.read_asked(visit.house, found.scope), ()),
        asked_at=found.asked_at,
        network=found.network,
    )
    return visit.page(view)


async def _approve(visit: Visit, found: Waiting, typed: str) -> Response:
    """The page named what the app asks for, so that whoever agrees consents to it."""
    try:
        account = await choosing.account_for(visit.reading, found.app, found.where, visit.who.person)
        # Nobody consents to an app that then does not take them in.
        await device_signing_in.insist_served(visit.reading, account)
        await _consent(visit, found, account)
        await device_signing_in.approve(visit.house, visit.who, typed, network=visit.whence, request_id=visit.reference)
    except Refused as refused:
        return await _not_let_in(visit, found, typed, refused)
    return await _answered(visit, found, approved=True)


async def _consent(visit: Visit, found: Waiting, account: Membership) -> None:
    asked = resources.read_asked(visit.house, found.scope)
    resource = await resources.for_account(visit.reading, found.app, account, asked)
    have = await resources.consented(visit.reading, found.app, account, resource)
    missing = grants.unconsented(asked, have)
    if missing:
        await consenting.consent(
            visit.house,
            tenant_id=account.tenant_id,
            app_id=found.app.app_id,
            user_id=account.user_id,
            permissions=missing,
            by=visit.actor(account.tenant_id),
        )


async def _not_let_in(visit: Visit, found: Waiting, typed: str, refused: Refused) -> Response:
    """Whoever cannot use the app, or not on a device, reads why; the device goes on waiting."""
    if refused.reason is Reason.TERMS_NOT_ACCEPTED:
        back = f"{paths.DEVICE}?{urlencode({'user_code': _tidy(typed)})}"
        return visit.redirect(paths.terms(str(refused.facts["tenantId"]), back))
    place = await organizations.find(visit.reading, found.where.tenant_id or found.app.tenant_id)
    if place is None or refused.reason not in _SHUT:
        raise refused
    if refused.facts.get("why") == "deviceSignInForGuests":
        steps = ((Step.MY_ACCOUNT, paths.OVERVIEW),)
        return visit.problem(ErrorKind.DEVICE_FOR_GUESTS, 403, organization=place.display_name, steps=steps)
    if refused.reason is Reason.NOT_ALLOWED:
        steps = ((Step.MY_ACCOUNT, paths.OVERVIEW),)
        return visit.problem(ErrorKind.NO_ACCESS, 403, organization=place.display_name, steps=steps, sign_out=True)
    return await entering.shut(visit, place, refused)


async def _answered(visit: Visit, found: Waiting, *, approved: bool) -> Response:
    view = DeviceAnswered(account=await entering.email_of(visit), app=found.app.display_name, approved=approved)
    return visit.page(view)


def _tidy(typed: str) -> str:
    """The code as the device shows it; what cannot be one as it was typed."""
    code = device_codes.read(typed)
    return typed[:LONGEST] if code is None else device_codes.shown(code)
