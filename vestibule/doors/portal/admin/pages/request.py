"""One request: who asks for what, by when it is answered; and granting, refusing, extending it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import answering_erasure
from vestibule.actions.handing_over import Alone, owned_alone
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin, AdminHandler
from vestibule.doors.portal.admin.pages.requests import KINDS, state_of
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.portal.heirs import HEIR_GONE, heirs_in
from vestibule.doors.portal.views.erasure import GROUNDS
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import lifecycle, person_requests
from vestibule.rules.lifecycle import Deleted, Invited, Present, stage_at
from vestibule.rules.person_requests import LONGEST_TEXT, MOST_MONTHS, Ground, Kind, Urgency, urgency
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, request_lists
from vestibule.store.memberships import Membership
from vestibule.store.request_lists import Listed

_OCCASIONS: Final = {
    "withLeave": N_("They left, and asked for it as they left."),
    "afterLeave": N_("They had left, and asked for it afterwards."),
    Reason.ORGANIZATION_FORBIDS.value: N_("Guests can't leave on their own here."),
    Reason.ACCOUNT_DISABLED.value: N_("Their account is disabled, so they can't leave on their own."),
    Reason.ONLY_ADMINISTRATOR.value: N_("They are the only administrator."),
}
CHANGED: Final = Said(
    N_("This request has changed in the meantime, so nothing was done. Look at it again."), wrong=True
)
TOO_LONG: Final = Problem(N_("Enter a message of at most 1,000 characters."), at="message")
SAY_WHY: Final = Problem(N_("Say why you need more time, in at most 1,000 characters."), at="message")
CHOOSE_GROUND: Final = Problem(N_("Choose one of the grounds."), at="ground")
CHOOSE_MONTHS: Final = Problem(N_("Choose one or two months."), at="months")
STANDS_IN_THE_WAY: Final = {
    Reason.ONLY_ADMINISTRATOR: Problem(N_("They are the only administrator. Give somebody else the role first.")),
    Reason.ON_HOLD: Problem(N_("They're on hold: nothing about them can be deleted until every legal hold is lifted.")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the page and its questions say of a request.

    Attributes:
        user_id, name, mail: who asks. kind: what for, as in the address; ``title`` in words.
        asked, due: when, and by when it is answered. here: the address of the page.
        version: of the user object, which a form sends back: what changes meanwhile is not decided about unseen.
    """

    user_id: str
    name: str
    mail: str
    kind: str
    title: str
    asked: datetime
    due: datetime
    here: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView(View):
    """The base of the page and its questions."""

    head: Head


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage(RequestView):
    """The page.

    Attributes:
        state: in words. open: nobody has answered. late, soon: its time is over, or nearly so.
        first_due: before it was extended. answered: when. ground: why it was refused. occasion: why they ask.
        present: they are still here; deleted: until when they can be restored; neither: they are gone for good.
        may_grant, may_refuse, may_extend, may_remove, may_keep: what who is signed in can do about it.
    """

    template: ClassVar[str] = "portal/admin/request.html"
    state: str
    open: bool
    late: bool
    soon: bool
    first_due: datetime | None
    answered: datetime | None
    ground: str
    occasion: str
    present: bool
    deleted: datetime | None
    may_grant: bool
    may_refuse: bool
    may_extend: bool
    may_remove: bool
    may_keep: bool
    said: Said | None


@dataclass(frozen=True, slots=True)
class _Found:
    asked: Listed
    guest: Membership | None

    @property
    def waits(self) -> bool:
        """Whether there is something to answer."""
        return self.asked.answer is None and self.guest is not None


def shows(kind: Kind) -> AdminHandler:
    """The handler of the page for one kind of request."""

    async def show(admin: Admin) -> Response:
        return _page(admin, await _find(admin, kind))

    return show


async def _find(admin: Admin, kind: Kind) -> _Found:
    """The request that the address names. Raises Refused (NOT_FOUND)."""
    user_id = admin.visit.captured("id").lower()
    asked = await request_lists.find(admin.reading, admin.tenant_id, user_id, kind.value)
    if asked is None:
        raise Refused(Reason.NOT_FOUND)
    guest = await memberships.find(admin.reading, admin.tenant_id, user_id)
    stands = guest is not None and isinstance(stage_at(guest.standing, admin.reading.now), Invited | Present | Deleted)
    return _Found(asked, guest if stands else None)


def _head(found: _Found) -> Head:
    asked = found.asked
    return Head(
        user_id=asked.user_id,
        name=asked.name or asked.user_id,
        mail=asked.mail,
        kind=asked.kind,
        title=KINDS[Kind(asked.kind)],
        asked=asked.asked_at,
        due=asked.answer_due,
        here=paths.request(asked.user_id, asked.kind),
        version=0 if found.guest is None else found.guest.version,
    )


def _page(admin: Admin, found: _Found, status: int = 200) -> Response:
    asked, now = found.asked, admin.reading.now
    stage = None if found.guest is None else stage_at(found.guest.standing, now)
    present = isinstance(stage, Invited | Present)
    erasure = asked.kind == Kind.ERASURE
    how = urgency(asked.answer_due, now) if found.waits else Urgency.TIME
    extends = person_requests.why_not_extend(
        answered=not found.waits, extended=asked.first_due is not None, answer_due=asked.answer_due, now=now
    )
    grants = admin.may(Verb.ANSWER_ERASURE) and admin.may(Verb.PURGE) and (not present or admin.may(Verb.REMOVE))
    return admin.visit.page(
        RequestPage(
            head=_head(found),
            state=state_of(asked),
            open=found.waits,
            late=how is Urgency.LATE,
            soon=how is Urgency.SOON,
            first_due=asked.first_due,
            answered=asked.answered_at,
            ground=GROUNDS[Ground(asked.ground)] if asked.ground else "",
            occasion=_OCCASIONS.get(asked.reason, ""),
            present=present,
            deleted=stage.purge_due if isinstance(stage, Deleted) else None,
            may_grant=erasure and found.waits and grants,
            may_refuse=erasure and found.waits and admin.may(Verb.ANSWER_ERASURE),
            may_extend=extends is None and admin.may(Verb.EXTEND_REQUEST),
            may_remove=not erasure and found.waits and present and admin.may(Verb.REMOVE),
            may_keep=not erasure and found.waits and present and admin.may(Verb.ANSWER_REMOVAL),
            said=heard(admin.visit),
        ),
        status,
    )


def _back(admin: Admin, found: _Found, said: Said | None = None) -> Response:
    if said is not None:
        say(admin.visit, said)
    return admin.visit.redirect(paths.request(found.asked.user_id, found.asked.kind))


# --- Grant ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantPage(RequestView):
    """The question, and the dialog over the page.

    Attributes:
        present: they are still here and lose their access with it. data_removed_by: the latest day of the removal.
        alone, me, chosen: see ``deleting_users.DeletePage``.
    """

    template: ClassVar[str] = "portal/admin/grant_erasure.html"
    fragment: ClassVar[str] = "portal/admin/grant_erasure_dialog.html"
    present: bool
    data_removed_by: datetime
    alone: tuple[Alone, ...] = ()
    me: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)


async def ask_grant(admin: Admin) -> Response:
    """The question."""
    found = await _find(admin, Kind.ERASURE)
    return await _grant_page(admin, found) if found.waits else _back(admin, found)


async def _grant_page(
    admin: Admin, found: _Found, *, chosen: Mapping[str, str] | None = None, problem: Problem | None = None
) -> Response:
    guest = found.guest
    present = guest is not None and isinstance(guest.stage, Invited | Present)
    view = GrantPage(
        head=_head(found),
        present=present,
        data_removed_by=admin.reading.now + lifecycle.REMOVAL_TAKES_AT_MOST,
        alone=tuple(await owned_alone(admin.reading, guest)) if guest is not None and present else (),
        me=admin.by.user_id or "",
        chosen=chosen or {},
        problems=() if problem is None else (problem,),
    )
    return admin.visit.page(view, 200 if problem is None else 409)


async def grant(admin: Admin) -> Response:
    """Grant it, when nothing has changed since the question was asked."""
    form = await admin.visit.form(verb=Verb.ANSWER_ERASURE, tenant_id=admin.tenant_id)
    found = await _find(admin, Kind.ERASURE)
    version, heirs = form.get("version", ""), heirs_in(form)
    try:
        await answering_erasure.grant_erasure(
            admin.visit.house,
            tenant_id=admin.tenant_id,
            user_id=found.asked.user_id,
            by=admin.by,
            if_version=int(version) if version.isascii() and version.isdigit() and len(version) < 19 else -1,
            hand_over=heirs,
        )
    except Refused as refused:
        return await _not_granted(admin, found, heirs, refused)
    say(admin.visit, Said(N_("{name} was permanently deleted."), {"name": found.asked.name}))
    return admin.visit.redirect(paths.REQUESTS)


async def _not_granted(admin: Admin, found: _Found, heirs: Mapping[str, str], refused: Refused) -> Response:
    await admin.visit.fresh()
    if refused.facts.get("property") == "handOver":
        return await _grant_page(admin, found, chosen=heirs, problem=HEIR_GONE)
    if refused.reason in STANDS_IN_THE_WAY:
        return await _grant_page(admin, found, problem=STANDS_IN_THE_WAY[refused.reason])
    if refused.reason in {Reason.WRONG_STAGE, Reason.VERSION_MISMATCH}:
        return _back(admin, found, CHANGED)
    raise refused


# --- Refuse -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusePage(RequestView):
    """The question, and the dialog over the page. ``grounds``: value and words of each; ``ground``: the chosen one."""

    template: ClassVar[str] = "portal/admin/refuse_erasure.html"
    fragment: ClassVar[str] = "portal/admin/refuse_erasure_dialog.html"
    grounds: tuple[tuple[str, str], ...] = tuple((ground.value, label) for ground, label in GROUNDS.items())
    ground: str = ""
    message: str = ""
    longest: int = LONGEST_TEXT


async def ask_refuse(admin: Admin) -> Response:
    """The question."""
    found = await _find(admin, Kind.ERASURE)
    return _refuse_page(admin, found) if found.waits else _back(admin, found)


def _refuse_page(
    admin: Admin, found: _Found, *, ground: str = "", message: str = "", problem: Problem | None = None
) -> Response:
    view = RefusePage(
        head=_head(found),
        ground=ground,
        message=message,
        problems=() if problem is None else (problem,),
    )
    return admin.visit.page(view, 200 if problem is None else 400)


async def refuse(admin: Admin) -> Response:
    """Refuse it on a ground."""
    form = await admin.visit.form(verb=Verb.ANSWER_ERASURE, tenant_id=admin.tenant_id)
    found = await _find(admin, Kind.ERASURE)
    ground, message = form.get("ground", ""), form.get("message", "").replace("\r\n", "\n").strip()
    try:
        await answering_erasure.refuse_erasure(
            admin.visit.house,
            tenant_id=admin.tenant_id,
            user_id=found.asked.user_id,
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
    return _back(admin, found, Said(N_("{name} was told that you refuse."), {"name": found.asked.name}))


# --- Extend -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendPage(RequestView):
    """The question, and the dialog over the page. ``choices``: each number of months, and the day that makes it."""

    template: ClassVar[str] = "portal/admin/extend_request.html"
    fragment: ClassVar[str] = "portal/admin/extend_request_dialog.html"
    choices: tuple[tuple[int, datetime], ...]
    months: str = ""
    message: str = ""
    longest: int = LONGEST_TEXT


def asks_extend(kind: Kind) -> AdminHandler:
    """The handler of the question for one kind of request."""

    async def ask(admin: Admin) -> Response:
        found = await _find(admin, kind)
        return _extend_page(admin, found) if found.waits and found.asked.first_due is None else _back(admin, found)

    return ask


def _extend_page(
    admin: Admin, found: _Found, *, months: str = "1", message: str = "", problem: Problem | None = None
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


def extends(kind: Kind) -> AdminHandler:
    """The handler that extends one kind of request."""

    async def extend(admin: Admin) -> Response:
        form = await admin.visit.form(verb=Verb.EXTEND_REQUEST, tenant_id=admin.tenant_id)
        found = await _find(admin, kind)
        months, why = form.get("months", ""), form.get("message", "").replace("\r\n", "\n").strip()
        try:
            await answering_erasure.extend_request(
                admin.visit.house,
                tenant_id=admin.tenant_id,
                user_id=found.asked.user_id,
                kind=kind,
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
        said = Said(N_("{name} was told that the answer takes longer."), {"name": found.asked.name})
        return _back(admin, found, said)

    return extend
