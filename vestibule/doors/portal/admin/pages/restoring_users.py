"""*Restore {name}?*: what comes back and what cannot, and the button that does it."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import restoring
from vestibule.actions.authorising import grants_roles
from vestibule.actions.restoring import Report, Wants
from vestibule.doors.portal.admin import paths, restore_items
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages import deleted_users
from vestibule.doors.portal.admin.pages.outcomes import OutcomesPage, outcomes_of
from vestibule.doors.portal.admin.restore_items import Lines
from vestibule.doors.portal.admin.said import Said, say
from vestibule.doors.portal.admin.selection import Picked, picked, users_of
from vestibule.doors.portal.admin.tables import Browsing
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import names
from vestibule.rules.lifecycle import Deleted, stage_at
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships
from vestibule.store.listing import Asked
from vestibule.store.users import User

TAKEN: Final = Problem(
    N_("Someone else has this user name now. Enter another one, or keep the new account and cancel."), at="new_upn"
)
BAD_NAME: Final = Problem(N_("Enter a user name in one of your organization's domains."), at="new_upn")

OUTCOMES: Final[dict[Reason | None, str]] = {
    None: N_("Restored"),
    Reason.NAME_TAKEN: N_(
        "Not restored: someone else has the user name now. Restore this user alone to choose another."
    ),
    Reason.NOT_FOUND: N_("Not restored: no longer among the deleted users."),
    Reason.NOT_ALLOWED: N_("Not restored: your role doesn't reach this user."),
}
_OTHERWISE: Final = N_("Not restored. Try again.")
_NAMED: Final = 4
"""So many things that did not come back are named; the audit log names all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePage(View):
    """The page, and the dialog over the list.

    Attributes:
        who: the names of those selected. fields: the selection, for the form.
        back, lost: what can return and what cannot, for one user. may_leave_out: some of it can be left out.
        conflict: somebody has the name meanwhile.
        new_upn: the other name that was typed. disabled: the account stays disabled.
    """

    template: ClassVar[str] = "portal/admin/restore.html"
    fragment: ClassVar[str] = "portal/admin/restore_dialog.html"
    who: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    back: tuple[Lines, ...] = ()
    lost: tuple[Lines, ...] = ()
    may_leave_out: bool = False
    conflict: str = ""
    new_upn: str = ""
    disabled: bool = False


async def ask(admin: Admin) -> Response:
    """The question."""
    chosen = picked(admin.visit.request.query_params.multi_items())
    found = await deleted_of(admin, chosen)
    if not found:
        return _nobody(admin, chosen)
    return await _question(admin, chosen, found)


async def deleted_of(admin: Admin, chosen: Picked, most: int = 0) -> list[User]:
    """The selected users who can still come back, ``most`` and one of those that match (a thousand without it)."""
    if chosen.every:
        browsing = Browsing(admin.visit, deleted_users.SHAPE, chosen.query)
        wanted = deleted_users.filter_of(admin, browsing)
        return (await deleted_users.page_of(admin, Asked(most + 1 if most else 1000, wanted))).items
    found = await users_of(admin, chosen.ids)
    return [one for one in found if isinstance(stage_at(one.membership.standing, admin.reading.now), Deleted)]


def _nobody(admin: Admin, chosen: Picked) -> Response:
    """Nobody was ticked, or somebody was faster."""
    query = {**chosen.query, "problem": deleted_users.NOBODY}
    return admin.visit.redirect(paths.DELETED_USERS, query)


async def _question(
    admin: Admin,
    chosen: Picked,
    found: list[User],
    *,
    problem: Problem | None = None,
    new_upn: str = "",
    ticked: frozenset[str] | None = None,
    status: int = 200,
) -> Response:
    one = found[0] if len(found) == 1 else None
    back: tuple[Lines, ...] = ()
    lost: tuple[Lines, ...] = ()
    conflict = ""
    if one is not None:
        items = await restoring.what_returns(
            admin.reading, one.membership, may_grant_roles=grants_roles(admin.acting.by)
        )
        back, lost = restore_items.returning(items, ticked), restore_items.lost(items)
        conflict = await _holder(admin, one)
    return admin.visit.page(
        RestorePage(
            who=tuple(user.profile.display_name for user in found),
            fields=tuple(chosen.fields),
            back=back,
            lost=lost,
            may_leave_out=any(item.key for line in back for item in line.items),
            conflict=conflict,
            new_upn=new_upn,
            disabled=one is not None and not one.membership.standing.enabled_here,
            problems=() if problem is None else (problem,),
        ),
        status,
    )


async def _holder(admin: Admin, one: User) -> str:
    """The name of who has the user name meanwhile; empty when nobody has."""
    name = one.profile.user_principal_name
    holder = await memberships.find_by_upn(admin.reading, admin.tenant_id, names.key(name))
    return "" if holder is None or holder.user_id == one.membership.user_id else holder.display_name or name


async def restore(admin: Admin) -> Response:
    """Restore whoever is selected."""
    fields = await admin.visit.form_fields(verb=Verb.RESTORE, tenant_id=admin.tenant_id)
    chosen = picked(fields)
    found = await deleted_of(admin, chosen)
    if not found:
        return _nobody(admin, chosen)
    if len(found) > 1:
        return await _restore_all(admin, found)
    new_upn = dict(fields).get("new_upn", "").strip()
    ticked = frozenset(value for name, value in fields if name == "back") if dict(fields).get("listed") else None
    wants = restoring.everything if ticked is None else restore_items.only(ticked)
    try:
        report = await _restore(admin, found[0], new_upn or None, wants)
    except Refused as refused:
        if refused.reason not in {Reason.NAME_TAKEN, Reason.BAD_VALUE}:
            raise
        problem = TAKEN if refused.reason is Reason.NAME_TAKEN else BAD_NAME
        await admin.visit.fresh()
        return await _question(admin, chosen, found, problem=problem, new_upn=new_upn, ticked=ticked, status=409)
    say(admin.visit, _restored(admin, found[0].profile.display_name, report))
    return admin.visit.redirect(paths.DELETED_USERS)


def _restored(admin: Admin, name: str, report: Report) -> Said:
    """That it was done; what did not come back is named, with the reason, but for the last of many."""
    lines = restore_items.lost(report.items)
    if not lines:
        return Said(N_("{name} was restored."), {"name": name})
    words = admin.visit.words
    missing = [words.text(one.sentence, name=one.name) for line in lines for one in line.items]
    if len(missing) > _NAMED:
        missing[_NAMED:] = [words.text("{n} more", n=words.number(len(missing) - _NAMED))]
    sentence = N_("{name} was restored. Not restored: {things}.")
    return Said(sentence, {"name": name, "things": words.joined(missing)})


async def _restore(admin: Admin, user: User, new_upn: str | None = None, wants: Wants = restoring.everything) -> Report:
    return await restoring.restore(
        admin.visit.house,
        tenant_id=admin.tenant_id,
        user_id=user.membership.user_id,
        by=admin.by,
        new_upn=new_upn,
        wants=wants,
    )


async def _restore_one(admin: Admin, user: User) -> None:
    await _restore(admin, user)


async def _restore_all(admin: Admin, found: list[User]) -> Response:
    return admin.visit.page(
        OutcomesPage(
            title=N_("Restored users"),
            outcomes=await outcomes_of(partial(_restore_one, admin), found, OUTCOMES, _OTHERWISE),
            back_url=paths.DELETED_USERS,
            back_name=N_("Deleted users"),
        )
    )
