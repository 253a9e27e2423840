"""*Leave {org}?*: the confirm page and its dialog, the leave itself, and the pages for who may not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response

from vestibule.actions import guest_settings, leaving, signing_in
from vestibule.actions.belonging import Belonging
from vestibule.actions.house import Injected
from vestibule.doors.portal import forms, paths
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.heirs import HEIR_GONE, heirs_in
from vestibule.doors.portal.routes.account import finding, once, permission
from vestibule.doors.portal.routes.account.losses import alone_of, losses_of
from vestibule.doors.portal.views.leaving import CannotLeaveHome, CannotLeaveYet, ConfirmLeave
from vestibule.doors.portal.views.problems import LONGEST_REASON, REASON_TOO_LONG
from vestibule.doors.web import visits
from vestibule.doors.web.errors import ErrorKind, Step
from vestibule.doors.web.frame import Problem
from vestibule.rules import lifecycle
from vestibule.rules.lifecycle import Cause, Invited, Tie
from vestibule.rules.policy import ErasureOnLeave
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store.receipts import Receipt
from vestibule.store.unit import Unavailable

_NEEDS_PERMISSION: Final = {Reason.ACCOUNT_DISABLED, Reason.ORGANIZATION_FORBIDS}
_BAD_KEY: Final = {Reason.KEY_MISSING, Reason.KEY_REUSED, Reason.BAD_VALUE}


@dataclass(frozen=True, slots=True)
class Sent:
    """What came with the form: the key of this press, why the person leaves, who owns what from now on, and whether
    they want to be erased.
    """

    key: str = ""
    reason: str = ""
    heirs: Mapping[str, str] = field(default_factory=dict)
    erase: bool = False


# --- Asking ---------------------------------------------------------------------------------------------------------


async def ask(visit: Visit) -> Response:
    """The confirm page, or its fragment for the dialog; whoever may not leave gets the page that says why."""
    mine = await finding.find_mine(visit)
    if mine is None or mine.why_not is Reason.WRONG_STAGE:
        return await _gone_already(visit, mine)
    if mine.why_not in _NEEDS_PERMISSION:
        return visit.redirect(paths.permission(mine.organization.tenant_id))
    if mine.why_not is not None:
        return _may_not(visit, mine, mine.why_not)
    if _signs_in_first(visit, mine):
        return visit.redirect(paths.sign_in_to_leave(mine.organization.tenant_id))
    return await _confirm(visit, mine)


async def _confirm(
    visit: Visit,
    mine: Belonging,
    sent: Sent | None = None,
    *,
    status: int = 200,
    failed: bool = False,
    problems: tuple[Problem, ...] = (),
) -> Response:
    place, sent = mine.organization, sent or Sent()
    after = lifecycle.gone(mine.guest.standing, visit.now, Cause.LEFT)
    view = ConfirmLeave(
        tenant_id=place.tenant_id,
        name=place.display_name,
        domain=place.initial_domain,
        tie=mine.guest.standing.tie,
        restorable_until=lifecycle.restorable_until(after),
        data_removed_by=lifecycle.data_removed_by(after) or visit.now,
        losses=await losses_of(visit, mine.guest),
        alone=await alone_of(visit, mine.guest),
        chosen=sent.heirs,
        idempotency_key=sent.key or once.make(visit, place.tenant_id),
        same_name=await _has_a_namesake(visit, mine),
        asks_reason=place.asks_why,
        reason=sent.reason,
        erase=sent.erase,
        erases_at_once=guest_settings.erasure_on_leave_of(place) is ErasureOnLeave.AT_ONCE,
        erased_by=visit.now + lifecycle.REMOVAL_TAKES_AT_MOST,
        failed=failed,
        reference=visit.reference if failed else "",
        problems=problems,
    )
    return visit.page(view, status)


def _signs_in_first(visit: Visit, mine: Belonging) -> bool:
    """Somebody who only uses shared apps has no account there to sign in to."""
    return mine.guest.standing.tie is not Tie.DIRECT_CONNECT and visit.who.at(mine.organization.tenant_id) is None


async def _has_a_namesake(visit: Visit, mine: Belonging) -> bool:
    name = mine.organization.display_name.casefold()
    every = await finding.present_everywhere(visit)
    return sum(one.organization.display_name.casefold() == name for one in every) > 1


# --- Leaving ----------------------------------------------------------------------------------------------------------


async def leave(visit: Visit) -> Response:
    """Leave. A second press, and a second tab, come to the receipt of the first."""
    here = finding.tenant_id(visit)
    if visit.signed_in is None:
        return await _signed_out_already(visit, here)
    form = await visit.form(verb=Verb.LEAVE, tenant_id=here)
    why = form.get("reason", "").replace("\r\n", "\n").strip()
    sent = Sent(form.get("idempotency_key", ""), why, heirs_in(form), "erase" in form)
    mine = await finding.find_mine(visit)
    if mine is None:
        return await _gone_already(visit, mine)
    if mine.why_not is None and _signs_in_first(visit, mine):
        return visit.redirect(paths.sign_in_to_leave(here))
    if len(sent.reason) > LONGEST_REASON and mine.why_not is None:
        return await _confirm(visit, mine, sent, status=400, problems=(REASON_TOO_LONG,))
    try:
        by = finding.as_themselves(visit, mine.guest)
        done = await leaving.leave(
            visit.house,
            tenant_id=here,
            by=by,
            key=sent.key,
            why=sent.reason or None,
            hand_over=sent.heirs,
            erase=sent.erase,
        )
    except Refused as refused:
        if refused.facts.get("property") == "handOver":
            return await _confirm(visit, mine, sent, status=409, problems=(HEIR_GONE,))
        return await _refused(visit, refused)
    except Unavailable as away:
        status = away.answer if isinstance(away, Injected) else 503
        return await _confirm(visit, mine, sent, status=status, failed=True)
    return await _left(visit, done.receipt)


async def _left(visit: Visit, receipt: Receipt) -> Response:
    """To the receipt. Who belongs nowhere now is signed out, and reads it by its key."""
    await visit.fresh()
    if visit.who.person.home_tenant is not None or await finding.present_everywhere(visit):
        return visit.redirect(paths.receipt(receipt.receipt_id))
    token = visits.session_token(visit.request)
    if token is not None:
        await signing_in.sign_out(visit.house, token)
    visit.signed_out()
    return visit.redirect(paths.receipt(receipt.receipt_id, leaving.receipt_key(visit.house, receipt.receipt_id)))


async def _signed_out_already(visit: Visit, here: str) -> Response:
    """Another press or tab of somebody who was signed out by leaving. Nothing is changed here."""
    form = dict(await forms.read_fields(visit.request))
    person_id = once.whose(visit.desk, form.get("idempotency_key", ""), here)
    gone = None if person_id is None else await finding.departure_from(visit, person_id, here)
    if gone is None:
        return visit.redirect(paths.sign_in_to_leave(here))
    receipt_id = gone.receipt.receipt_id
    return visit.redirect(paths.receipt(receipt_id, leaving.receipt_key(visit.house, receipt_id)))


# --- Who may not ------------------------------------------------------------------------------------------------------


async def _refused(visit: Visit, refused: Refused) -> Response:
    """The page for a leave that was refused: decided on what is there now, which may have changed meanwhile."""
    if refused.reason in _BAD_KEY:
        return visit.problem(ErrorKind.FORM_EXPIRED, 400, steps=((Step.ORGANIZATIONS, paths.ORGANIZATIONS),))
    await visit.fresh()
    mine = await finding.find_mine(visit)
    if mine is None or refused.reason is Reason.WRONG_STAGE:
        return await _gone_already(visit, mine)
    if refused.reason in _NEEDS_PERMISSION:
        return await permission.page(visit, mine, refused.reason, status=403)
    if refused.reason in {Reason.HOME_ORGANIZATION, Reason.ONLY_ADMINISTRATOR}:
        return _may_not(visit, mine, refused.reason, status=403)
    raise refused


def _may_not(visit: Visit, mine: Belonging, reason: Reason, *, status: int = 200) -> Response:
    place = mine.organization
    if reason is Reason.HOME_ORGANIZATION:
        return visit.page(CannotLeaveHome(name=place.display_name), status)
    return visit.page(CannotLeaveYet(tenant_id=place.tenant_id, name=place.display_name), status)


async def _gone_already(visit: Visit, mine: Belonging | None) -> Response:
    """Nobody leaves where they are not: the receipt for who left, the list for who is only invited, else nothing."""
    gone = await finding.departure_from(visit, visit.who.person.person_id, finding.tenant_id(visit))
    if gone is not None and (mine is None or gone.receipt.user_id == mine.guest.user_id):
        return visit.redirect(paths.receipt(gone.receipt.receipt_id))
    if mine is not None and isinstance(mine.stage, Invited):
        return visit.redirect(f"{paths.ORGANIZATIONS}#invitations")
    raise Refused(Reason.NOT_FOUND)
