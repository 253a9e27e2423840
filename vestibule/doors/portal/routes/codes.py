"""Proving a mailbox by an emailed code.

What the pages say is the same whether somebody is known by that mailbox or not: an address without a code behaves as
if one had been sent, down to the number of tries.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.actions import mailbox_codes, redeeming, signing_in
from vestibule.doors.portal import entering, known_accounts, paths
from vestibule.doors.portal.desk import Desk, Visit
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.routes import cards, invited
from vestibule.doors.portal.views import problems
from vestibule.doors.portal.views.sign_in import CheckEmail, GetCode
from vestibule.doors.web import visits
from vestibule.doors.web.frame import Problem
from vestibule.ground.clock import iso, parse_iso
from vestibule.rules import passcodes
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.sessions import SignInRequest


@dataclass(frozen=True, slots=True)
class Sent:
    """What the sign-in under way knows of the code that was sent last.

    Attributes:
        until: from when it is not good any more. wrong: how many wrong ones were typed since.
    """

    until: datetime
    wrong: int = 0

    @property
    def tries_left(self) -> int:
        """How many more may be typed."""
        return max(0, passcodes.TRIES - self.wrong)


def code_routes(desk: Desk) -> list[BaseRoute]:
    """The pages of the emailed code."""
    return [route(desk, paths.CODE, get=_code, post=_take)]


async def _code(visit: Visit) -> Response:
    if not entering.fact(visit, "email"):
        return visit.to_flow(paths.SIGN_IN)
    sent = _sent(visit)
    if sent is None:
        view = GetCode(email=redeeming.mask(entering.fact(visit, "email")), **cards.shown(visit))
        return visit.page(view, form_targets=cards.form_targets(visit))
    return _ask(visit, sent, sent_again=visit.request.query_params.get("sent") == "again")


async def _take(visit: Visit) -> Response:
    form = await visit.form()
    ended = await cards.flow_of(visit, form)
    if ended is not None:
        return ended
    if not entering.fact(visit, "email"):
        return visit.to_flow(paths.SIGN_IN)
    sent = _sent(visit)
    if form.get("send"):
        await _send(visit)
        return visit.to_flow(paths.CODE, **({"sent": "again"} if sent is not None else {}))
    if sent is None:
        return visit.to_flow(paths.CODE)
    typed = form.get("code", "")
    if not typed.strip():
        return _ask(visit, sent, problems.ENTER_CODE, status=400)
    return await _prove(visit, sent, typed)


async def _send(visit: Visit) -> None:
    """Send a new code; the older one stops working. Raises Refused (TOO_MANY_TRIES)."""
    if visit.flow is None:
        return
    languages: list[str | None] = [visit.words.language]
    email = entering.fact(visit, "email")
    known = await known_accounts.knows(visit, email)
    await mailbox_codes.send_code(
        visit.house, visit.flow, email=email, languages=languages, network=visit.network, known=known
    )
    now = (await visit.house.store.moment()).now
    await _keep(visit, Sent(now + passcodes.LIFE))


async def _prove(visit: Visit, sent: Sent, typed: str) -> Response:
    if visit.flow is None:
        return cards.over(visit)
    try:
        if invited.proves_mailbox(visit):
            return await _prove_mailbox(visit, visit.flow, typed)
        opened = await mailbox_codes.prove_code(
            visit.house,
            visit.flow,
            email=entering.fact(visit, "email"),
            typed=typed,
            network=visit.whence,
            old_token=visits.session_token(visit.request),
        )
    except Refused as refused:
        if refused.reason not in {Reason.CODE_WRONG, Reason.CODE_EXPIRED, Reason.TOO_MANY_TRIES}:
            raise
        return await _wrong(visit, sent)
    return await cards.welcome(visit, opened)


async def _prove_mailbox(visit: Visit, flow: SignInRequest, typed: str) -> Response:
    """Somebody from another provider shows that the invited mailbox is theirs, and stays who they are."""
    visit.flow = await mailbox_codes.prove_mailbox(
        visit.house,
        flow,
        person_id=visit.who.person.person_id,
        email=entering.fact(visit, "email"),
        typed=typed,
    )
    await visit.fresh()
    return await cards.arrive(visit)


async def _wrong(visit: Visit, sent: Sent) -> Response:
    """Wrong, too late or too often: told from what this sign-in knows alone; whether a code exists is a secret."""
    if visit.now >= sent.until or not sent.tries_left:
        return _ask(visit, sent, problems.EXPIRED_CODE, status=400)
    counted = Sent(sent.until, sent.wrong + 1)
    await _keep(visit, counted)
    if not counted.tries_left:
        return _ask(visit, counted, problems.EXPIRED_CODE, status=400)
    return _ask(visit, counted, problems.WRONG_CODE, status=400, tries_left=counted.tries_left)


def _ask(visit: Visit, sent: Sent, *what: Problem, status: int = 200, **more: Any) -> Response:
    view = CheckEmail(
        email=redeeming.mask(entering.fact(visit, "email")),
        valid_until=sent.until,
        problems=what,
        **more,
        **cards.shown(visit),
    )
    return visit.page(view, status, form_targets=cards.form_targets(visit))


def _sent(visit: Visit) -> Sent | None:
    kept = None if visit.flow is None else visit.flow.facts.get("code")
    return Sent(parse_iso(str(kept["until"])), int(kept["wrong"])) if isinstance(kept, dict) else None


async def _keep(visit: Visit, sent: Sent) -> None:
    if visit.flow is not None:
        kept = {"until": iso(sent.until), "wrong": sent.wrong}
        visit.flow = await signing_in.note(visit.house, visit.flow, code=kept)
