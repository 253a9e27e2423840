"""One data removal: which apps had to be told, what each answered, and waiving one with a reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import app_connections, waiving
from vestibule.doors.portal.admin import paths, removal_states
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.held import Held, standing_of
from vestibule.doors.portal.admin.pages.app_connections import KINDS, STATES
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import connections as rules
from vestibule.rules import names
from vestibule.rules.connections import LONGEST_WHY, Kind, State
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.retention import STEPS, Step
from vestibule.rules.verbs import Verb
from vestibule.store import certificates, erasures, memberships, users
from vestibule.store.erasures import Erasure
from vestibule.store.recipients import Recipient

_WHY: Final = N_("Say why the data removal doesn't wait for this app, in at most 500 characters.")
_STEP_NAMES: Final = {
    Step.KEY: N_("Key and personal parts of the audit log"),
    Step.ACCESS: N_("Sessions, tokens and sign-ins"),
    Step.RIGHTS: N_("Groups, apps, roles and reviews"),
    Step.INVITATIONS: N_("Invitations"),
    Step.REQUESTS: N_("Requests, exports and jobs"),
    Step.LETTERS: N_("Emails that were not sent yet"),
    Step.PERSON: N_("Link to the person, addresses and sign-in methods"),
    Step.PROFILE: N_("Profile"),
    Step.FINISH: N_("Last email, and the end of the removal"),
}
_GONE: Final = Problem(N_("The data removal doesn't wait for that app any more."))


@dataclass(frozen=True, slots=True)
class Answer:
    """What one app answered.

    Attributes:
        app_id, kind: which connection. name: of the app. way: the kind in words. required: it is waited for.
        state: in words. good: there is nothing left to wait for. answer: what came back last. at: when.
        waived_by, why: who decided not to wait, and their reason; empty where nobody did.
        awaited: the removal waits for it now.
    """

    app_id: str
    kind: str
    name: str
    way: str
    required: bool
    state: str
    good: bool
    answer: str
    at: datetime | None
    waived_by: str
    why: str
    awaited: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A step of the ledger: what it removes, how many records it removed, and when; None: it is not done yet."""

    what: str
    removed: int
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalPage(View):
    """The page.

    Attributes:
        label: of the person. late: its time is over. state: in words. good: nothing is left to do.
        failed: an app that it waits for failed.
        steps: the ledger, in its order. certificate: its address, or nothing. longest: letters of a reason.
        held: the legal holds that stand, for whoever may know why, where it is on_hold.
    """

    template: ClassVar[str] = "portal/admin/removal.html"
    user_id: str
    label: str
    since: datetime
    due: datetime
    finished: datetime | None
    late: bool
    state: str
    good: bool
    failed: bool
    steps: tuple[Taken, ...]
    certificate: str
    on_hold: bool
    held: tuple[Held, ...]
    answers: tuple[Answer, ...]
    may_waive: bool
    may_send: bool
    longest: int = LONGEST_WHY
    said: Said | None = None


async def show(admin: Admin) -> Response:
    """The page."""
    return await _page(admin, await _find(admin))


async def waive(admin: Admin) -> Response:
    """Do not wait for an app any more."""
    found = await _find(admin)
    form = await admin.visit.form(verb=Verb.WAIVE_RECIPIENT, tenant_id=admin.tenant_id)
    try:
        await waiving.waive_recipient(
            admin.visit.house,
            _kind(form.get("kind", "")),
            tenant_id=admin.tenant_id,
            user_id=found.user_id,
            app_id=form.get("app", ""),
            why=form.get("reason", ""),
            by=admin.by,
        )
    except Refused as refused:
        if refused.reason in {Reason.MISSING_VALUE, Reason.BAD_VALUE}:
            return await _page(admin, found, Problem(_WHY), 422)
        if refused.reason is Reason.NOT_FOUND:
            return await _page(admin, found, _GONE, 409)
        raise
    say(admin.visit, Said(N_("The data removal doesn't wait for that app any more.")))
    return admin.visit.redirect(paths.removal(found.user_id))


async def send_again(admin: Admin) -> Response:
    """Send an app again what it did not take of this person."""
    found = await _find(admin)
    form = await admin.visit.form(verb=Verb.CHANGE_CONNECTIONS, tenant_id=admin.tenant_id)
    try:
        await app_connections.send_again(
            admin.visit.house,
            _kind(form.get("kind", "")),
            tenant_id=admin.tenant_id,
            app_id=form.get("app", ""),
            user_id=found.user_id,
            by=admin.by,
        )
    except Refused as refused:
        if refused.reason is not Reason.NOT_FOUND:
            raise
        return await _page(admin, found, Problem(N_("That app has no connection any more.")), 409)
    say(admin.visit, Said(N_("It is sent again.")))
    return admin.visit.redirect(paths.removal(found.user_id))


async def _page(admin: Admin, found: Erasure, problem: Problem | None = None, status: int = 200) -> Response:
    here, user_id = admin.tenant_id, found.user_id
    kept = await waiving.recipients_of(admin.reading, tenant_id=here, user_id=user_id)
    guest = await memberships.find(admin.reading, here, user_id)
    whose = sorted({one.waived_by for one in kept if one.waived_by})
    known = {
        user.membership.user_id: user.profile.display_name for user in await users.find_many(admin.reading, here, whose)
    }
    state = removal_states.state_of(found.state, kept)
    return admin.visit.page(
        RemovalPage(
            user_id=user_id,
            label=user_id if guest is None else guest.audit_tag,
            since=found.started_at,
            due=found.due_by,
            finished=found.finished_at,
            state=removal_states.STATES[state],
            failed=state == removal_states.FAILED,
            good=found.finished_at is not None,
            steps=tuple(await _ledger(admin, found)),
            certificate=await _certificate(admin, user_id),
            late=found.finished_at is None and found.due_by < admin.reading.now and found.state != erasures.ON_HOLD,
            on_hold=found.state == erasures.ON_HOLD,
            held=(await standing_of(admin, [user_id])).get(user_id, ()),
            answers=tuple(_answer(one, known, done=found.finished_at is not None) for one in kept),
            may_waive=admin.may(Verb.WAIVE_RECIPIENT),
            may_send=admin.may(Verb.CHANGE_CONNECTIONS),
            said=heard(admin.visit),
            problems=() if problem is None else (problem,),
        ),
        status,
    )


async def _ledger(admin: Admin, found: Erasure) -> list[Taken]:
    """Every step, done or not; the last one is the end itself."""
    done = {one.step: one for one in await erasures.ledger(admin.reading, found.tenant_id, found.user_id)}
    taken = []
    for step in STEPS:
        one = done.get(step.value)
        at = found.finished_at if step is Step.FINISH else None if one is None else one.finished_at
        taken.append(Taken(_STEP_NAMES[step], 0 if one is None else one.removed, at))
    return taken


async def _certificate(admin: Admin, user_id: str) -> str:
    made = await certificates.made_of(admin.reading, admin.tenant_id, [user_id])
    return paths.CERTIFICATE.format(id=user_id) if made else ""


def _answer(one: Recipient, known: dict[str, str], *, done: bool) -> Answer:
    state = State(one.state)
    good = state in rules.ENOUGH
    by = one.waived_by or ""
    return Answer(
        app_id=one.app_id,
        kind=one.kind,
        name=one.display_name,
        way=KINDS[Kind(one.kind)],
        required=one.required,
        state=STATES[state],
        good=good,
        answer=one.answer or "",
        at=one.answered_at,
        waived_by=known.get(by, by[:12]),
        why=one.waived_why or "",
        awaited=one.required and not good and not done,
    )


async def _find(admin: Admin) -> Erasure:
    user_id = names.guid(admin.visit.captured("id"))
    found = None if user_id is None else await erasures.find(admin.reading, admin.tenant_id, user_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


def _kind(given: str) -> Kind:
    try:
        return Kind(given)
    except ValueError:
        raise Refused(Reason.NOT_FOUND) from None
