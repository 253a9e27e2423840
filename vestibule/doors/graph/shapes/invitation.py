"""The invitation: only ever seen in the answer to its creation."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from vestibule.doors.graph.model.invitation import INVITATION
from vestibule.doors.graph.shapes.picking import Shape


@dataclass(frozen=True, slots=True)
class InvitationView:
    """What is shown of an invitation.

    Attributes:
        redeem_url: the link that opens it; this answer is the only place where it is told.
        copy_to: name and address of who gets a copy of the mail.
    """

    id: str
    redeem_url: str
    email: str
    redirect_url: str
    user_id: str
    display_name: str | None = None
    user_type: str = "Guest"
    send_message: bool = False
    reset_redemption: bool = False
    status: str = "PendingAcceptance"
    message: str | None = None
    message_language: str | None = None
    copy_to: tuple[tuple[str | None, str | None], ...] = ()


def _message(view: InvitationView) -> dict[str, object]:
    recipients = view.copy_to or ((None, None),)  # Graph answers one empty recipient when none was given
    return {
        "messageLanguage": view.message_language,
        "ccRecipients": [{"emailAddress": {"name": name, "address": address}} for name, address in recipients],
        "customizedMessageBody": view.message,
    }


INVITATIONS: Final[Shape[InvitationView]] = Shape(
    INVITATION,
    {
        "id": attrgetter("id"),
        "inviteRedeemUrl": attrgetter("redeem_url"),
        "invitedUserDisplayName": attrgetter("display_name"),
        "invitedUserEmailAddress": attrgetter("email"),
        "invitedUserType": attrgetter("user_type"),
        "resetRedemption": attrgetter("reset_redemption"),
        "sendInvitationMessage": attrgetter("send_message"),
        "status": attrgetter("status"),
        "inviteRedirectUrl": attrgetter("redirect_url"),
        "invitedUserMessageInfo": _message,
        "invitedUser": lambda view: {"id": view.user_id},
    },
)
