"""An invitation on its way through a sign-in: it is remembered by organization and user object, never by its ticket."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from vestibule.actions import collaborating, redeeming, signing_in
from vestibule.doors.portal import entering, paths
from vestibule.doors.portal.desk import Visit
from vestibule.doors.web.errors import ErrorKind, GoOn, Step
from vestibule.rules.invitations import is_good
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import invitations, organizations
from vestibule.store.invitations import Invitation
from vestibule.store.organizations import Organization


@dataclass(frozen=True, slots=True)
class Meant:
    """The invitation that a sign-in is for."""

    tenant_id: str
    invitation_id: str


def meant(visit: Visit) -> Meant | None:
    """The invitation that the sign-in under way is for, or None."""
    kept = None if visit.flow is None else visit.flow.facts.get("invitation")
    return Meant(str(kept["tenant"]), str(kept["id"])) if isinstance(kept, dict) else None


async def begin(visit: Visit, invitation: Invitation, place: Organization) -> None:
    """Begin a sign-in that ends with accepting this invitation.

    The invited address is taken for the visitor's until they type another one; who only holds the link sees it masked.
    """
    kept = {"tenant": invitation.tenant_id, "id": invitation.invitation_id}
    known = {"email": invitation.address, "masked": "yes"}
    await entering.begin(visit, target=paths.OVERVIEW, place=place, invitation=kept, **known)


async def find(visit: Visit) -> tuple[Invitation, Organization] | None:
    """The invitation that the sign-in under way is for, with its organization."""
    wanted = meant(visit)
    if wanted is None:
        return None
    invitation = await invitations.find(visit.reading, wanted.tenant_id, wanted.invitation_id)
    place = await organizations.find(visit.reading, wanted.tenant_id)
    return None if invitation is None or place is None else (invitation, place)


async def go_on(visit: Visit) -> Response:
    """Somebody signed in to accept: on to what they agree to, unless the invitation is not theirs, or over."""
    found = await find(visit)
    if found is None:
        return gone(visit)
    invitation, place = found
    closed = await over(visit, invitation, place)
    if closed is not None:
        return closed
    person = visit.who.person
    if not await redeeming.is_for(visit.house, visit.reading, invitation, person.person_id, visit.flow):
        in_already = await _is_in(visit, place)
        if not in_already and await redeeming.needs_mailbox(visit.reading, invitation, person):
            return await _ask_mailbox(visit, invitation)
        return await _not_theirs(visit, invitation, place)
    if await collaborating.skips_consent(visit.reading, place.tenant_id, person):
        return await accept(visit)  # both organizations agreed that nobody has to review permissions
    return visit.to_flow(paths.CONSENT)


async def accept(visit: Visit) -> Response:
    """Accept: the person is bound to the user object, signed in there, and goes where the invitation leads."""
    found = await find(visit)
    if found is None:
        return gone(visit)
    invitation, place = found
    try:
        await redeeming.redeem(
            visit.house,
            person_id=visit.who.person.person_id,
            by=visit.actor(place.tenant_id),
            tenant_id=invitation.tenant_id,
            user_id=invitation.user_id,
            proof=visit.flow,
        )
    except Refused as refused:
        return await refusal(visit, refused, invitation, place)
    await visit.fresh()
    await entering.enter(visit, place.tenant_id)
    if place.tenant_id in visit.who.held_back:
        return visit.to_flow(paths.TERMS)
    return await land(visit, invitation, place)


async def land(visit: Visit, invitation: Invitation, place: Organization) -> Response:
    """Where an accepted invitation leads: a page of ours at once, another site by a page that goes on by itself."""
    path = own_path_of(visit, invitation.redirect_url)
    if path is not None or visit.flow is None:
        return visit.redirect(path or paths.OVERVIEW)
    landing = {"url": invitation.redirect_url, "name": place.display_name}
    visit.flow = await signing_in.note(visit.house, visit.flow, landing=landing)
    return visit.to_flow(paths.GO_ON)


def go_on_page(visit: Visit) -> GoOn | None:
    """The page that leads on to the organization's site; None when this sign-in leads nowhere."""
    landing = None if visit.flow is None else visit.flow.facts.get("landing")
    return GoOn(url=str(landing["url"]), app=str(landing["name"])) if isinstance(landing, dict) else None


def own_path_of(visit: Visit, url: str) -> str | None:
    """The path of a page of ours that an address leads to; None for another site."""
    for origin in visit.desk.origins:
        if url == origin or url.startswith(f"{origin}/"):
            return paths.own_path(url.removeprefix(origin)) or paths.OVERVIEW
    return None


async def over(visit: Visit, invitation: Invitation, place: Organization) -> Response | None:
    """The page for an invitation that cannot be accepted any more; None while it can."""
    match invitation.state:
        case "redeemed":
            return await refusal(visit, Refused(Reason.INVITATION_USED), invitation, place)
        case "open" if is_good(invitation.expires_at, visit.now):
            return None
        case "open" | "expired":
            return await refusal(visit, Refused(Reason.INVITATION_EXPIRED), invitation, place)
        case _:
            return gone(visit)


async def refusal(visit: Visit, refused: Refused, invitation: Invitation, place: Organization) -> Response:
    """The page for what became of an invitation."""
    match refused.reason:
        case Reason.INVITATION_USED | Reason.ALREADY_MEMBER:
            steps = ((Step.CONTINUE, invitation.redirect_url),)
            return visit.problem(ErrorKind.INVITATION_ACCEPTED, 410, organization=place.display_name, steps=steps)
        case Reason.INVITATION_EXPIRED:
            new = f"{visit.request.url.path}/new" if _is_its_address(visit) else ""
            return visit.problem(ErrorKind.INVITATION_EXPIRED, 410, new_invitation_url=new)
        case Reason.WRONG_PERSON:
            return await _for_other(visit, invitation)
        case Reason.ACCOUNT_DISABLED:
            return await entering.disabled_in(visit, place)
        case Reason.COLLABORATION_FORBIDDEN:
            return visit.problem(ErrorKind.NO_ACCESS, 403, organization=place.display_name, sign_out=True)
        case _:
            return gone(visit)


def _is_its_address(visit: Visit) -> bool:
    """Whether this is the invitation's own address, whose ticket it takes to ask for a new one."""
    prefix, _, ticket = visit.request.url.path.lower().rpartition("/")
    return prefix == paths.INVITATIONS and bool(ticket)


def gone(visit: Visit) -> Response:
    """*This invitation no longer works*, whatever the cause."""
    return visit.problem(ErrorKind.INVITATION_GONE, 410)


async def _not_theirs(visit: Visit, invitation: Invitation, place: Organization) -> Response:
    """Another address, or somebody who is in by another user object already. Nothing is bound."""
    if await _is_in(visit, place):
        return await refusal(visit, Refused(Reason.ALREADY_MEMBER), invitation, place)
    return await _for_other(visit, invitation)


async def _is_in(visit: Visit, place: Organization) -> bool:
    return place.tenant_id in visit.who.open_in or await entering.why_not(visit, place.tenant_id) is None


async def _ask_mailbox(visit: Visit, invitation: Invitation) -> Response:
    """Who comes from another provider proves the invited mailbox by a code before they accept."""
    if visit.flow is not None:
        proving = {"person": visit.who.person.person_id, "email": invitation.address}
        facts = {"email": invitation.address, "masked": "yes", "code": None, "proving": proving}
        visit.flow = await signing_in.note(visit.house, visit.flow, **facts)
    return visit.to_flow(paths.CODE)


def proves_mailbox(visit: Visit) -> bool:
    """Whether the code that is typed proves a mailbox of whoever is signed in, rather than who somebody is."""
    kept = None if visit.flow is None else visit.flow.facts.get("proving")
    if not isinstance(kept, dict) or visit.signed_in is None:
        return False
    mine = kept.get("person") == visit.signed_in.person.person_id
    return mine and kept.get("email") == entering.fact(visit, "email")


async def _for_other(visit: Visit, invitation: Invitation) -> Response:
    other = f"{paths.PICK_ACCOUNT}?{urlencode({'flow': visit.handle})}" if visit.handle else paths.PICK_ACCOUNT
    return visit.problem(
        ErrorKind.INVITATION_FOR_OTHER,
        403,
        email=redeeming.mask(invitation.address),
        account=await entering.email_of(visit),
        steps=((Step.DIFFERENT_ACCOUNT, other),),
    )
