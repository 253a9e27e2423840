"""One request by a proven address: who asks for what, what is found, and answering, refusing, extending it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import answering_data_requests, data_request_found, sealed_requests
from vestibule.actions.data_request_found import Account, Found, How
from vestibule.actions.sealed_requests import Said as Words
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.request import (
    CHANGED,
    CHOOSE_GROUND,
    CHOOSE_MONTHS,
    SAY_WHY,
    STANDS_IN_THE_WAY,
    TOO_LONG,
    ExtendPage,
    Head,
    RefusePage,
    RequestView,
)
from vestibule.doors.portal.admin.pages.requests import ANSWERS, EXTENDED, KINDS, OPEN
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.portal.views.data_requests import WISHES
from vestibule.doors.portal.views.erasure import GROUNDS
from vestibule.doors.web.frame import Problem
from vestibule.doors.web.words import N_
from vestibule.rules import person_requests
from vestibule.rules.lifecycle import Deleted, Invited, stage_at
from vestibule.rules.person_requests import MOST_MONTHS, Answer, Ground, Kind, Urgency, urgency
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import data_requests
from vestibule.store.data_requests import DataRequest

HOW: Final = {
    How.PROVEN: N_("signs in with this address"),
    How.INVITED: N_("was invited at this address"),
    How.NAMED: N_("has this address as email or user name"),
    How.OTHER_MAIL: N_("has this address as another email"),
}
_INVITED, _DELETED, _ACTIVE = N_("Invited"), N_("Deleted, can be restored"), N_("Active")
_CHOOSE: Final = Problem(N_("Tick the accounts that are theirs, or that none of them is."), at="account")
_KEY_LOST: Final = Problem(N_("The key of this request is lost, so that it can't be answered."))


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account that was found. ``how``, ``state``: in words. ``chosen``: the person's, as far as is known."""

    user_id: str
    version: int
    name: str
    how: str
    state: str
    held: bool
    person: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class OtherRow:
    """Another request of the same address."""

    url: str
    title: str
    asked: datetime
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequestPage(RequestView):
    """The page.

    Attributes:
        state, wish: in words. words: theirs. open: nobody has answered. late, soon: its time is over, or nearly so.
        first_due: before it was extended. answered: when. ground: why it was refused. ends: when it is removed.
        copy_until, collected: until when the copy can be fetched, and when it was. readable: its key is there.
        accounts, blocked, contact, letters, others: what is found; see ``data_request_found.Found``.
        may_answer, may_refuse, may_extend, may_read_sign_ins: what who is signed in can do.
    """

    template: ClassVar[str] = "portal/admin/data_request.html"
    state: str
    wish: str
    words: str
    open: bool
    late: bool
    soon: bool
    first_due: datetime | None
    answered: datetime | None
    ground: str
    ends: datetime | None
    copy_until: datetime | None
    collected: datetime | None
    readable: bool
    accounts: tuple[AccountRow, ...]
    blocked: bool
    contact: bool
    letters: int
    others: tuple[OtherRow, ...]
    may_answer: bool
    may_refuse: bool
    may_extend: bool
    may_read_sign_ins: bool
    said: Said | None


@dataclass(frozen=True, slots=True)
class _Opened:
    asked: DataRequest
    words: Words

    @property
    def waits(self) -> bool:
        """Whether there is something to answer."""
        return self.asked.answer is None

    @property
    def name(self) -> str:
        """Who asks, as the page calls them."""
        return self.words.address or self.asked.request_id


async def _find(admin: Admin) -> _Opened:
    """The request that the address names. Raises Refused (NOT_FOUND)."""
    asked = await data_requests.find(admin.reading, admin.tenant_id, admin.visit.captured("id").lower())
    if asked is None:
        raise Refused(Reason.NOT_FOUND)
    return _Opened(asked, await sealed_requests.opened(admin.visit.house, asked))


async def _search(admin: Admin, found: _Opened) -> Found:
    house = admin.visit.house
    return await data_request_found.find(house, admin.reading, admin.organization, found.asked, found.words.address)


def _head(found: _Opened) -> Head:
    asked = found.asked
    return Head(
        user_id="",
        name=found.name,
        mail=found.words.address,
        kind=asked.wish,
        title=KINDS[Kind(asked.wish)],
        asked=asked.asked_at,
        due=asked.answer_due,
        here=paths.data_request(asked.request_id),
        version=asked.version,
    )


def _state(asked: DataRequest) -> str:
    if asked.answer is not None:
        return ANSWERS[Answer(asked.answer)]
    return OPEN if asked.first_due is None else EXTENDED


def _row(admin: Admin, one: Account, *, chosen: bool) -> AccountRow:
    user = one.user
    stage = stage_at(user.standing, admin.reading.now)
    state = _DELETED if isinstance(stage, Deleted) else _INVITED if isinstance(stage, Invited) else _ACTIVE
    return AccountRow(
        user_id=user.user_id,
        version=user.version,
        name=user.display_name or user.home_display_name or user.user_id,
        how=HOW[one.how],
        state=state,
        held=one.held,
        person=user.person_id is not None,
        chosen=chosen,
    )


async def show(admin: Admin) -> Response:
    """The page."""
    found = await _find(admin)
    asked, now = found.asked, admin.reading.now
    there = await _search(admin, found)
    how = urgency(asked.answer_due, now) if found.waits else Urgency.TIME
    extends = person_requests.why_not_extend(
        answered=not found.waits, extended=asked.first_due is not None, answer_due=asked.answer_due, now=now
    )
    answers = found.waits and admin.may(Verb.ANSWER_DATA_REQUEST)
    return admin.visit.page(
        DataRequestPage(
            head=_head(found),
            state=_state(asked),
            wish=WISHES[Kind(asked.wish)],
            words=found.words.words,
            open=found.waits,
            late=how is Urgency.LATE,
            soon=how is Urgency.SOON,
            first_due=asked.first_due,
            answered=asked.answered_at,
            ground=GROUNDS[Ground(asked.ground)] if asked.ground else "",
            ends=asked.ends_at,
            copy_until=asked.copy_until,
            collected=asked.collected_at,
            readable=bool(found.words.address),
            accounts=tuple(_row(admin, one, chosen=False) for one in there.accounts),
            blocked=there.blocked,
            contact=there.contact,
            letters=len(there.letters),
            others=tuple(_other(one) for one in there.requests if one.ends_at is None or one.ends_at > now),
            may_answer=answers and bool(found.words.address),
            may_refuse=answers,
            may_extend=extends is None and admin.may(Verb.EXTEND_DATA_REQUEST),
            may_read_sign_ins=admin.may(Verb.READ_AUDIT),
            said=heard(admin.visit),
        )
    )


def _other(one: DataRequest) -> OtherRow:
    return OtherRow(paths.data_request(one.request_id), KINDS[Kind(one.wish)], one.asked_at, _state(one))


def _back(admin: Admin, found: _Opened, said: Said | None = None) -> Response:
    if said is not None:
        say(admin.visit, said)
    return admin.visit.redirect(paths.data_request(found.asked.request_id))


# --- Answer -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPage(RequestView):
    """The question, and the dialog over the page. ``accounts``: what was found; who answers ticks the person's."""

    template: ClassVar[str] = "portal/admin/answer_data_request.html"
    fragment: ClassVar[str] = "portal/admin/answer_data_request_dialog.html"
    accounts: tuple[AccountRow, ...]
    message: str = ""
    longest: int = person_requests.LONGEST_TEXT


async def ask_answer(admin: Admin) -> Response:
    """The question."""
    found = await _find(admin)
    return await _answer_page(admin, found) if found.waits else _back(admin, found)


async def _answer_page(
    admin: Admin,
    found: _Opened,
    *,
    chosen: set[str] | None = None,
    message: str = "",
    problem: Problem | None = None,
    status: int = 200,
) -> Response:
    """Ticked are accounts whose owner proved the address; of the others it only says so."""
    there = await _search(admin, found)
    rows = tuple(
        _row(admin, one, chosen=one.how is How.PROVEN if chosen is None else one.user.user_id in chosen)
        for one in there.accounts
    )
    problems = () if problem is None else (problem,)
    return admin.visit.page(AnswerPage(head=_head(found), accounts=rows, message=message, problems=problems), status)


async def answer(admin: Admin) -> Response:
    """Answer it, when nothing has changed about the accounts since the question was asked."""
    fields = await admin.visit.form_fields(verb=Verb.ANSWER_DATA_REQUEST, tenant_id=admin.tenant_id)
    found = await _find(admin)
    message = dict(fields).get("message", "").replace("\r\n", "\n").strip()
    accounts = _accounts([value for name, value in fields if name == "account"])
    try:
        after = await answering_data_requests.answer_request(
            admin.visit.house,
            tenant_id=admin.tenant_id,
            request_id=found.asked.request_id,
            by=admin.by,
            accounts=accounts,
            none_theirs=("none", "yes") in fields,
            message=message or None,
        )
    except Refused as refused:
        return await _not_answered(admin, found, set(accounts), message, refused)
    if after.answer == Answer.NOTHING_HELD:
        said = Said(N_("{name} was told that there is no data about them."), {"name": found.name})
    elif after.wish == Kind.ACCESS:
        said = Said(N_("{name} was told how to download their copy."), {"name": found.name})
    else:
        said = Said(N_("The data of {name} was removed, and they were told."), {"name": found.name})
    return _back(admin, found, said)


def _accounts(values: list[str]) -> dict[str, int]:
    """The ticked accounts, with the version that was seen; what cannot be read is one that was never there."""
    split = [value.partition(":") for value in values]
    return {
        user_id.lower(): int(version) if version.isascii() and version.isdigit() and len(version) < 19 else -1
        for user_id, _, version in split
    }


async def _not_answered(admin: Admin, found: _Opened, chosen: set[str], message: str, refused: Refused) -> Response:
    await admin.visit.fresh()
    if refused.reason in STANDS_IN_THE_WAY:
        problem = STANDS_IN_THE_WAY[refused.reason]
        return await _answer_page(admin, found, chosen=chosen, message=message, problem=problem, status=409)
    if refused.reason in {Reason.BAD_VALUE, Reason.MISSING_VALUE}:
        problem = TOO_LONG if refused.reason is Reason.BAD_VALUE else _CHOOSE
        return await _answer_page(admin, found, chosen=chosen, message=message, problem=problem, status=400)
    if refused.reason is Reason.UNAVAILABLE:
        return await _answer_page(admin, found, chosen=chosen, message=message, problem=_KEY_LOST, status=409)
    if refused.reason in {Reason.WRONG_STAGE, Reason.VERSION_MISMATCH} or (
        refused.reason is Reason.NOT_FOUND and "objectId" in refused.facts
    ):
        return _back(admin, found, CHANGED)
    raise refused


# --- Refuse -----------------------------------------------------------------------------------------------------------


async def ask_refuse(admin: Admin) -> Response:
    """The question."""
    found = await _find(admin)
    return _refuse_page(admin, found) if found.waits else _back(admin, found)


def _refuse_page(
    admin: Admin, found: _Opened, *, ground: str = "", message: str = "", problem: Problem | None = None
) -> Response:
    grounds = person_requests.grounds_for(Kind(found.asked.wish))
    view = RefusePage(
        head=_head(found),
        grounds=tuple((one.value, GROUNDS[one]) for one in grounds),
        ground=ground,
        message=message,
        problems=() if problem is None else (problem,),
    )
    return admin.visit.page(view, 200 if problem is None else 400)


async def refuse(admin: Admin) -> Response:
    """Refuse it on a ground."""
    form = await admin.visit.form(verb=Verb.ANSWER_DATA_REQUEST, tenant_id=admin.tenant_id)
    found = await _find(admin)
    ground, message = form.get("ground", ""), form.get("message", "").replace("\r\n", "\n").strip()
    try:
        await answering_data_requests.refuse_request(
            admin.visit.house,
            tenant_id=admin.tenant_id,
            request_id=found.asked.request_id,
            by=admin.by,
            ground=person_requests.ground(ground),
            message=message or None,
        )
    except Refused as refused:
        await admin.visit.fresh()
        if refused.reason is Reason.BAD_VALUE:
            problem = CHOOSE_GROUND if refused.facts.get("property") == "ground" else TOO_LONG
            return _refuse_page(admin, found, ground=ground, message=message, problem=problem)
        if refused.reason is Reason.WRONG_STAGE:
            return _back(admin, found, CHANGED)
        raise
    return _back(admin, found, Said(N_("{name} was told that you refuse."), {"name": found.name}))


# --- Extend -----------------------------------------------------------------------------------------------------------


async def ask_extend(admin: Admin) -> Response:
    """The question."""
    found = await _find(admin)
    return _extend_page(admin, found) if found.waits and found.asked.first_due is None else _back(admin, found)


def _extend_page(
    admin: Admin, found: _Opened, *, months: str = "1", message: str = "", problem: Problem | None = None
) -> Response:
    asked_at = found.asked.asked_at
    view = ExtendPage(
        head=_head(found),
        choices=tuple((n, person_requests.extended_due(asked_at, n)) for n in range(1, MOST_MONTHS + 1)),
        months=months,
        message=message,
        problems=() if problem is None else (problem,),
    )
    return admin.visit.page(view, 200 if problem is None else 400)


async def extend(admin: Admin) -> Response:
    """Take more time, once."""
    form = await admin.visit.form(verb=Verb.EXTEND_DATA_REQUEST, tenant_id=admin.tenant_id)
    found = await _find(admin)
    months, why = form.get("months", ""), form.get("message", "").replace("\r\n", "\n").strip()
    try:
        await answering_data_requests.extend_request(
            admin.visit.house,
            tenant_id=admin.tenant_id,
            request_id=found.asked.request_id,
            months=int(months) if months in {"1", "2"} else 0,
            why=why,
            by=admin.by,
        )
    except Refused as refused:
        await admin.visit.fresh()
        if refused.reason is Reason.BAD_VALUE:
            problem = CHOOSE_MONTHS if refused.facts.get("property") == "months" else SAY_WHY
            return _extend_page(admin, found, months=months, message=why, problem=problem)
        if refused.reason in {Reason.WRONG_STAGE, Reason.ALREADY_THERE, Reason.TOO_LATE}:
            return _back(admin, found, CHANGED)
        raise
    return _back(admin, found, Said(N_("{name} was told that the answer takes longer."), {"name": found.name}))
