"""Asking to be erased: by the receipt of a departure, and from where somebody may not leave on their own."""

from datetime import datetime
from typing import Final

from starlette.responses import Response

from vestibule.actions import asking_erasure, filing_erasure
from vestibule.actions.house import Injected
from vestibule.doors.portal import paths
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.routes.account import finding, permission, receipts
from vestibule.doors.portal.routes.account.receipts import Opened
from vestibule.doors.portal.views.erasure import erasure
from vestibule.doors.portal.views.problems import REQUEST_NOT_SENT
from vestibule.doors.portal.views.requests import RequestErasure
from vestibule.doors.web.frame import Problem
from vestibule.rules import policy
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store.requests import GuestRequest
from vestibule.store.unit import Unavailable

_NOTHING_TO_DO: Final = {Reason.WRONG_STAGE, Reason.ALREADY_THERE}


# --- By the receipt ---------------------------------------------------------------------------------------------------


async def show(visit: Visit) -> Response:
    """The form, what became of it, or that there is nothing left to ask for."""
    opened = await receipts.open_receipt(visit)
    return receipts.gone_page(visit) if opened is None else await _page(visit, opened)


async def _page(visit: Visit, opened: Opened, *, status: int = 200, problems: tuple[Problem, ...] = ()) -> Response:
    asked = await _asked(visit, opened)
    view = RequestErasure(
        receipt=opened.receipt,
        state=opened.state,
        due=policy.answer_due(visit.now),
        key=opened.key,
        email=receipts.email_of(opened.departed),
        erasure=erasure(asked),
        may_ask_from=_again(asked, visit.now),
        problems=problems,
    )
    return visit.page(view, status)


async def _asked(visit: Visit, opened: Opened) -> GuestRequest | None:
    guest = opened.departed.guest
    return None if guest is None else await filing_erasure.erasure_of(visit.reading, guest)


def _again(asked: GuestRequest | None, now: datetime) -> datetime | None:
    return None if asked is None else policy.ask_again_at(asked.asked_at, now)


async def answer(visit: Visit) -> Response:
    """Ask, or take it back. What has changed meanwhile is said by the page this leads to."""
    form = await visit.form()
    opened = await receipts.open_receipt(visit)
    if opened is None or opened.departed.guest is None:
        return receipts.gone_page(visit)
    guest = opened.departed.guest
    by_link = bool(opened.key)
    by = visit.actor() if by_link else finding.as_themselves(visit, guest)
    act = asking_erasure.withdraw_erasure if form.get("act") == "withdraw" else asking_erasure.ask_erasure
    try:
        if opened.departed.current:
            await act(visit.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=by, by_link=by_link)
    except Refused as refused:
        if refused.reason not in _NOTHING_TO_DO:
            raise
    except Unavailable as away:
        status = away.answer if isinstance(away, Injected) else 503
        return await _page(visit, opened, status=status, problems=(REQUEST_NOT_SENT,))
    return visit.redirect(paths.request_erasure(opened.receipt.receipt_id, opened.key))


# --- Where nobody may leave on their own ------------------------------------------------------------------------------


async def answer_here(visit: Visit) -> Response:
    """The same for somebody who is still there; it leads back to where they can see what became of it."""
    here = finding.tenant_id(visit)
    form = await visit.form(verb=Verb.ASK_ERASURE, tenant_id=here)
    mine = await finding.mine_here(visit)
    act = asking_erasure.withdraw_erasure if form.get("act") == "withdraw" else asking_erasure.ask_erasure
    try:
        by = finding.as_themselves(visit, mine.guest)
        await act(visit.house, tenant_id=here, user_id=mine.guest.user_id, by=by)
    except Refused as refused:
        if refused.reason not in _NOTHING_TO_DO:
            raise
    except Unavailable as away:
        if mine.why_not not in permission.CAUSES:
            raise
        status = away.answer if isinstance(away, Injected) else 503
        return await permission.page(visit, mine, mine.why_not, status=status, problems=(REQUEST_NOT_SENT,))
    back = paths.permission(here) if mine.why_not in permission.CAUSES else f"{paths.PRIVACY}#requests"
    return visit.redirect(back)
