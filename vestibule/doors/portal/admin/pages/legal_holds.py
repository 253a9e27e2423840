"""*Legal holds*: whose data may not be deleted, why, by whom and since when; setting one and lifting one."""

from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlencode

from starlette.responses import Response

from vestibule.actions import holding
from vestibule.doors.portal.admin import held, paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.held import Held
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import names
from vestibule.rules.holds import LONGEST_REASON, LONGEST_REFERENCE
from vestibule.rules.lifecycle import Deleted, Invited, Present, Stage, stage_at
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import holds, memberships
from vestibule.store.memberships import Membership

PAGE: Final = 50
_WHY: Final = Problem(N_("Say why, in one line of at most 500 characters."), at="reason")
_CASE: Final = Problem(N_("Enter a reference in one line of at most 100 characters."), at="reference")
_TOO_LATE: Final = Problem(N_("It's too late for a legal hold: their data is being removed, or is gone."))
_GONE: Final = Problem(N_("That legal hold was lifted already."))
_HERE, _DELETED, _WAITS = N_("Still here"), N_("Deleted, can be restored"), N_("Deletion waits for the hold")


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a hold is on: their name, or a label when it is gone. ``state``: where they are, in words. ``here``: yes."""

    user_id: str
    name: str
    state: str
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsPage(View):
    """Every hold of the organization that stands. ``following``: the address of the next page; empty on the last."""

    template: ClassVar[str] = "portal/admin/legal_holds.html"
    rows: tuple[tuple[Person, Held], ...]
    following: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserHoldsPage(View):
    """The holds on one user, those that were lifted too."""

    template: ClassVar[str] = "portal/admin/user_holds.html"
    person: Person
    held: tuple[Held, ...]
    said: Said | None
    may_set: bool
    may_lift: bool

    @property
    def stands(self) -> bool:
        """Nothing about them may be deleted."""
        return any(one.lifted is None for one in self.held)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHoldPage(View):
    """The form that sets one, and the dialog. ``reason``, ``reference``: what was typed."""

    template: ClassVar[str] = "portal/admin/set_hold.html"
    fragment: ClassVar[str] = "portal/admin/set_hold_dialog.html"
    person: Person
    reason: str = ""
    reference: str = ""
    longest: int = LONGEST_REASON
    longest_reference: int = LONGEST_REFERENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftHoldPage(View):
    """The form that lifts one, and the dialog. ``last``: no other one stands, so that deletion goes on."""

    template: ClassVar[str] = "portal/admin/lift_hold.html"
    fragment: ClassVar[str] = "portal/admin/lift_hold_dialog.html"
    person: Person
    one: Held
    last: bool
    reason: str = ""
    longest: int = LONGEST_REASON


async def show(admin: Admin) -> Response:
    """Every hold that stands."""
    after = names.guid(admin.visit.request.query_params.get("after", "")) or ""
    found = await holds.standing(admin.reading, admin.tenant_id, PAGE + 1, after)
    page = found[:PAGE]
    people = {
        one.user_id: _person(admin, one)
        for one in await memberships.find_many(admin.reading, admin.tenant_id, [one.user_id for one in page])
    }
    rows = tuple((people[one.user_id], one) for one in await held.shown(admin, page) if one.user_id in people)
    following = f"{paths.HOLDS}?{urlencode({'after': page[-1].hold_id})}" if len(found) > PAGE else ""
    return admin.visit.page(HoldsPage(rows=rows, following=following))


async def show_user(admin: Admin) -> Response:
    """The holds on one user."""
    return await _user_page(admin, await _find(admin))


async def _user_page(admin: Admin, whose: Membership, problem: Problem | None = None, status: int = 200) -> Response:
    every = await holds.of_user(admin.reading, admin.tenant_id, whose.user_id)
    return admin.visit.page(
        UserHoldsPage(
            person=_person(admin, whose),
            held=tuple(await held.shown(admin, every)),
            said=heard(admin.visit),
            may_set=admin.may(Verb.SET_HOLD),
            may_lift=admin.may(Verb.LIFT_HOLD),
            problems=() if problem is None else (problem,),
        ),
        status,
    )


async def ask_set(admin: Admin) -> Response:
    """The form that sets one."""
    return admin.visit.page(SetHoldPage(person=_person(admin, await _find(admin))))


async def set_hold(admin: Admin) -> Response:
    """Set one."""
    form = await admin.visit.form(verb=Verb.SET_HOLD, tenant_id=admin.tenant_id)
    whose = await _find(admin)
    reason, reference = form.get("reason", ""), form.get("reference", "")
    here = {"tenant_id": admin.tenant_id, "user_id": whose.user_id, "reason": reason, "reference": reference}
    try:
        await holding.set_hold(admin.visit.house, by=admin.by, **here)
    except Refused as refused:
        if refused.reason not in {Reason.MISSING_VALUE, Reason.BAD_VALUE, Reason.TOO_LATE}:
            raise
        await admin.visit.fresh()
        if refused.reason is Reason.TOO_LATE:
            return await _user_page(admin, whose, _TOO_LATE, 409)
        problem = _CASE if refused.facts.get("property") == "reference" else _WHY
        person = _person(admin, whose)
        return admin.visit.page(
            SetHoldPage(person=person, reason=reason, reference=reference, problems=(problem,)), 400
        )
    say(admin.visit, Said(N_("{name} is on hold. Nothing about them is deleted."), {"name": _name(whose)}))
    return admin.visit.redirect(paths.holds(whose.user_id))


async def ask_lift(admin: Admin) -> Response:
    """The form that lifts one; without such a hold there is none."""
    whose = await _find(admin)
    return await _lift_page(admin, whose, admin.visit.request.query_params.get("hold", ""))


async def _lift_page(
    admin: Admin, whose: Membership, hold_id: str, reason: str = "", problem: Problem | None = None
) -> Response:
    standing = [one for one in await holds.of_user(admin.reading, admin.tenant_id, whose.user_id) if one.stands]
    one = next((each for each in await held.shown(admin, standing) if each.hold_id == hold_id), None)
    if one is None:
        return admin.visit.redirect(paths.holds(whose.user_id))
    page = LiftHoldPage(
        person=_person(admin, whose),
        one=one,
        last=len(standing) == 1,
        reason=reason,
        problems=() if problem is None else (problem,),
    )
    return admin.visit.page(page, 200 if problem is None else 400)


async def lift_hold(admin: Admin) -> Response:
    """Lift one."""
    form = await admin.visit.form(verb=Verb.LIFT_HOLD, tenant_id=admin.tenant_id)
    whose = await _find(admin)
    hold_id, reason = form.get("hold", ""), form.get("reason", "")
    here = {"tenant_id": admin.tenant_id, "user_id": whose.user_id, "hold_id": hold_id, "reason": reason}
    try:
        await holding.lift_hold(admin.visit.house, by=admin.by, **here)
    except Refused as refused:
        if refused.reason not in {Reason.MISSING_VALUE, Reason.BAD_VALUE, Reason.NOT_FOUND}:
            raise
        await admin.visit.fresh()
        if refused.reason is Reason.NOT_FOUND:
            return await _user_page(admin, whose, _GONE, 409)
        return await _lift_page(admin, whose, hold_id, reason, _WHY)
    say(admin.visit, Said(N_("A legal hold on {name} was lifted."), {"name": _name(whose)}))
    return admin.visit.redirect(paths.holds(whose.user_id))


async def _find(admin: Admin) -> Membership:
    """Whom the address names, in any stage. Raises Refused (NOT_FOUND)."""
    user_id = names.guid(admin.visit.captured("id"))
    found = None if user_id is None else await memberships.find(admin.reading, admin.tenant_id, user_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


def _name(whose: Membership) -> str:
    return whose.display_name or whose.home_display_name or whose.audit_tag[:12]


def _person(admin: Admin, whose: Membership) -> Person:
    stage = stage_at(whose.standing, admin.reading.now)
    here = isinstance(stage, Invited | Present | Deleted) and bool(whose.display_name)
    return Person(whose.user_id, _name(whose), _state(stage), here)


def _state(stage: Stage) -> str:
    match stage:
        case Invited() | Present():
            return _HERE
        case Deleted():
            return _DELETED
        case _:
            return _WAITS
