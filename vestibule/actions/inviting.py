"""Invite: somebody from outside is asked into an organization.

An invitation names an address, an organization and a user object, is good once and for a time, and dies with the
object it refers to. Only the hash of its ticket is kept.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from vestibule.actions import collaborating, converting, journal
from vestibule.actions.authorising import authorise, find_user
from vestibule.actions.carry_out import attempt
from vestibule.actions.guest_settings import invitation_days_of, restriction_of
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, post
from vestibule.actions.user_objects import written
from vestibule.rules import invitations as invitation_rules
from vestibule.rules import lifecycle, links, names, texts
from vestibule.rules.activities import SPONSORS
from vestibule.rules.actors import Actor, ActorKind, system
from vestibule.rules.domains import Domain
from vestibule.rules.filters import fold
from vestibule.rules.lifecycle import Deleted, Invited, Present, Standing, Tie
from vestibule.rules.names import Address
from vestibule.rules.policy import why_not_invite_from
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.rights import AS_MEMBER
from vestibule.rules.verbs import Verb
from vestibule.store import (
    audit,
    groups,
    invitations,
    memberships,
    organizations,
    people,
    profiles,
    rates,
    receipts,
    sponsors,
)
from vestibule.store.invitations import Invitation
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.profiles import Profile
from vestibule.store.unit import Reading, Unit

GUEST = "Guest"
LONGEST_NAME = 256
LONGEST_MESSAGE = 4000


@dataclass(frozen=True, slots=True)
class Asked:
    """What an invitation asks for, checked.

    Attributes:
        address: the mailbox that is invited. redirect_url: where the person lands.
        message, language, copies: for the letter. sends: whether it is sent at all.
        start_fresh: a deleted guest with this address stays deleted; the new object has nothing of the old life.
        reset_of: the user object whose redemption is reset; None for an ordinary invitation.
        internal: the internal user who is to sign in from outside with this address; None for an ordinary invitation.
        only_new: it is a list or another directory that names them, nobody who invites: whoever is there already is
            not asked again (ALREADY_THERE with the object's id), and who left by choice is not brought back.
        properties: of a new user object beside its name, by Graph's names, checked.
    """

    address: Address
    redirect_url: str
    display_name: str | None = None
    user_type: str = GUEST
    sends: bool = False
    message: str | None = None
    language: str | None = None
    copies: tuple[str, ...] = ()
    sponsor_ids: tuple[str, ...] = ()
    start_fresh: bool = False
    reset_of: str | None = None
    only_new: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)
    internal: str | None = None

    @property
    def verb(self) -> Verb:
        """What it is called by the log and the rights."""
        if self.internal is not None:
            return Verb.INVITE_INTERNAL
        return Verb.INVITE if self.reset_of is None else Verb.RESET_REDEMPTION


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of an invitation.

    Attributes:
        user_id: the user object it leads to. redeem_url: the link; it exists only here and in the letter.
        completed: the person is in already, there is nothing to accept.
    """

    invitation_id: str
    user_id: str
    redeem_url: str
    completed: bool
    user_type: str


def check(
    address: str,
    redirect_url: str,
    *,
    display_name: str | None = None,
    message: str | None = None,
    copies: tuple[str, ...] = (),
    **rest: Any,
) -> Asked:
    """Turn what a caller sent into what an invitation may ask for.

    Raises:
        Refused: BAD_VALUE with the property that is wrong.
    """
    return Asked(
        address=names.address(address, what="invitedUserEmailAddress"),
        redirect_url=links.invite_redirect(redirect_url),
        display_name=None
        if display_name is None
        else texts.text_line(display_name, limit=LONGEST_NAME, what="invitedUserDisplayName"),
        message=None
        if message is None
        else texts.text_lines(message, limit=LONGEST_MESSAGE, what="customizedMessageBody"),
        copies=tuple(names.address(copy, what="ccRecipients").mailbox for copy in copies),
        **rest,
    )


async def invite(
    house: House,
    asked: Asked,
    *,
    tenant_id: str,
    by: Actor,
    then: Callable[[Unit, Membership], Awaitable[object]] | None = None,
) -> Sent:
    """Invite somebody, again where they wait already.

    ``then`` is what else happens to the guest in the same unit, once the invitation is written.

    Raises:
        Refused: NOT_ALLOWED, INVITING_FORBIDDEN; LEFT_BY_CHOICE where only newcomers are asked; INVITEE_IS_MEMBER for
            an address of the organization's own domains; INVITEE_DISABLED; DOMAIN_NOT_ALLOWED; COLLABORATION_FORBIDDEN;
            STILL_DELETED with the object's id when a guest with this address is deleted and restorable;
            BLOCKED_BY_PERSON; TOO_MANY_TRIES when the address got too many invitation mails in a day.
    """
    new_key = house.chance.guid()
    await house.keys.create(new_key)

    async def work(unit: Unit) -> Sent:
        organization = await organizations.find(unit, tenant_id)
        if organization is None:
            raise Refused(Reason.NOT_FOUND)
        actor = await _authorise(unit, by, tenant_id, asked)
        guest = await _known(unit, tenant_id, asked)
        if asked.only_new:
            await _insist_on_newcomer(house, unit, tenant_id, guest, asked)
        await _check_invitee(house, unit, organization, asked)
        if guest is not None and isinstance(guest.stage, Present) and asked.verb is Verb.INVITE:
            return await _nothing_to_do(house, unit, organization, guest, asked, by=actor)
        if guest is None:
            guest = await _new_guest(house, unit, organization, asked, new_key, by=actor)
        else:
            guest = await _ask_again(house, unit, guest, asked)
        sent = await _send(house, unit, organization, guest, asked, by=actor)
        if then is not None:
            await then(unit, guest)
        return sent

    whom = asked.reset_of or asked.internal
    return await attempt(house, asked.verb, work, by=by, tenant_id=tenant_id, user_id=whom)


async def _authorise(unit: Unit, by: Actor, tenant_id: str, asked: Asked) -> Actor:
    """The right comes first: the other refusals tell who is known here."""
    whom = asked.reset_of or asked.internal
    if whom is not None:
        return (await find_user(unit, by, asked.verb, tenant_id, whom))[1]
    fields = frozenset[str]() if asked.user_type == GUEST else frozenset({AS_MEMBER})
    return await authorise(unit, by, Verb.INVITE, tenant_id, fields=fields)


def ticket_hash(ticket: str) -> str:
    """How a ticket is kept and found."""
    return hashlib.sha256(ticket.encode()).hexdigest()


def address_mac(house: House, key: str) -> str:
    """How an address is found without being readable: a keyed hash of its comparison key."""
    return house.sealer.mac("mailbox", key.encode()).hex()


async def _known(unit: Unit, tenant_id: str, asked: Asked) -> Membership | None:
    """The user object this invitation is for, when it exists. Raises Refused when it cannot be invited."""
    if asked.reset_of is not None:
        return await _to_reset(unit, tenant_id, asked)
    if asked.internal is not None:
        return await converting.find_internal(unit, tenant_id, asked.internal, asked.address)
    known = await memberships.by_mail(unit, tenant_id, asked.address.key)
    here = next((one for one in known if isinstance(one.stage, Invited | Present)), None)
    if here is not None:
        if not here.standing.enabled_here:
            raise Refused(Reason.INVITEE_DISABLED, objectId=here.user_id)
        if here.standing.tie is Tie.HOME:
            raise Refused(Reason.INVITEE_IS_MEMBER)
        return here
    gone = next((one for one in known if isinstance(lifecycle.stage_at(one.standing, unit.now), Deleted)), None)
    if gone is not None and not asked.start_fresh:
        by_choice = gone.self_service and asked.only_new
        raise Refused(Reason.LEFT_BY_CHOICE if by_choice else Reason.STILL_DELETED, objectId=gone.user_id)
    return None


async def _insist_on_newcomer(
    house: House, reading: Reading, tenant_id: str, guest: Membership | None, asked: Asked
) -> None:
    """Raise Refused for somebody who is there, and for whoever left by choice, however long ago.

    Of the latter nothing is kept here any more; it is their own receipt that says so.
    """
    if guest is not None:
        raise Refused(Reason.ALREADY_THERE, objectId=guest.user_id)
    if asked.start_fresh:
        return
    for person_id in await _people_behind(house, reading, asked.address):
        if any(one.tenant_id == tenant_id for one in await receipts.of_person(reading, person_id)):
            raise Refused(Reason.LEFT_BY_CHOICE)


async def _people_behind(house: House, reading: Reading, address: Address) -> set[str]:
    """Who is known by an address: by having proved the mailbox, or as an account of the organization it belongs to."""
    mailbox = await people.find_mailbox(reading, address_mac(house, address.key))
    found = set() if mailbox is None else {mailbox.person_id}
    home = await organizations.find_domain(reading, address.domain.name)
    if home is not None:
        named = await memberships.find_by_upn(reading, home.tenant_id, address.key)
        known = [*await memberships.by_mail(reading, home.tenant_id, address.key), *([named] if named else [])]
        found |= {one.person_id for one in known if one.standing.tie is Tie.HOME and one.person_id is not None}
    return found


async def _to_reset(reading: Reading, tenant_id: str, asked: Asked) -> Membership:
    guest = await memberships.find(reading, tenant_id, asked.reset_of or "")
    profile = None if guest is None else await profiles.find(reading, tenant_id, guest.user_id)
    if guest is None or profile is None or not isinstance(guest.stage, Invited | Present):
        raise Refused(Reason.NOT_FOUND)
    if guest.standing.tie is Tie.HOME:
        raise Refused(Reason.INVITEE_IS_MEMBER)
    if guest.standing.held:  # who they are is what a legal hold keeps
        raise Refused(Reason.ON_HOLD, objectId=guest.user_id)
    known = {profile.mail_key, *(names.key(other) for other in profile.attributes.get("otherMails", []))}
    if asked.address.key not in known:
        raise Refused(Reason.BAD_VALUE, property="invitedUserEmailAddress", why="notOnUser")
    return guest


async def _check_invitee(house: House, unit: Unit, organization: Organization, asked: Asked) -> None:
    owner = await organizations.find_domain(unit, asked.address.domain.name)
    if owner is not None and owner.tenant_id == organization.tenant_id:
        raise Refused(Reason.INVITEE_IS_MEMBER)
    restriction = restriction_of(organization)
    reason = why_not_invite_from(restriction, asked.address.domain)
    if reason is not None:
        raise Refused(reason, property="invitedUserEmailAddress")
    await collaborating.insist_invitable(unit, organization.tenant_id, asked.address)
    mac = address_mac(house, asked.address.key)
    if await invitations.is_blocked(unit, organization.tenant_id, mac):
        raise Refused(Reason.BLOCKED_BY_PERSON)
    if asked.sends:
        await rates.count_mail(unit, mac)


async def _new_guest(
    house: House, unit: Unit, organization: Organization, asked: Asked, key_id: str, *, by: Actor
) -> Membership:
    principal = names.guest_principal_name(asked.address, Domain(organization.initial_domain))
    key = await house.keys.find(key_id)
    if key is None:
        raise Refused(Reason.UNAVAILABLE)
    shown = asked.display_name or asked.address.local
    tie = Tie.GUEST if asked.user_type == GUEST else Tie.EXTERNAL_MEMBER
    guest = Membership(
        tenant_id=organization.tenant_id,
        user_id=house.chance.guid(),
        person_id=None,
        standing=Standing(tie, Invited(unit.now)),
        epoch=1,
        home_epoch=0,
        version=1,
        audit_tag=journal.tag_of(key),
        subject_key_id=key_id,
        self_service=False,
        created_at=unit.now,
        home_tenant=None,
        home_user=None,
        upn_key=principal.key,
        display_name=shown,
        user_principal_name=principal.text,
        mail=asked.address.text,
        user_type=asked.user_type,
        preferred_language=asked.language,
        home_display_name=None,
        home_mail=None,
        administrator=False,
    )
    memberships.insert(unit, guest)
    profiles.insert(unit, written(_profile(guest, asked, by), asked.properties))
    audit.index_subject(unit, guest.tenant_id, guest.audit_tag, guest.user_id)
    people.await_mailbox(unit, address_mac(house, asked.address.key), guest.tenant_id, guest.user_id)
    for sponsor_id in await _sponsors(unit, guest, asked, by):
        sponsors.insert(unit, guest.tenant_id, guest.user_id, sponsor_id)
    return guest


def _profile(guest: Membership, asked: Asked, by: Actor) -> Profile:
    address = asked.address.text
    inviter = by.user_id or by.client_id
    return Profile(
        tenant_id=guest.tenant_id,
        user_id=guest.user_id,
        user_principal_name=guest.user_principal_name,
        display_name=guest.display_name,
        display_name_key=fold(guest.display_name),
        mail=address,
        mail_key=asked.address.key,
        user_type=guest.user_type,
        given_name=None,
        surname=None,
        job_title=None,
        department=None,
        company_name=None,
        preferred_language=None,
        creation_type="Invitation",
        external_user_state="PendingAcceptance",
        external_user_state_at=guest.created_at,
        attributes={
            "mailNickname": names.guest_nickname(asked.address),
            "otherMails": [address],
            "proxyAddresses": [f"SMTP:{address}"],
            "invitedBy": inviter,
        },
    )


async def _sponsors(reading: Reading, guest: Membership, asked: Asked, by: Actor) -> list[str]:
    """Those who were named, else the inviter when it is a person here."""
    if not asked.sponsor_ids:
        return [by.user_id] if by.kind is ActorKind.PERSON and by.user_id and by.tenant_id == guest.tenant_id else []
    wanted = list(asked.sponsor_ids)
    found = await memberships.find_many(reading, guest.tenant_id, wanted)
    there = {one.user_id for one in found if isinstance(one.stage, Present)}
    there |= {one.group_id for one in await groups.find_many(reading, guest.tenant_id, wanted) if one.is_live}
    if not there.issuperset(wanted):
        raise Refused(Reason.BAD_VALUE, property="invitedUserSponsors")
    return list(dict.fromkeys(asked.sponsor_ids))


async def _ask_again(house: House, unit: Unit, guest: Membership, asked: Asked) -> Membership:
    """The old link dies, a new one is made; a reset also takes the linked identity away and ends access."""
    if asked.internal is not None:
        after = await converting.make_external(house, unit, guest, asked.address)
        people.await_mailbox(unit, address_mac(house, asked.address.key), guest.tenant_id, guest.user_id)
        return after
    invitations.close_all(unit, guest.tenant_id, guest.user_id)
    if asked.reset_of is None:
        memberships.touch(unit, guest)
        return replace(guest, version=guest.version + 1)
    invited = replace(guest.standing, stage=Invited(unit.now))
    after = replace(guest, standing=invited, person_id=None, version=guest.version + 1, epoch=guest.epoch + 1)
    memberships.save_move(unit, guest, after)
    profile = await profiles.find(unit, guest.tenant_id, guest.user_id)
    if profile is not None:
        waiting = replace(profile, external_user_state="PendingAcceptance", external_user_state_at=unit.now)
        profiles.save(unit, waiting)
    if guest.person_id is not None:
        people.belongs_no_more(unit, guest.person_id, guest.tenant_id, guest.user_id)
    people.await_no_more(unit, guest.tenant_id, guest.user_id)
    people.await_mailbox(unit, address_mac(house, asked.address.key), guest.tenant_id, guest.user_id)
    return after


async def _send(
    house: House, unit: Unit, organization: Organization, guest: Membership, asked: Asked, *, by: Actor
) -> Sent:
    ticket, invitation = await _invitation(house, unit, organization, guest, asked, by=by, state="open")
    verb = Verb.REINVITE if asked.verb is Verb.INVITE and guest.version > 1 else asked.verb
    stand_for_them = len(await _sponsors(unit, guest, asked, by)) if verb is Verb.INVITE else 0
    facts = {SPONSORS: stand_for_them} if stand_for_them else {}
    await _write_down(house, unit, guest, invitation, verb, before=guest.version - 1, by=by, facts=facts)
    url = redeem_url(house, ticket)
    if asked.sends:
        _letter(house, unit, LetterKind.INVITATION, organization, guest, invitation, url, asked)
    return Sent(invitation.invitation_id, guest.user_id, url, completed=False, user_type=guest.user_type)


async def _invitation(
    house: House, unit: Unit, organization: Organization, guest: Membership, asked: Asked, *, by: Actor, state: str
) -> tuple[str, Invitation]:
    ticket = house.chance.token()
    inviter_name, inviter_address = await _inviter(unit, organization, by)
    days = invitation_days_of(organization)
    invitation = Invitation(
        tenant_id=guest.tenant_id,
        invitation_id=house.chance.guid(),
        user_id=guest.user_id,
        ticket_hash=ticket_hash(ticket),
        address=asked.address.text,
        address_mac=address_mac(house, asked.address.key),
        state=state,
        redirect_url=asked.redirect_url,
        message=asked.message,
        language=asked.language,
        inviter_name=inviter_name,
        inviter_user_id=by.user_id,
        inviter_address=inviter_address,
        created_at=unit.now,
        expires_at=invitation_rules.expires_at(unit.now, days),
    )
    invitations.insert(unit, invitation)
    return ticket, invitation


def redeem_url(house: House, ticket: str) -> str:
    """The link in the letter."""
    return f"{house.public_url}/invitations/{ticket}"


async def _write_down(
    house: House,
    unit: Unit,
    guest: Membership,
    invitation: Invitation,
    verb: Verb,
    *,
    before: int,
    by: Actor,
    facts: Mapping[str, int] | None = None,
) -> None:
    subject = replace(journal.about(guest), before=before)
    details = {"invitationId": invitation.invitation_id, "invitedUserEmailAddress": invitation.address}
    event = journal.Event(verb, guest.tenant_id, subject, unit.now, details=details, facts=facts or {})
    await journal.write(house, unit, event, by=by)


async def _inviter(reading: Reading, organization: Organization, by: Actor) -> tuple[str, str | None]:
    """Name and address of who invites; the organization's name when it is no person of it."""
    if by.kind is ActorKind.PERSON and by.user_id and by.tenant_id == organization.tenant_id:
        inviter = await memberships.find(reading, organization.tenant_id, by.user_id)
        if inviter is not None and inviter.display_name:
            return inviter.display_name, inviter.mail
    return organization.display_name, None


async def _nothing_to_do(
    house: House, unit: Unit, organization: Organization, guest: Membership, asked: Asked, *, by: Actor
) -> Sent:
    """They are in already: the same object and a link that only leads on."""
    memberships.guard(unit, guest)
    ticket, invitation = await _invitation(house, unit, organization, guest, asked, by=by, state="redeemed")
    await _write_down(house, unit, guest, invitation, Verb.REINVITE, before=guest.version, by=by)
    url = redeem_url(house, ticket)
    if asked.sends:
        _letter(house, unit, LetterKind.NOTHING_TO_DO, organization, guest, invitation, url, asked)
    return Sent(invitation.invitation_id, guest.user_id, url, completed=True, user_type=guest.user_type)


def _letter(
    house: House,
    unit: Unit,
    kind: LetterKind,
    organization: Organization,
    guest: Membership,
    invitation: Invitation,
    url: str,
    asked: Asked,
) -> None:
    post(
        house,
        unit,
        kind,
        organization=organization,
        user_id=guest.user_id,
        recipient=asked.address.mailbox,
        languages=[asked.language, guest.preferred_language],
        facts={
            "inviter": _mailbox(invitation),
            "message": invitation.message,
            "acceptLink": url,
            "openLink": url,
            "organizationsLink": f"{house.public_url}/myaccount/organizations",
            "blockLink": f"{url}/block",
            "mayLeave": organization.guests_may_leave,
            "validUntil": invitation.expires_at,
            "redirectUrl": invitation.redirect_url,
        },
        copies=list(asked.copies),
    )


def _mailbox(invitation: Invitation) -> dict[str, str] | None:
    """The person who invites; None when an app does, and the organization stands for it."""
    if invitation.inviter_address is None:
        return None
    return {"name": invitation.inviter_name, "address": invitation.inviter_address}


async def expire(house: House, *, tenant_id: str, invitation_id: str) -> datetime | None:
    """Time closes an invitation. Returns when that was, or None when it is not open any more."""

    async def work(unit: Unit) -> datetime | None:
        invitation = await invitations.find(unit, tenant_id, invitation_id)
        guest = None if invitation is None else await memberships.find(unit, tenant_id, invitation.user_id)
        if invitation is None or guest is None or invitation.state != "open" or unit.now < invitation.expires_at:
            return None
        invitations.close(unit, invitation, "expired")
        event = journal.Event(Verb.EXPIRE_INVITATION, tenant_id, journal.about(guest), invitation.expires_at)
        await journal.write(house, unit, event, by=system())
        return invitation.expires_at

    return await house.change(work)
