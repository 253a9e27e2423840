"""The buttons above *All users* that act at once: disable, enable, resend an invitation; deleting, once it is sure."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from starlette.responses import Response

from vestibule.actions import inviting, removing, switching
from vestibule.actions.handing_over import HandOver
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.exports import Sink, begin
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.all_users import (
    MOST_AT_ONCE,
    browsing_of,
    chosen_of,
    filter_of,
    why_not,
)
from vestibule.doors.portal.admin.pages.deleting_users import ask_again
from vestibule.doors.portal.admin.pages.outcomes import OutcomesPage, outcomes_of
from vestibule.doors.portal.admin.said import Said, say
from vestibule.doors.portal.admin.selection import Picked, picked
from vestibule.doors.portal.heirs import HEIR_GONE, heirs_in
from vestibule.doors.web.words import N_, NN_
from vestibule.rules import names
from vestibule.rules.lifecycle import Invited
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import invitations, user_rows
from vestibule.store.listing import Asked
from vestibule.store.user_rows import ROWS
from vestibule.store.users import EVERYBODY, User

_AT_A_TIME: Final = 25
MOST_UNDONE: Final = 25
"""More ids than these do not fit into the cookie that the *Undo* button comes from."""

WHY_NOT: Final[dict[Reason | None, str]] = {
    Reason.NOT_FOUND: N_("Not done: no longer here."),
    Reason.NOT_ALLOWED: N_("Not done: your role doesn't reach this user."),
    Reason.ONLY_ADMINISTRATOR: N_("Not done: they're the only administrator."),
    Reason.WRONG_STAGE: N_("Not sent: no invitation waits to be accepted."),
    Reason.TOO_MANY_TRIES: N_("Not sent: this address got too many invitations today."),
    Reason.BLOCKED_BY_PERSON: N_("Not sent: this person doesn't want invitations from you."),
    Reason.INVITEE_DISABLED: N_("Not sent: the account is disabled. Enable it first."),
}
OTHERWISE: Final = N_("Not done. Try again.")


@dataclass(frozen=True, slots=True)
class Deed:
    """What a button does, and what is said of it.

    Attributes:
        verb: for the log of refused forms. one, several: what is said afterwards. title: over the outcomes when some
            failed. done: an outcome's word. undo: the address that takes it back.
    """

    verb: Verb
    act: Callable[[Admin, User], Awaitable[object]]
    one: str
    several: tuple[str, str]
    title: str
    done: str
    undo: str = ""


async def _disable(admin: Admin, user: User) -> object:
    act = switching.disable
    return await act(admin.visit.house, tenant_id=admin.tenant_id, user_id=user.membership.user_id, by=admin.by)


async def _enable(admin: Admin, user: User) -> object:
    act = switching.enable
    return await act(admin.visit.house, tenant_id=admin.tenant_id, user_id=user.membership.user_id, by=admin.by)


class HeirGoneError(Exception):
    """What was to be handed over, or who was to get it, is not there any more: nothing was done."""


async def _remove(admin: Admin, user: User, hand_over: HandOver | None = None) -> object:
    try:
        return await removing.remove(
            admin.visit.house,
            tenant_id=admin.tenant_id,
            user_id=user.membership.user_id,
            by=admin.by,
            hand_over=hand_over,
        )
    except Refused as refused:
        if refused.facts.get("property") == "handOver":
            raise HeirGoneError from refused
        raise


async def _resend(admin: Admin, user: User) -> object:
    """Ask again as the last time, by mail. Raises Refused (WRONG_STAGE) for somebody who does not wait."""
    sent = await invitations.of_user(admin.reading, admin.tenant_id, user.membership.user_id)
    if not isinstance(user.membership.stage, Invited) or not sent:
        raise Refused(Reason.WRONG_STAGE)
    last = sent[0]
    asked = inviting.check(last.address, last.redirect_url, message=last.message, language=last.language, sends=True)
    return await inviting.invite(admin.visit.house, asked, tenant_id=admin.tenant_id, by=admin.by)


DISABLE: Final = Deed(
    Verb.DISABLE,
    _disable,
    N_("{name} was disabled."),
    NN_("{n} user was disabled.", "{n} users were disabled."),
    N_("Disabled users"),
    N_("Disabled"),
    undo=paths.ENABLE_USERS,
)
ENABLE: Final = Deed(
    Verb.ENABLE,
    _enable,
    N_("{name} was enabled."),
    NN_("{n} user was enabled.", "{n} users were enabled."),
    N_("Enabled users"),
    N_("Enabled"),
    undo=paths.DISABLE_USERS,
)
RESEND: Final = Deed(
    Verb.REINVITE,
    _resend,
    N_("{name} was invited again."),
    NN_("{n} invitation was sent again.", "{n} invitations were sent again."),
    N_("Invitations sent again"),
    N_("Sent"),
)
DELETE: Final = Deed(
    Verb.REMOVE,
    _remove,
    N_("{name} was deleted."),
    NN_("{n} user was deleted.", "{n} users were deleted."),
    N_("Users deleted"),
    N_("Deleted"),
)


async def disable(admin: Admin) -> Response:
    """Disable whoever is selected."""
    return await _do(admin, DISABLE)


async def enable(admin: Admin) -> Response:
    """Enable whoever is selected."""
    return await _do(admin, ENABLE)


async def resend(admin: Admin) -> Response:
    """Send whoever is selected and waits another invitation."""
    return await _do(admin, RESEND)


async def delete(admin: Admin) -> Response:
    """Delete whoever is selected, restorably; what one of them owned alone goes to whom the form names."""
    asked = await _asked(admin, DELETE)
    if isinstance(asked, Response):
        return asked
    form, found = dict(asked.fields), asked.found
    heirs = heirs_in(form)
    deed = replace(DELETE, act=partial(_remove, hand_over=heirs)) if heirs and len(found) == 1 else DELETE
    try:
        return await carry_out(admin, deed, found, back=_back(asked.fields))
    except HeirGoneError:
        back = form.get("back", "")
        return await ask_again(admin, asked.chosen, found, back=back, heirs=heirs, problems=(HEIR_GONE,))


async def _do(admin: Admin, deed: Deed) -> Response:
    asked = await _asked(admin, deed)
    if isinstance(asked, Response):
        return asked
    return await carry_out(admin, deed, asked.found, back=_back(asked.fields))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the form asks for: its fields, what it says is selected, and the users who are."""

    fields: list[tuple[str, str]]
    chosen: Picked
    found: list[User]


async def _asked(admin: Admin, deed: Deed) -> _Asked | Response:
    """What to do at once; the answer when that is nothing: a step of a job, a new job, or a form that cannot be."""
    sink = admin.visit.sink
    if isinstance(sink, Sink):
        await _some(admin, deed, sink)
        return Response(None, 204)
    fields = await admin.visit.form_fields(verb=deed.verb, tenant_id=admin.tenant_id)
    chosen = picked([*fields, *_together(fields)])
    found = await chosen_of(admin, chosen)
    if chosen.every and len(found) > MOST_AT_ONCE:
        return await _as_job(admin, deed, chosen)
    return why_not(admin, chosen, found) or _Asked(fields, chosen, found)


# --- More than fit into one answer ------------------------------------------------------------------------------------


async def _as_job(admin: Admin, deed: Deed, chosen: Picked) -> Response:
    """Everybody who matches, as a job that goes on when the page is left."""
    browsing = await browsing_of(admin, chosen.query)
    total = await user_rows.count(admin.reading, admin.tenant_id, filter_of(admin, browsing))
    return await begin(admin, deed.verb.value, total, {"filters": chosen.filters})


async def _some(admin: Admin, deed: Deed, sink: Sink) -> None:
    """The next few of a job. Letters go out one at a time, so that a crash repeats none that was written down."""
    browsing = await browsing_of(admin, dict(parse_qsl(admin.visit.request.url.query)))
    orders = ROWS.orders(EVERYBODY, browsing.orders)
    few = 1 if deed is RESEND else _AT_A_TIME
    found = await user_rows.page(
        admin.reading, admin.tenant_id, Asked(few, filter_of(admin, browsing), orders, sink.position)
    )
    sentences: dict[Reason | None, str] = {**WHY_NOT, None: deed.done, Reason.ALREADY_THERE: deed.done}
    users = [one.user for one in found.items]
    outcomes = await outcomes_of(partial(deed.act, admin), users, sentences, OTHERWISE, done=_AS_WANTED)
    failed = [{"name": one.name, "why": one.sentence} for one in outcomes if not one.done]
    told = json.dumps(failed) if failed else ""
    sink.keep(told, len(outcomes) - len(failed), found.position, failed=len(failed))


def _together(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The ids that an *Undo* button sends in one field."""
    return [("id", one) for name, value in fields if name == "ids" for one in value.split(" ")]


def _back(fields: list[tuple[str, str]]) -> str:
    """The user's own page, when the form was on it; else the list."""
    user_id = names.guid(dict(fields).get("back", ""))
    return paths.USERS if user_id is None else paths.user(user_id)


_AS_WANTED: Final[frozenset[Reason | None]] = frozenset({None, Reason.ALREADY_THERE})


async def carry_out(admin: Admin, deed: Deed, found: list[User], *, back: str) -> Response:
    """Do it to each of them, and say what came of it."""
    sentences: dict[Reason | None, str] = {**WHY_NOT, None: deed.done, Reason.ALREADY_THERE: deed.done}
    outcomes = await outcomes_of(partial(deed.act, admin), found, sentences, OTHERWISE, done=_AS_WANTED)
    if not all(outcome.done for outcome in outcomes):
        return admin.visit.page(
            OutcomesPage(title=deed.title, outcomes=outcomes, back_url=back, back_name=N_("All users"))
        )
    say(admin.visit, _said(deed, found, back))
    return admin.visit.redirect(back)


def _said(deed: Deed, done: list[User], back: str) -> Said:
    undo = deed.undo if len(done) <= MOST_UNDONE else ""
    fields = {"ids": " ".join(user.membership.user_id for user in done)} if undo else {}
    if undo and back != paths.USERS:
        fields["back"] = done[0].membership.user_id
    if len(done) == 1:
        return Said(deed.one, {"name": done[0].profile.display_name}, undo=undo, fields=fields)
    return Said(deed.several[0], many=deed.several[1], n=len(done), undo=undo, fields=fields)
