"""What is done to one user on a page of its own: change properties, reset the redemption status, keep them."""

from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import answering, directory_users, inviting
from vestibule.actions.answering import LONGEST_MESSAGE
from vestibule.actions.asking import REMOVAL
from vestibule.doors.portal import paths as portal_paths
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.user import FIELDS, UserView, find, head_of, value_of
from vestibule.doors.portal.admin.said import Said, say
from vestibule.doors.web.frame import Problem
from vestibule.doors.web.words import N_
from vestibule.rules.lifecycle import Deleted, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import requests
from vestibule.store.users import User

_HINTS: Final = {"preferredLanguage": N_("Such as en, nl or sv-SE.")}
_CANNOT: Final = N_("This can't be saved. Shorten it or check its form.")
_TAKEN: Final = N_("Someone has this already. Enter another one.")
_REACH: Final = N_("Your role doesn't reach this user, or not this property.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPage(UserView):
    """*Edit*: name in Graph, label, value and hint of each field."""

    template: ClassVar[str] = "portal/admin/user_edit.html"
    fields: tuple[tuple[str, str, str, str], ...]


async def edit(admin: Admin) -> Response:
    """The form."""
    user = await _here(admin)
    return _edit_page(admin, user, {name: value_of(user, name) for name, _ in FIELDS})


async def _here(admin: Admin) -> User:
    """The user, unless they are deleted."""
    user = await find(admin)
    if isinstance(user.membership.stage, Deleted):
        raise Refused(Reason.NOT_FOUND)
    return user


def _edit_page(
    admin: Admin, user: User, typed: dict[str, str], problem: Problem | None = None, status: int = 200
) -> Response:
    return admin.visit.page(
        EditPage(
            head=head_of(admin, user, "edit"),
            fields=tuple((name, label, typed[name], _HINTS.get(name, "")) for name, label in FIELDS),
            problems=() if problem is None else (problem,),
        ),
        status,
    )


async def save(admin: Admin) -> Response:
    """Save what was changed."""
    form = await admin.visit.form(verb=Verb.UPDATE_USER, tenant_id=admin.tenant_id)
    user = await _here(admin)
    before = {name: value_of(user, name) for name, _ in FIELDS}
    typed = {name: form.get(name, before[name]).strip() for name in before}
    changes = {name: value or None for name, value in typed.items() if value != before[name]}
    try:
        if changes:
            await directory_users.update_user(
                admin.visit.house,
                tenant_id=admin.tenant_id,
                user_id=user.membership.user_id,
                changes=changes,
                by=admin.by,
            )
    except Refused as refused:
        return await _not_saved(admin, user, typed, refused)
    say(admin.visit, Said(N_("Saved.")))
    return admin.visit.redirect(paths.user(user.membership.user_id))


async def _not_saved(admin: Admin, user: User, typed: dict[str, str], refused: Refused) -> Response:
    await admin.visit.fresh()
    at = str(refused.facts.get("property") or "")
    if refused.reason is Reason.NOT_ALLOWED:
        return _edit_page(admin, user, typed, Problem(_REACH), 403)
    if at not in typed or refused.reason not in {Reason.BAD_VALUE, Reason.READ_ONLY, Reason.DUPLICATE_VALUE}:
        raise refused
    taken = refused.reason is Reason.DUPLICATE_VALUE
    return _edit_page(admin, user, typed, Problem(_TAKEN if taken else _CANNOT, at=at), 409 if taken else 400)


# --- Reset redemption status ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPage(UserView):
    """The question, and the dialog over the user's page."""

    template: ClassVar[str] = "portal/admin/reset.html"
    fragment: ClassVar[str] = "portal/admin/reset_dialog.html"


async def ask_reset(admin: Admin) -> Response:
    """The question."""
    user = await _here(admin)
    if user.membership.standing.tie is Tie.HOME or not user.profile.mail:
        raise Refused(Reason.NOT_FOUND)
    return admin.visit.page(ResetPage(head=head_of(admin, user, "reset")))


async def reset(admin: Admin) -> Response:
    """Take the linked identity away and invite the same address again."""
    await admin.visit.form(verb=Verb.RESET_REDEMPTION, tenant_id=admin.tenant_id)
    user = await _here(admin)
    house = admin.visit.house
    asked = inviting.check(
        user.profile.mail or "",
        f"{house.public_url}{portal_paths.OVERVIEW}",
        sends=True,
        reset_of=user.membership.user_id,
    )
    await inviting.invite(house, asked, tenant_id=admin.tenant_id, by=admin.by)
    name = user.profile.display_name
    say(admin.visit, Said(N_("{name} was invited again."), {"name": name}))
    return admin.visit.redirect(paths.user(user.membership.user_id))


# --- Keep -------------------------------------------------------------------------------------------------------------

_TOO_LONG: Final = Problem(N_("Enter a message of at most 1,000 characters."), at="message")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPage(UserView):
    """The question, and the dialog over the user's page. ``message``: what was typed. ``longest``: of it."""

    template: ClassVar[str] = "portal/admin/keep.html"
    fragment: ClassVar[str] = "portal/admin/keep_dialog.html"
    message: str = ""
    longest: int = LONGEST_MESSAGE


async def ask_keep(admin: Admin) -> Response:
    """The question; without an open request there is none."""
    user = await _here(admin)
    asked = (await requests.of_membership(admin.reading, admin.tenant_id, user.membership.user_id)).get(REMOVAL)
    if asked is None or asked.answer is not None:
        return admin.visit.redirect(paths.user(user.membership.user_id))
    return admin.visit.page(KeepPage(head=head_of(admin, user, "keep")))


async def keep(admin: Admin) -> Response:
    """Tell them that they are kept."""
    form = await admin.visit.form(verb=Verb.ANSWER_REMOVAL, tenant_id=admin.tenant_id)
    user = await _here(admin)
    message = form.get("message", "").strip()
    here = {"tenant_id": admin.tenant_id, "user_id": user.membership.user_id}
    try:
        await answering.answer_removal(admin.visit.house, by=admin.by, message=message or None, **here)
    except Refused as refused:
        if refused.reason is Reason.BAD_VALUE:
            await admin.visit.fresh()
            page = KeepPage(head=head_of(admin, user, "keep"), message=message, problems=(_TOO_LONG,))
            return admin.visit.page(page, 400)
        if refused.reason is not Reason.WRONG_STAGE:
            raise
        return admin.visit.redirect(paths.user(user.membership.user_id))
    say(admin.visit, Said(N_("{name} was told that you keep their account."), {"name": user.profile.display_name}))
    return admin.visit.redirect(paths.user(user.membership.user_id))
