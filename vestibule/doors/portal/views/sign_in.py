"""The sign-in pages.

Before somebody has signed in, a page shows only what that person typed; an organization's display name and logo come
after. Each page carries ``flow``, the handle under which the sign-in under way is kept on the server.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from vestibule.doors.portal.views.permissions import PERMISSIONS
from vestibule.doors.web.frame import View


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView(View):
    """What all sign-in pages have.

    Attributes:
        flow: handle of the sign-in under way; empty for one that has not begun.
        going_to: the page of ours that a sign-in which has not begun leads to; empty for My Account.
        domain: the organization's domain as it was typed or asked for; shown before sign-in.
        organization: its display name; only after sign-in.
        logo: address of its stored logo on this origin; only after sign-in.
    """

    flow: str = ""
    going_to: str = ""
    domain: str = ""
    organization: str = ""
    logo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Another place to sign in at, offered by the organization: *Sign in with {name}*."""

    provider_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn(SignInView):
    """*Sign in*: asks for the email. ``again``: somebody signed in wants to change how they sign in."""

    template: ClassVar[str] = "portal/sign_in.html"
    email: str = ""
    again: bool = False
    providers: tuple[Provider, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterPassword(SignInView):
    """*Enter password* of the account that was typed, or whose invitation is accepted.

    Attributes:
        email: the account. masked: it is shown to somebody who has not proven to know it.
    """

    template: ClassVar[str] = "portal/enter_password.html"
    email: str
    masked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCode(SignInView):
    """*Get a code by email*; ``email`` is masked."""

    template: ClassVar[str] = "portal/get_code.html"
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEmail(SignInView):
    """*Check your email*: asks for the code.

    Attributes:
        email: where it was sent, masked.
        valid_until: until when it works.
        tries_left: after a wrong one; None otherwise.
        sent_again: a new code was just sent.
    """

    template: ClassVar[str] = "portal/check_email.html"
    email: str
    valid_until: datetime
    tries_left: int | None = None
    sent_again: bool = False


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account this browser has signed in with."""

    account_id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PickAccount(SignInView):
    """*Pick an account*."""

    template: ClassVar[str] = "portal/pick_account.html"
    accounts: tuple[KnownAccount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhichOrganization(SignInView):
    """*Which organization do you want to sign in to?*"""

    template: ClassVar[str] = "portal/which_organization.html"
    typed: str = ""


REDEMPTION: Final = ("receive-profile", "log-activity", "use-data")
"""What an organization asks for when an invitation is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPermissions(SignInView):
    """*Review permissions*: consent to what an organization or an app asks for.

    Attributes:
        permissions: keys of ``PERMISSIONS`` or scopes.
        app: the app that asks; empty when the organization itself does.
        email: the account that agrees.
        privacy_statement: the organization's; empty when it has given none.
    """

    template: ClassVar[str] = "portal/review_permissions.html"
    permissions: tuple[str, ...] = REDEMPTION
    app: str = ""
    email: str
    privacy_statement: str = ""

    @property
    def known(self) -> tuple[str, ...]:
        """The permissions that have words, in those words, to be translated."""
        return tuple(PERMISSIONS[name.lower()] for name in self.permissions if name.lower() in PERMISSIONS)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The others, as the app wrote them."""
        return tuple(name for name in self.permissions if name.lower() not in PERMISSIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsOfUse(SignInView):
    """*Terms of use* of an organization, to accept or decline.

    Attributes:
        tenant_id: whose they are. edition: which edition is shown, and so accepted.
        text: the document as plain text; empty when it is elsewhere. link: where that is.
        language: what the document is written in.
        email: the account that agrees. changed: another edition was accepted before, or shown a moment ago.
    """

    template: ClassVar[str] = "portal/terms_of_use.html"
    tenant_id: str
    edition: int
    text: str = ""
    link: str = ""
    language: str
    email: str
    changed: bool = False

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The text between empty lines."""
        return tuple(part.strip("\n") for part in self.text.split("\n\n") if part.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation(SignInView):
    """*Accept invitation*; an invitation names its organization before sign-in, since its letter does.

    Attributes:
        ticket: the secret part of its address.
        inviter: who invites; the organization's name when an app did.
        invited: the invited address, masked.
        message: what the inviter wrote, as plain text.
        lands_at: host of the address that the person lands at.
        valid_until: the end of the invitation.
    """

    template: ClassVar[str] = "portal/invitation.html"
    ticket: str
    inviter: str
    invited: str
    message: str = ""
    lands_at: str = ""
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineInvitation(SignInView):
    """*Decline this invitation?*, and what became of it."""

    template: ClassVar[str] = "portal/decline_invitation.html"
    ticket: str
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAsked(SignInView):
    """*You asked for a new invitation*, after the old one ended."""

    template: ClassVar[str] = "portal/invitation_asked.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockInvitations(SignInView):
    """Block or allow invitations from one organization.

    Attributes:
        key: the signed key of the letter's link.
        email: whose invitations, masked.
        blocked: they are blocked now.
        changed: the form was just sent.
    """

    template: ClassVar[str] = "portal/block_invitations.html"
    key: str
    email: str
    blocked: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class SwitchChoice:
    """An organization to switch to."""

    tenant_id: str
    name: str
    domain: str
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseOrganization(SignInView):
    """*Choose an organization* to switch to."""

    template: ClassVar[str] = "portal/choose_organization.html"
    choices: tuple[SwitchChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut(SignInView):
    """*You're signed out*: by oneself, or because ...

    Attributes:
        why: ``idle`` when nobody used the browser for too long, ``terms`` when the terms of use of the own
            organization were declined; empty for a sign-out as such.
    """

    template: ClassVar[str] = "portal/signed_out.html"
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmSignOut(SignInView):
    """*Sign out?*: asked when the wish to sign out did not come from one of our own forms."""

    template: ClassVar[str] = "portal/confirm_sign_out.html"
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaySignedIn(SignInView):
    """*Stay signed in?*, when the session ends soon; *You're signed out* once it has.

    Attributes:
        ends_at: when it ends by time alone; None when nobody is signed in any more.
        ends_in, warn_in: the seconds until then, and until it has to be said.
        by_rest: it ends because nobody uses it, so it can be put off.
        why: ``idle`` when it ended for that reason.
    """

    template: ClassVar[str] = "portal/stay_signed_in.html"
    fragment: ClassVar[str] = "portal/stay_signed_in_dialog.html"
    ends_at: datetime | None = None
    ends_in: int = 0
    warn_in: int = 0
    by_rest: bool = True
    why: str = ""
