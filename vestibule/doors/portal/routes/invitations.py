"""Invitations, by the link in the letter: accept, decline, and block further ones.

Whoever holds the link may decline and block, without signing in. Accepting binds a person to the user object and asks
who they are: the invited mailbox is proven, or a home account that has this address signs in.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from vestibule.actions import asking, inviting, redeeming, removing
from vestibule.doors.portal import paths
from vestibule.doors.portal.desk import Desk, Visit
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.routes import federation, invited
from vestibule.doors.portal.routes.signing_in import go_on
from vestibule.doors.portal.views.sign_in import BlockInvitations, DeclineInvitation, InvitationAsked
from vestibule.doors.portal.views.sign_in import Invitation as InvitationPage
from vestibule.doors.web.errors import ErrorKind
from vestibule.rules.links import read_link
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import invitations, organizations
from vestibule.store.invitations import Invitation
from vestibule.store.organizations import Organization


@dataclass(frozen=True, slots=True)
class Found:
    """The invitation that a link leads to."""

    ticket: str
    invitation: Invitation
    place: Organization


def invitation_routes(desk: Desk) -> list[BaseRoute]:
    """The pages behind the links of an invitation letter."""
    one = f"{paths.INVITATIONS}/{{ticket}}"
    return [
        route(desk, one, get=_show, post=_answer),
        route(desk, f"{one}/decline", get=_decline_page),
        route(desk, f"{one}/block", get=_to_block),
        route(desk, f"{one}/new", get=_asked, post=_ask),
        route(desk, paths.UNSUBSCRIBE, get=_block_page, post=_block),
    ]


async def _find(visit: Visit, ticket: str) -> Found:
    """The invitation of a ticket, in whatever state. Raises Refused (NOT_FOUND)."""
    invitation = await invitations.find_by_ticket(visit.reading, inviting.ticket_hash(ticket))
    place = None if invitation is None else await organizations.find(visit.reading, invitation.tenant_id)
    if invitation is None or place is None:
        raise Refused(Reason.NOT_FOUND)
    return Found(ticket, invitation, place)


def _unknown(visit: Visit) -> Response:
    return visit.problem(ErrorKind.INVITATION_GONE, 404)


# --- Accept and decline -----------------------------------------------------------------------------------------------


async def _show(visit: Visit) -> Response:
    try:
        found = await _find(visit, visit.captured("ticket"))
    except Refused:
        return _unknown(visit)
    closed = await invited.over(visit, found.invitation, found.place)
    return closed or visit.page(
        _page(visit, found), form_targets=await federation.targets(visit, found.place.tenant_id)
    )


def _page(visit: Visit, found: Found) -> InvitationPage:
    invitation, place = found.invitation, found.place
    link = read_link(invitation.redirect_url)
    foreign = link is not None and invited.own_path_of(visit, invitation.redirect_url) is None
    return InvitationPage(
        flow=visit.handle,
        ticket=found.ticket,
        organization=place.display_name,
        domain=place.initial_domain,
        inviter=invitation.inviter_name or place.display_name,
        invited=redeeming.mask(invitation.address),
        message=invitation.message or "",
        lands_at=link.host if link is not None and foreign else "",
        valid_until=invitation.expires_at,
    )


async def _answer(visit: Visit) -> Response:
    form = await visit.form()
    try:
        found = await _find(visit, visit.captured("ticket"))
    except Refused:
        return _unknown(visit)
    if form.get("answer") == "decline":
        return await _decline(visit, found)
    closed = await invited.over(visit, found.invitation, found.place)
    if closed is not None:
        return closed
    if form.get("answer") != "accept":
        return visit.redirect(f"{paths.INVITATIONS}/{found.ticket}")
    await invited.begin(visit, found.invitation, found.place)
    if visit.signed_in is not None:
        return await invited.go_on(visit)
    return await go_on(visit, found.invitation.address, masked=True)


async def _decline_page(visit: Visit) -> Response:
    try:
        found = await _find(visit, visit.captured("ticket"))
    except Refused:
        return _unknown(visit)
    done = "done" in visit.request.query_params and found.invitation.state in {"dead", "declined"}
    closed = None if done else await invited.over(visit, found.invitation, found.place)
    view = DeclineInvitation(
        ticket=found.ticket, organization=found.place.display_name, domain=found.place.initial_domain, done=done
    )
    return closed or visit.page(view)


async def _decline(visit: Visit, found: Found) -> Response:
    try:
        await removing.decline(
            visit.house, ticket_hash=inviting.ticket_hash(found.ticket), by=visit.actor(found.place.tenant_id)
        )
    except Refused as refused:
        return await invited.refusal(visit, refused, found.invitation, found.place)
    return visit.redirect(f"{paths.INVITATIONS}/{found.ticket}/decline?done=1")


# --- A new one --------------------------------------------------------------------------------------------------------


async def _ask(visit: Visit) -> Response:
    """Ask the one who invited for a new invitation; asking twice sends nothing twice."""
    await visit.form()
    ticket = visit.captured("ticket")
    try:
        await asking.ask_invitation(visit.house, ticket=ticket, by=visit.actor())
    except Refused as refused:
        if refused.reason is Reason.NOT_FOUND:
            return _unknown(visit)
        if refused.reason is not Reason.ALREADY_THERE:
            return invited.gone(visit)
    return visit.redirect(f"{paths.INVITATIONS}/{ticket}/new")


async def _asked(visit: Visit) -> Response:
    """*We asked for a new invitation*, when that was asked; else the invitation itself."""
    try:
        found = await _find(visit, visit.captured("ticket"))
    except Refused:
        return _unknown(visit)
    if not await asking.invitation_is_asked(visit.reading, found.invitation):
        return visit.redirect(f"{paths.INVITATIONS}/{found.ticket}")
    return visit.page(InvitationAsked(organization=found.place.display_name, domain=found.place.initial_domain))


# --- Block ------------------------------------------------------------------------------------------------------------


async def _to_block(visit: Visit) -> Response:
    return visit.redirect(paths.UNSUBSCRIBE, {"ticket": visit.captured("ticket")})


async def _block_page(visit: Visit) -> Response:
    try:
        found = await _find(visit, visit.request.query_params.get("ticket", ""))
    except Refused:
        return visit.problem(ErrorKind.LINK_EXPIRED, 404)
    blocked = await invitations.is_blocked(visit.reading, found.place.tenant_id, found.invitation.address_mac)
    view = BlockInvitations(
        key=found.ticket,
        email=redeeming.mask(found.invitation.address),
        organization=found.place.display_name,
        domain=found.place.initial_domain,
        blocked=blocked,
        changed="changed" in visit.request.query_params,
    )
    return visit.page(view)


async def _block(visit: Visit) -> Response:
    form = await visit.form()
    ticket = form.get("ticket", "")
    act = redeeming.allow if form.get("answer") == "allow" else redeeming.block
    try:
        await act(visit.house, ticket=ticket, by=visit.actor())
    except Refused as refused:
        if refused.reason is not Reason.NOT_FOUND:
            raise
        return visit.problem(ErrorKind.LINK_EXPIRED, 404)
    return visit.redirect(f"{paths.UNSUBSCRIBE}?{urlencode({'ticket': ticket, 'changed': '1'})}")
