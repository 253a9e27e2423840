"""The error pages: one card that says what happened, what to do next, and a reference to quote.

None of them shows an exception or says which check failed where that would help an attacker.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import ClassVar, Final

from vestibule.doors.web.contacts import Contacts
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_


class ErrorKind(Enum):
    """What went wrong: the heading and the sentences under it, as the catalog knows them.

    Placeholders: ``{org}`` an organization's display name, ``{email}`` a masked address, ``{time}`` a moment.
    """

    ACCOUNT_DISABLED = (
        N_("Your account is disabled"),
        N_("You can't sign in with this account now. An administrator can enable it again."),
    )
    ACCOUNT_DISABLED_IN = (
        N_("Your account is disabled"),
        N_("{org} disabled your account there, so you can't sign in to it. {org} can enable it again or delete it."),
    )
    YOU_LEFT = (
        N_("You left {org}"),
        N_("You can't sign in to {org} any more. It can restore your account until {time}, if you ask."),
    )
    NO_ACCESS = (
        N_("You don't have access to {org}"),
        N_("Your account isn't a user of {org}, or it isn't allowed to use this app. Ask someone there to invite you."),
    )
    DEVICE_FOR_GUESTS = (
        N_("Guests can't sign in on devices here"),
        N_("{org} doesn't let its guests sign in this way. Sign in to the app in a browser instead."),
    )
    TERMS_DECLINED = (
        N_("You didn't accept the terms of use of {org}"),
        N_("You're not signed in to {org}. Nothing was changed, and you can accept the terms whenever you want."),
    )
    NOT_A_GUEST = (
        N_("You're not a guest of {org}"),
        N_("The account you're signed in with doesn't belong to {org}. Use another account, or ask to be invited."),
    )
    INVITATION_EXPIRED = (
        N_("This invitation has expired"),
        N_("You can ask the person who invited you to send a new one."),
    )
    INVITATION_ACCEPTED = (
        N_("This invitation was already accepted"),
        N_("There is nothing more to do. You can sign in to {org}."),
    )
    INVITATION_GONE = (
        N_("This invitation no longer works"),
        N_(
            "It was withdrawn, declined or replaced by a newer one. Look for a newer email, or ask to be invited again."
        ),
    )
    INVITATION_FOR_OTHER = (
        N_("This invitation is for a different email"),
        N_("It was sent to {email}. Sign in with that address to accept it."),
    )
    TOO_MANY_ATTEMPTS = (
        N_("Too many attempts"),
        N_("To protect your account we don't accept more tries for now. Try again after {time}."),
    )
    UNKNOWN_ORGANIZATION = (
        N_("We can't find that organization"),
        N_("Check the spelling of its domain and try again."),
    )
    BAD_REQUEST = (
        N_("This sign-in request isn't valid"),
        N_(
            "The app you came from sent something we can't accept. Nothing was changed. "
            "Tell the people who run the app."
        ),
    )
    FORM_EXPIRED = (
        N_("This form is no longer valid"),
        N_("It was opened too long ago or in another session. Nothing was changed. Open the page again and repeat it."),
    )
    NOT_CONFIRMED = (
        N_("You're not signed in"),
        N_("The place where you sign in didn't confirm who you are. Nothing was changed. Sign in again."),
    )
    NO_LASTING_NAME = (
        N_("We can't tell who you are"),
        N_(
            "The place where you sign in didn't say who you are in a way that lasts. Nothing was changed. "
            "Tell the people who run it that we need a persistent name."
        ),
    )
    LINK_EXPIRED = (
        N_("This link no longer works"),
        N_("It has been used or its time is over. Nothing was changed."),
    )
    RECEIPT_GONE = (
        N_("This receipt is no longer available here"),
        N_("Your data was removed, and with it the link to this receipt."),
    )
    NOT_ALLOWED = (
        N_("This isn't allowed"),
        N_("Your account may not do this. Nothing was changed."),
    )
    LOOKED_AFTER_ELSEWHERE = (
        N_("This isn't looked after here"),
        N_("You sign in at another organization. How you do that is up to you and that organization."),
    )
    NOT_FOUND = (
        N_("Page not found"),
        N_("There is nothing at this address, or you may not see it."),
    )
    SERVER = (
        N_("Something went wrong"),
        N_("Nothing was changed. Try again in a moment."),
    )

    @property
    def heading(self) -> str:
        """The page's h1."""
        return self.value[0]

    @property
    def message(self) -> str:
        """The sentences under it."""
        return self.value[1]


class Part(Enum):
    """Which part of the service the page belongs to; it stands in the title."""

    SIGN_IN = N_("Sign in")
    MY_ACCOUNT = N_("My Account")
    ADMIN_CENTER = N_("Admin center")


class Step(Enum):
    """What a person can do next: the name of a link."""

    DIFFERENT_ACCOUNT = N_("Use a different account")
    SIGN_IN = N_("Sign in")
    TRY_AGAIN = N_("Try again")
    CONTINUE = N_("Continue to {org}")
    VIEW_RECEIPT = N_("View receipt for {org}")
    ASK_RESTORE = N_("Ask {org} to restore my account")
    ORGANIZATIONS = N_("Back to Organizations")
    MY_ACCOUNT = N_("Go to My Account")
    READ_TERMS = N_("Read the terms of use again")
    BACK_TO_APP = N_("Go back to the app")
    LEAVE = N_("Leave {org}")


_NO_VALUES: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage(View):
    """An error page.

    Attributes:
        kind: what happened.
        reference: the request's reference, shown under the message.
        at: when it happened.
        part: where in the service.
        organization: fills ``{org}``.
        email: fills ``{email}``; masked.
        account: the address of whoever is signed in, where it matters which account that is.
        until: fills ``{time}``.
        contacts: whom to ask.
        steps: links to go on with, the first one as a button.
        new_invitation_url: where *Ask for a new invitation* is posted.
        sign_out: offers the button *Sign out*.
        typed: the domain that was not found, for the field to try again.
        flow: the sign-in under way.
        detail: one line of plain English for whoever made the app that sent the visitor here.
    """

    template: ClassVar[str] = "web/error.html"
    kind: ErrorKind
    reference: str
    at: datetime
    part: Part = Part.SIGN_IN
    organization: str = ""
    email: str = ""
    account: str = ""
    until: datetime | None = None
    contacts: Contacts = field(default_factory=Contacts)
    steps: tuple[tuple[Step, str], ...] = ()
    new_invitation_url: str = ""
    sign_out: bool = False
    typed: str = ""
    flow: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoOn(View):
    """Takes the browser on to an app by itself, for where a redirect after a form would be blocked.

    Attributes:
        url: where to. Validated by whoever makes the page.
        fields: posted there when given (OAuth 2.0 Form Post Response Mode); otherwise the address is just opened.
        app: the app's name.
    """

    template: ClassVar[str] = "web/go_on.html"
    url: str
    fields: tuple[tuple[str, str], ...] = ()
    app: str = ""
