"""Invitations: created, never listed (Graph, *Create invitation*)."""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.actions import inviting
from vestibule.doors.graph.bodies import Body, Mode
from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.errors import GraphError, bad_request
from vestibule.doors.graph.model import INVITATION
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.invitation import INVITATIONS, InvitationView
from vestibule.rules.names import guid
from vestibule.rules.refusals import Refused
from vestibule.rules.verbs import Verb


async def create(call: Call) -> Reply:
    """Invite somebody."""
    await _may_invite(call)
    body = await call.body(INVITATION, Mode.CREATE)
    asked = _asked(body)
    sent = await inviting.invite(call.house, asked, tenant_id=call.tenant_id, by=call.by)
    message = body.values.get("invitedUserMessageInfo") or {}
    view = InvitationView(
        id=sent.invitation_id,
        redeem_url=sent.redeem_url,
        email=body.values["invitedUserEmailAddress"],
        redirect_url=asked.redirect_url,
        user_id=sent.user_id,
        display_name=asked.display_name,
        user_type=sent.user_type,
        send_message=asked.sends,
        reset_redemption=asked.reset_of is not None,
        status="Completed" if sent.completed else "PendingAcceptance",
        message=asked.message,
        message_language=asked.language,
        copy_to=tuple((one.get("name"), one.get("address")) for one in _recipients(message)),
    )
    return call.single("invitations", INVITATION, INVITATIONS.values(view), status=201)


async def _may_invite(call: Call) -> None:
    """Whether anything at all may be asked for here: who resets redemptions need not be somebody who invites."""
    for verb in (Verb.RESET_REDEMPTION, Verb.INVITE_INTERNAL):
        try:
            await call.may_read(verb)
        except Refused:
            continue
        return
    await call.insist(Verb.INVITE)


def _asked(body: Body) -> inviting.Asked:
    values = body.values
    message = values.get("invitedUserMessageInfo") or {}
    # Graph honours one copy: the last.
    copies = [one["address"] for one in _recipients(message) if one.get("address")][-1:]
    return inviting.check(
        values["invitedUserEmailAddress"],
        values["inviteRedirectUrl"],
        display_name=values.get("invitedUserDisplayName"),
        message=message.get("customizedMessageBody"),
        copies=tuple(copies),
        user_type=values.get("invitedUserType") or "Guest",
        sends=bool(values.get("sendInvitationMessage")),
        language=message.get("messageLanguage"),
        sponsor_ids=_sponsors(body),
        start_fresh=bool(values.get("startFresh")),
        reset_of=_whom(values) if values.get("resetRedemption") else None,
        internal=None if values.get("resetRedemption") else _whom(values),
    )


def _recipients(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one["emailAddress"] for one in message.get("ccRecipients") or [] if one and one.get("emailAddress")]


def _sponsors(body: Body) -> tuple[str, ...]:
    given = [one for one in body.values.get("invitedUserSponsors") or [] if one is not None]
    found = [_id(str(one["id"]), "invitedUserSponsors") for one in given]
    return (*found, *body.binds.get("invitedUserSponsors", ()))


def _whom(values: Mapping[str, Any]) -> str | None:
    """The user object that is named: one whose redemption is reset, else an internal one that is asked to accept."""
    named = values.get("invitedUser")
    if named:
        return _id(str(named["id"]), "invitedUser")
    if values.get("resetRedemption"):
        raise _bad("A value is required for property 'invitedUser/id' when resetRedemption is true.")
    return None


def _id(text: str, name: str) -> str:
    found = guid(text)
    if found is None:
        raise _bad(f"Invalid value specified for property '{name}/id' of resource 'Invitation'.")
    return found


def _bad(message: str) -> GraphError:
    return bad_request(message, target="invitedUser")


ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "POST",
        "/invitations",
        create,
        verb=Verb.INVITE,
        body=INVITATION,
        status=201,
        summary="Invite an external user, again where they wait already",
    )
]
