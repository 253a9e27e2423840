"""*Invite external user*: an address is asked in, by mail or with a link that is shown once."""

from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import inviting
from vestibule.actions.inviting import Sent
from vestibule.doors.portal import paths as portal_paths
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.said import Said, say
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb

FRESH: Final = "fresh"
_WRONG: Final = {
    "invitedUserEmailAddress": Problem(N_("Enter an email address, such as name@example.com."), at="email"),
    "invitedUserDisplayName": Problem(N_("Enter a name of at most 256 characters."), at="name"),
    "customizedMessageBody": Problem(N_("Enter a message of at most 4,000 characters."), at="message"),
}
_OF_REASON: Final = {
    Reason.INVITING_FORBIDDEN: Problem(N_("Your organization doesn't let you invite guests.")),
    Reason.INVITEE_IS_MEMBER: Problem(N_("This address belongs to your own organization."), at="email"),
    Reason.INVITEE_DISABLED: Problem(
        N_("The account with this address is disabled. Enable it instead of inviting it."), at="email"
    ),
    Reason.DOMAIN_NOT_ALLOWED: Problem(
        N_("Your organization doesn't allow invitations to this domain. See External collaboration settings."),
        at="email",
    ),
    Reason.COLLABORATION_FORBIDDEN: Problem(
        N_("Your organization doesn't allow guests from there. See Cross-tenant access settings."), at="email"
    ),
    Reason.BLOCKED_BY_PERSON: Problem(N_("This person doesn't want invitations from your organization."), at="email"),
    Reason.TOO_MANY_TRIES: Problem(
        N_("This address got too many invitations today. Try again tomorrow, or invite without an email."), at="email"
    ),
    Reason.STILL_DELETED: Problem(
        N_("A deleted guest has this address. Choose what to do with that account."), at="email"
    ),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed into the form."""

    email: str = ""
    name: str = ""
    message: str = ""
    language: str = ""
    sends: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitePage(View):
    """The page.

    Attributes:
        typed: the fields. deleted: the id of the deleted guest who has this address; empty without one.
        may_restore: whether who is signed in can restore them. editable: whether they can invite at all.
    """

    template: ClassVar[str] = "portal/admin/invite.html"
    typed: Typed
    deleted: str = ""
    may_restore: bool = False
    editable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitedPage(View):
    """What is shown once after an invitation without a mail: the link."""

    template: ClassVar[str] = "portal/admin/invited.html"
    email: str
    link: str
    user_id: str
    completed: bool


async def show(admin: Admin) -> Response:
    """The form."""
    return _page(admin, Typed(language=admin.organization.notification_language))


def _page(
    admin: Admin, typed: Typed, problems: tuple[Problem, ...] = (), status: int = 200, deleted: str = ""
) -> Response:
    return admin.visit.page(
        InvitePage(
            typed=typed,
            deleted=deleted,
            may_restore=admin.may(Verb.RESTORE),
            editable=admin.may(Verb.INVITE),
            problems=problems,
        ),
        status,
    )


async def invite(admin: Admin) -> Response:
    """Invite whoever was typed."""
    form = await admin.visit.form(verb=Verb.INVITE, tenant_id=admin.tenant_id)
    typed = Typed(
        email=form.get("email", "").strip(),
        name=form.get("name", "").strip(),
        message=form.get("message", "").strip(),
        language=form.get("language", ""),
        sends="sends" in form,
    )
    try:
        sent = await _invite(admin, typed, fresh=form.get("deleted") == FRESH)
    except Refused as refused:
        return await _not_invited(admin, typed, refused)
    await admin.visit.fresh()
    if typed.sends:
        sentence = N_("{name} has access already.") if sent.completed else N_("{name} was invited.")
        say(admin.visit, Said(sentence, {"name": typed.name or typed.email}))
        return admin.visit.redirect(paths.user(sent.user_id))
    return admin.visit.page(
        InvitedPage(email=typed.email, link=sent.redeem_url, user_id=sent.user_id, completed=sent.completed)
    )


async def _invite(admin: Admin, typed: Typed, *, fresh: bool) -> Sent:
    house = admin.visit.house
    asked = inviting.check(
        typed.email,
        f"{house.public_url}{portal_paths.OVERVIEW}",
        display_name=typed.name or None,
        message=typed.message or None,
        language=typed.language or None,
        sends=typed.sends,
        start_fresh=fresh,
    )
    return await inviting.invite(house, asked, tenant_id=admin.tenant_id, by=admin.by)


async def _not_invited(admin: Admin, typed: Typed, refused: Refused) -> Response:
    problem = _OF_REASON.get(refused.reason)
    if refused.reason is Reason.BAD_VALUE:
        problem = _WRONG.get(str(refused.facts.get("property") or ""))
    if problem is None:
        raise refused
    await admin.visit.fresh()
    deleted = str(refused.facts.get("objectId") or "") if refused.reason is Reason.STILL_DELETED else ""
    status = 400 if refused.reason is Reason.BAD_VALUE else 409
    return _page(admin, typed, (problem,), status, deleted)
