"""The invitation (Graph, *invitation resource type*): created, never listed."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property


def _given(name: str, type_: Is = Is.STRING, **more: object) -> Property:
    return Property(name, type_, default=True, create=True, **more)  # type: ignore[arg-type]


EMAIL_ADDRESS: Final = (
    Property("name", create=True, longest=256, blank=True),
    Property("address", create=True, longest=254),
)
RECIPIENT: Final = (Property("emailAddress", Is.COMPLEX, create=True, members=EMAIL_ADDRESS),)
MESSAGE: Final = (
    Property("ccRecipients", Is.COMPLEX, many=True, create=True, most=20, members=RECIPIENT),
    Property("customizedMessageBody", create=True, longest=4_000, lines=True, blank=True),
    Property("messageLanguage", create=True, longest=35),
)
REFERENCE: Final = (Property("id", create=True, required=True, nullable=False, longest=36),)

INVITATION: Final = Entity(
    "invitation",
    (
        Property("id", default=True, nullable=False),
        Property("inviteRedeemUrl", default=True),
        _given("invitedUserDisplayName", longest=256),
        _given("invitedUserEmailAddress", required=True, nullable=False, longest=254),
        _given("invitedUserType", choices=("Guest", "Member")),
        _given("resetRedemption", Is.BOOLEAN),
        _given("sendInvitationMessage", Is.BOOLEAN),
        Property("status", default=True),
        _given("inviteRedirectUrl", required=True, nullable=False, longest=2_048),
        _given("invitedUserMessageInfo", Is.COMPLEX, members=MESSAGE),
        Property("invitedUser", Is.COMPLEX, default=True, create=True, members=REFERENCE),
        Property("invitedUserSponsors", Is.COMPLEX, many=True, create=True, most=5, members=REFERENCE),
        # Our own: a deleted guest is not brought back, a new object is made (see docs/differences.md).
        Property("startFresh", Is.BOOLEAN, create=True),
    ),
    navigations=("invitedUser", "invitedUserSponsors"),
    bad_value="BadRequest",
)
