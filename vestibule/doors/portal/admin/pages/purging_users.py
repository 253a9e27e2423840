"""*Delete {name} permanently?*: friction in proportion, then no way back."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import erasing
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages import deleted_users
from vestibule.doors.portal.admin.pages.deleted_users import MOST_AT_ONCE
from vestibule.doors.portal.admin.pages.outcomes import OutcomesPage, outcomes_of
from vestibule.doors.portal.admin.pages.restoring_users import deleted_of
from vestibule.doors.portal.admin.said import Said, say
from vestibule.doors.portal.admin.selection import Picked, picked
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import lifecycle
from vestibule.rules.refusals import Reason
from vestibule.rules.verbs import Verb
from vestibule.store.users import User

OUTCOMES: Final[dict[Reason | None, str]] = {
    None: N_("Permanently deleted"),
    Reason.NOT_FOUND: N_("Not deleted: no longer among the deleted users."),
    Reason.NOT_ALLOWED: N_("Not deleted: your role doesn't reach this user."),
    Reason.ON_HOLD: N_("Not deleted: a legal hold keeps their data."),
}
_OTHERWISE: Final = N_("Not deleted. Try again.")
_WRONG: Final = N_("Type {n}, the number of selected users.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgePage(View):
    """The page, and the dialog over the list.

    Attributes:
        who: the names of those selected. fields: the selection, for the form.
        data_removed_by: when data removal ends at the latest.
    """

    template: ClassVar[str] = "portal/admin/purge.html"
    fragment: ClassVar[str] = "portal/admin/purge_dialog.html"
    who: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    data_removed_by: datetime


async def ask(admin: Admin) -> Response:
    """The question."""
    chosen = picked(admin.visit.request.query_params.multi_items())
    found = await deleted_of(admin, chosen, MOST_AT_ONCE)
    refused = _why_not(admin, chosen, found)
    return refused or _question(admin, chosen, found)


def _why_not(admin: Admin, chosen: Picked, found: list[User]) -> Response | None:
    problem = ""
    if not found:
        problem = deleted_users.NOBODY
    elif len(found) > MOST_AT_ONCE:
        problem = deleted_users.TOO_MANY
    elif all(user.membership.standing.held for user in found):
        problem = deleted_users.ON_HOLD
    if not problem:
        return None
    return admin.visit.redirect(paths.DELETED_USERS, {**chosen.query, "problem": problem})


def _question(
    admin: Admin, chosen: Picked, found: list[User], problem: Problem | None = None, status: int = 200
) -> Response:
    first = next(user.membership.standing for user in found if not user.membership.standing.held)
    after = lifecycle.purge(first, admin.reading.now, asked=True).after.stage
    return admin.visit.page(
        PurgePage(
            who=tuple(user.profile.display_name for user in found),
            fields=tuple(chosen.fields),
            data_removed_by=lifecycle.data_removed_by(after) or admin.reading.now,
            problems=() if problem is None else (problem,),
        ),
        status,
    )


async def purge(admin: Admin) -> Response:
    """Delete whoever is selected for good, when the number that was typed is that of the selection."""
    fields = await admin.visit.form_fields(verb=Verb.PURGE, tenant_id=admin.tenant_id)
    chosen = picked(fields)
    found = await deleted_of(admin, chosen, MOST_AT_ONCE)
    refused = _why_not(admin, chosen, found)
    if refused is not None:
        return refused
    if len(found) > 1:
        # Whoever went or came meanwhile changes the number, so that nobody is deleted unseen.
        if dict(fields).get("number", "").strip() != str(len(found)):
            problem = Problem(_WRONG, at="number", values={"n": len(found)})
            return _question(admin, chosen, found, problem, 400)
        return await _purge_all(admin, found)
    await _purge(admin, found[0])
    say(admin.visit, Said(N_("{name} was permanently deleted."), {"name": found[0].profile.display_name}))
    return admin.visit.redirect(paths.DELETED_USERS)


async def _purge(admin: Admin, user: User) -> None:
    await erasing.purge(admin.visit.house, tenant_id=admin.tenant_id, user_id=user.membership.user_id, by=admin.by)


async def _purge_all(admin: Admin, found: list[User]) -> Response:
    return admin.visit.page(
        OutcomesPage(
            title=N_("Permanently deleted users"),
            outcomes=await outcomes_of(partial(_purge, admin), found, OUTCOMES, _OTHERWISE),
            back_url=paths.DELETED_USERS,
            back_name=N_("Deleted users"),
        )
    )
