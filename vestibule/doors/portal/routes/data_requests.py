"""Asking an organization for one's data, or for its removal, without signing in: an address, a code, a request.

What the pages say is the same whatever is known of an address: nobody looks it up before it is proven, nor after.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.actions import data_requests, redeeming, sealed_requests
from vestibule.actions.data_requests import Draft
from vestibule.doors.portal import entering, paths
from vestibule.doors.portal.desk import CLIENT, FLOW, NO_STORE, Desk, Visit
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.views import problems
from vestibule.doors.portal.views.data_requests import (
    Act,
    AskForData,
    ConfirmDataRequest,
    DataRequestPage,
    DataRequestSent,
    WhoseData,
)
from vestibule.doors.web.errors import ErrorKind
from vestibule.doors.web.frame import Problem
from vestibule.rules import names, passcodes, policy
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.person_requests import Answer, Kind
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import data_requests as kept
from vestibule.store.data_requests import DataRequest
from vestibule.store.organizations import Organization

_NO_CODE = {Reason.CODE_WRONG, Reason.CODE_EXPIRED, Reason.TOO_MANY_TRIES}
_WRONG_VALUE = {
    "address": problems.ODD_EMAIL,
    "email": problems.ODD_EMAIL,
    "wish": problems.CHOOSE_WISH,
    "words": problems.WORDS_TOO_LONG,
}


@dataclass(frozen=True, slots=True)
class Linked:
    """The request that a letter's link leads to. ``here``: its address with the key."""

    place: Organization
    asked: DataRequest
    key: str
    here: str


def data_request_routes(desk: Desk) -> list[BaseRoute]:
    """The pages of a request that needs no account."""
    of = f"{paths.DATA_REQUEST}/{{place}}"
    return [
        route(desk, paths.DATA_REQUEST, get=_which),
        route(desk, of, get=_show, post=_take),
        route(desk, f"{of}/{{id}}", get=_show_linked, post=_take_linked),
    ]


def _stranger(visit: Visit) -> Actor:
    """Whoever proves the address acts, and not whoever else may be signed in in this browser."""
    return Actor(
        ActorKind.PERSON,
        client_id=CLIENT,
        through_pages=True,
        network=visit.network,
        request_id=visit.reference,
    )


# --- Which organization -----------------------------------------------------------------------------------------------


async def _which(visit: Visit) -> Response:
    word = visit.request.query_params.get("organization", "").strip()
    if not word:
        return visit.page(WhoseData())
    place = await entering.find_place(visit.reading, word)
    if place is None:
        return visit.page(WhoseData(typed=word[:253], problems=(problems.UNKNOWN_DOMAIN,)), 404)
    return visit.redirect(_path(word))


def _path(word: str) -> str:
    return f"{paths.DATA_REQUEST}/{quote(word.lower(), safe='')}"


async def _place(visit: Visit) -> Organization:
    """The organization that the address names. Raises Refused (NOT_FOUND)."""
    place = await entering.find_place(visit.reading, visit.captured("place"))
    if place is None:
        raise Refused(Reason.NOT_FOUND)
    return place


# --- Ask --------------------------------------------------------------------------------------------------------------


async def _show(visit: Visit) -> Response:
    place = await _place(visit)
    if visit.flow is None or visit.flow.facts.get("tenant") != place.tenant_id:
        return _form(visit)
    draft = data_requests.draft_of(visit.flow)
    if draft is not None and not draft.request_id:
        return _confirm(visit, draft, _here(visit), Act.FILE)
    fact = visit.flow.facts.get(data_requests.FACT)
    filed = str(fact.get("filed", "")) if isinstance(fact, dict) else ""
    asked = await kept.find(visit.reading, place.tenant_id, filed) if filed else None
    if asked is None or not isinstance(fact, dict):
        return _form(visit)
    view = DataRequestSent(
        organization=place.display_name,
        domain=place.initial_domain,
        asked=asked.asked_at,
        due=asked.answer_due,
        already=bool(fact.get("already")),
    )
    return visit.page(view)


def _here(visit: Visit, **query: str) -> str:
    path = _path(visit.captured("place"))
    known = {FLOW: visit.handle} if visit.handle else {}
    given = {**known, **query}
    return f"{path}?{urlencode(given)}" if given else path


def _form(
    visit: Visit, *what: Problem, wish: str = "", email: str = "", words: str = "", status: int = 200
) -> Response:
    view = AskForData(
        domain=visit.captured("place").lower(),
        here=_path(visit.captured("place")),
        due=policy.answer_due(visit.now),
        wish=wish,
        email=email,
        words=words,
        problems=what,
    )
    return visit.page(view, status)


async def _take(visit: Visit) -> Response:
    form = await visit.form()
    place = await _place(visit)
    if "email" in form:
        return await _ask(visit, place, form)
    draft = data_requests.draft_of(visit.flow)
    if visit.flow is None or draft is None or draft.request_id:
        return visit.redirect(_path(visit.captured("place")))
    if form.get("send"):
        return await _send_again(visit, place, draft)
    if not form.get("code", "").strip():
        return _confirm(visit, draft, _here(visit), Act.FILE, problems.ENTER_CODE)
    try:
        await data_requests.file_request(visit.house, visit.flow, typed=form["code"], by=_stranger(visit))
    except Refused as refused:
        if refused.reason not in _NO_CODE:
            raise
        return await _wrong(visit, _here(visit), Act.FILE)
    return visit.redirect(_here(visit))


async def _ask(visit: Visit, place: Organization, form: dict[str, str]) -> Response:
    wish, email = form.get("wish", ""), form["email"].strip()
    words = form.get("words", "").replace("\r\n", "\n").strip()
    typed = {"wish": wish, "email": email, "words": words}
    if not email:
        return _form(visit, problems.ENTER_EMAIL, **typed, status=400)
    try:
        handle = await data_requests.ask_code(
            visit.house,
            tenant_id=place.tenant_id,
            address=email,
            wish=wish,
            words=words,
            browser=visit.browser,
            network=visit.network,
            language=visit.words.language,
        )
    except Refused as refused:
        if refused.reason is not Reason.BAD_VALUE:
            raise
        wrong = _WRONG_VALUE.get(str(refused.facts.get("property")), problems.ODD_EMAIL)
        return _form(visit, wrong, **typed, status=400)
    return visit.redirect(_path(visit.captured("place")), {FLOW: handle})


async def _send_again(visit: Visit, place: Organization, draft: Draft) -> Response:
    handle = await data_requests.ask_code(
        visit.house,
        tenant_id=place.tenant_id,
        address=draft.address,
        wish=draft.wish,
        words=draft.words,
        browser=visit.browser,
        network=visit.network,
        language=draft.language,
        instead_of=visit.flow,
    )
    return visit.redirect(_path(visit.captured("place")), {FLOW: handle, "sent": "again"})


def _confirm(
    visit: Visit, draft: Draft, here: str, act: Act, *what: Problem, tries_left: int | None = None
) -> Response:
    view = ConfirmDataRequest(
        flow=visit.handle,
        here=here,
        email=redeeming.mask(draft.address),
        valid_until=draft.until,
        act=act,
        tries_left=tries_left,
        sent_again=visit.request.query_params.get("sent") == "again" and not what,
        problems=what,
    )
    return visit.page(view, 400 if what else 200)


async def _wrong(visit: Visit, here: str, act: Act) -> Response:
    """Wrong, too late or too often; what was counted is read again."""
    await visit.fresh()
    await visit.take_flow(visit.handle)
    draft = data_requests.draft_of(visit.flow)
    if draft is None:
        return visit.problem(ErrorKind.LINK_EXPIRED, 404)
    left = passcodes.TRIES - draft.wrong
    if left <= 0 or visit.now >= draft.until:
        return _confirm(visit, draft, here, act, problems.EXPIRED_CODE)
    return _confirm(visit, draft, here, act, problems.WRONG_CODE, tries_left=left)


# --- By the link of a letter ------------------------------------------------------------------------------------------


async def _linked(visit: Visit) -> Linked | None:
    """The request of the address, for whoever has the key of it; None for everybody else."""
    place = await entering.find_place(visit.reading, visit.captured("place"))
    request_id = names.guid(visit.captured("id"))
    key = visit.request.query_params.get("key", "")
    if place is None or request_id is None or not sealed_requests.fits(visit.house, request_id, key):
        return None
    asked = await kept.find(visit.reading, place.tenant_id, request_id)
    here = f"{paths.DATA_REQUEST}/{place.initial_domain}/{request_id}?{urlencode({'key': key})}"
    return None if asked is None else Linked(place, asked, key, here)


async def _show_linked(visit: Visit) -> Response:
    linked = await _linked(visit)
    if linked is None:
        return visit.problem(ErrorKind.LINK_EXPIRED, 404)
    draft = _draft_of(visit, linked)
    act = _act_of(visit.request.query_params.get("act", ""))
    if draft is not None and act is not None:
        return _confirm(visit, draft, _acting(visit, linked, act), act)
    return await _page(visit, linked)


def _act_of(word: str) -> Act | None:
    """What may be done by a letter's link."""
    return {"withdraw": Act.WITHDRAW, "copy": Act.COPY}.get(word)


def _draft_of(visit: Visit, linked: Linked) -> Draft | None:
    draft = data_requests.draft_of(visit.flow)
    return draft if draft is not None and draft.request_id == linked.asked.request_id else None


def _acting(visit: Visit, linked: Linked, act: Act) -> str:
    return f"{linked.here}&{urlencode({FLOW: visit.handle, 'act': act.value})}"


async def _page(visit: Visit, linked: Linked) -> Response:
    asked, now = linked.asked, visit.now
    said = await sealed_requests.opened(visit.house, asked)
    there = asked.copy_until is not None and asked.collected_at is None and now < asked.copy_until
    view = DataRequestPage(
        organization=linked.place.display_name,
        domain=linked.place.initial_domain,
        here=linked.here,
        wish=Kind(asked.wish),
        asked=asked.asked_at,
        due=asked.answer_due,
        answer=None if asked.answer is None else Answer(asked.answer),
        answered=asked.answered_at,
        copy_until=asked.copy_until,
        copy_there=there,
        collected=asked.collected_at,
        email=redeeming.mask(said.address) if said.address else "",
        withdrawn="done" in visit.request.query_params and asked.answer == Answer.WITHDRAWN,
    )
    return visit.page(view)


async def _take_linked(visit: Visit) -> Response:
    form = await visit.form()
    linked = await _linked(visit)
    if linked is None:
        return visit.problem(ErrorKind.LINK_EXPIRED, 404)
    act = _act_of(form.get("act", ""))
    if act is None:
        return visit.redirect(linked.here)
    draft = _draft_of(visit, linked)
    if form.get("send") or draft is None or visit.flow is None:
        return await _send_linked(visit, linked, act, again=draft is not None)
    here = _acting(visit, linked, act)
    if not form.get("code", "").strip():
        return _confirm(visit, draft, here, act, problems.ENTER_CODE)
    try:
        if act is Act.COPY:
            copied = await data_requests.collect_copy(visit.house, visit.flow, typed=form["code"], by=_stranger(visit))
            return _file(copied)
        await data_requests.withdraw_request(visit.house, visit.flow, typed=form["code"], by=_stranger(visit))
    except Refused as refused:
        if refused.reason in {Reason.WRONG_STAGE, Reason.TOO_LATE}:
            return visit.redirect(linked.here)  # the page says what has become of it
        if refused.reason not in _NO_CODE:
            raise
        return await _wrong(visit, here, act)
    return visit.redirect(f"{linked.here}&done=1")


async def _send_linked(visit: Visit, linked: Linked, act: Act, *, again: bool) -> Response:
    handle = await data_requests.ask_link_code(
        visit.house,
        tenant_id=linked.place.tenant_id,
        request_id=linked.asked.request_id,
        key=linked.key,
        browser=visit.browser,
        network=visit.network,
        instead_of=visit.flow if again else None,
    )
    more = {FLOW: handle, "act": act.value, **({"sent": "again"} if again else {})}
    return visit.redirect(f"{linked.here}&{urlencode(more)}")


def _file(copied: bytes) -> Response:
    headers = {**NO_STORE, "Content-Disposition": 'attachment; filename="my-data.json"'}
    return Response(copied, headers=headers, media_type="application/json")
