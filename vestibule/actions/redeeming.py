"""Redeem: the invited person accepts. It binds a person to the user object, so it asks who they are.

Only whoever proved the invited mailbox, or signs in with a home account that has this address, may accept. Anybody
else is offered to switch accounts, and nothing is bound.
"""

from dataclasses import dataclass, replace
from typing import Final

from vestibule.actions import collaborating, journal, proofs
from vestibule.actions.authorising import insist_own, insist_themselves
from vestibule.actions.carry_out import attempt, carry_out
from vestibule.actions.house import House
from vestibule.actions.inviting import address_mac, ticket_hash
from vestibule.actions.removing import check_open
from vestibule.rules import lifecycle, names
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Invited, Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import across, invitations, memberships, organizations, people, profiles, providers
from vestibule.store.invitations import Invitation
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.people import Person
from vestibule.store.sessions import SignInRequest
from vestibule.store.unit import Reading, Unit

_ALLOW: Final = "allow"


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What came of an acceptance: the membership, and where the person wanted to go."""

    membership: Membership
    redirect_url: str


async def redeem(
    house: House,
    *,
    person_id: str,
    by: Actor,
    ticket: str = "",
    tenant_id: str = "",
    user_id: str = "",
    proof: SignInRequest | None = None,
) -> Redeemed:
    """Accept an invitation, named by the ticket of its link, or by organization and user object.

    ``proof`` is the sign-in in which somebody from another provider proved the invited mailbox.

    Raises:
        Refused: NOT_FOUND; INVITATION_USED, INVITATION_DEAD, INVITATION_EXPIRED; WRONG_PERSON with the masked
            address; COLLABORATION_FORBIDDEN; ALREADY_MEMBER when the person is in the organization by another object;
            ACCOUNT_DISABLED.
    """
    reading = await house.store.read()
    asked = await _asked(reading, ticket, tenant_id, user_id)
    if asked is None:
        raise Refused(Reason.NOT_FOUND)

    async def work(unit: Unit) -> Redeemed:
        # The guest first: who lost a race to another acceptance then finds the invitation used, in this order only.
        guest = await memberships.find(unit, asked.tenant_id, asked.user_id)
        invitation = await invitations.find(unit, asked.tenant_id, asked.invitation_id)
        person = await people.find(unit, person_id)
        if invitation is None or guest is None or person is None:
            raise Refused(Reason.NOT_FOUND)
        insist_own(by, Verb.REDEEM, guest, by_link=True)
        check_open(invitation, unit)
        await _check_person(house, unit, invitation, person, proof)
        await collaborating.insist_person(unit, guest.tenant_id, person)
        return Redeemed(await _bind(house, unit, guest, invitation, person, by=by), invitation.redirect_url)

    return await attempt(house, Verb.REDEEM, work, by=by, tenant_id=asked.tenant_id, user_id=asked.user_id)


async def is_for(
    house: House, reading: Reading, invitation: Invitation, person_id: str, proof: SignInRequest | None = None
) -> bool:
    """Whether this person may accept this invitation, with what they proved in a sign-in (``proof``)."""
    person = await people.find(reading, person_id)
    if person is None:
        return False
    try:
        await _check_person(house, reading, invitation, person, proof)
    except Refused:
        return False
    return True


async def waiting_for(house: House, reading: Reading, person_id: str) -> list[tuple[Invitation, Membership]]:
    """The open invitations that this person may accept, newest first."""
    proven = await _proven(house, reading, person_id)
    if not proven:
        return []
    newest: dict[tuple[str, str], Invitation] = {}
    for sent in await across.open_invitations(reading, proven):
        if reading.now < sent.expires_at:
            newest.setdefault((sent.tenant_id, sent.user_id), sent)
    waiting = {(guest.tenant_id, guest.user_id): guest for guest in await across.awaited(reading, proven)}
    return [(sent, waiting[key]) for key, sent in newest.items() if key in waiting and _waits(waiting[key])]


def _waits(guest: Membership) -> bool:
    return isinstance(guest.stage, Invited)


def mask(address: str) -> str:
    """An address as somebody else may see it: ``a•••@fabrikam.example``."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}•••@{domain}"


async def _asked(reading: Reading, ticket: str, tenant_id: str, user_id: str) -> Invitation | None:
    if ticket:
        return await invitations.find_by_ticket(reading, ticket_hash(ticket))
    sent = await invitations.of_user(reading, tenant_id, user_id)
    return next((one for one in sent if one.state == "open"), sent[0] if sent else None)


async def _proven(house: House, reading: Reading, person_id: str) -> list[str]:
    """Keyed hashes of the addresses this person controls: proven mailboxes, and the address of the home account.

    Nothing for who comes from another provider: what they show in one sign-in holds for that sign-in.
    """
    macs = [mailbox.address_mac for mailbox in await people.mailboxes(reading, person_id)]
    person = await people.find(reading, person_id)
    if person is None or person.home_tenant is None or person.home_user is None:
        return macs
    home = await memberships.find(reading, person.home_tenant, person.home_user)
    if home is None or not lifecycle.may_sign_in(home.standing, reading.now):
        return macs
    for text in {home.mail, home.user_principal_name}:
        mac = await _owned(house, reading, person.home_tenant, text)
        macs += [mac] if mac is not None else []
    return macs


async def _owned(house: House, reading: Reading, home_tenant: str, text: str | None) -> str | None:
    """An address counts for a home account only in a domain that the home organization has verified."""
    address = names.read_address(text or "")
    owner = None if address is None else await organizations.find_domain(reading, address.domain.name)
    if address is None or owner is None or owner.tenant_id != home_tenant or owner.verified_at is None:
        return None
    return address_mac(house, address.key)


async def needs_mailbox(reading: Reading, invitation: Invitation, person: Person) -> bool:
    """Whether it is somebody who may accept once they prove the invited mailbox: from a provider of this organization.

    What a provider vouches for is one organization's affair: in another it opens nothing.
    """
    return person.is_federated and await _is_vouched(reading, invitation.tenant_id, person)


async def _is_vouched(reading: Reading, tenant_id: str, person: Person) -> bool:
    provider = await providers.by_issuer(reading, tenant_id, person.issuer)
    return provider is not None and provider.enabled


async def _check_person(
    house: House, reading: Reading, invitation: Invitation, person: Person, proof: SignInRequest | None
) -> None:
    here = invitation.tenant_id
    macs = await _proven(house, reading, person.person_id)
    if person.is_federated:
        mac = proofs.proven(proof, person_id=person.person_id, tenant_id=here)
        macs = [mac] if mac is not None and await _is_vouched(reading, here, person) else []
    if invitation.address_mac not in macs:
        raise Refused(Reason.WRONG_PERSON, invited=mask(invitation.address))
    others = await memberships.of_person_here(reading, invitation.tenant_id, person.person_id)
    if any(isinstance(one.stage, Present) and one.user_id != invitation.user_id for one in others):
        raise Refused(Reason.ALREADY_MEMBER)


async def _bind(
    house: House, unit: Unit, guest: Membership, invitation: Invitation, person: Person, *, by: Actor
) -> Membership:
    standing = replace(guest.standing, enabled_at_home=await _enabled_at_home(unit, person, guest.tenant_id))
    move = lifecycle.redeem(standing, unit.now)
    invitations.close(unit, invitation, "redeemed")
    people.await_no_more(unit, guest.tenant_id, guest.user_id)
    people.touch(unit, person)
    people.belongs(unit, person.person_id, guest.tenant_id, guest.user_id)
    profile = await profiles.find(unit, guest.tenant_id, guest.user_id)
    if profile is not None:
        profiles.save(unit, replace(profile, external_user_state="Accepted", external_user_state_at=unit.now))
    source = "home" if person.home_tenant else "federated" if person.is_federated else "emailedCode"
    return await carry_out(
        house,
        unit,
        guest,
        move,
        by=replace(by, tenant_id=guest.tenant_id, user_id=guest.user_id),
        facts={"source": source},
        details={"invitationId": invitation.invitation_id, "mail": invitation.address},
        person_id=person.person_id,
    )


async def _enabled_at_home(reading: Reading, person: Person, tenant_id: str) -> bool:
    if person.home_tenant is None or person.home_user is None:
        place = None if person.is_federated else await organizations.find(reading, tenant_id)
        return place is None or not place.refuses_codes
    home = await memberships.find(reading, person.home_tenant, person.home_user)
    return home is not None and lifecycle.may_sign_in(home.standing, reading.now)


# --- No more invitations ----------------------------------------------------------------------------------------------


async def blocked(house: House, reading: Reading, person_id: str) -> list[Organization]:
    """The organizations that this person wants no invitations from."""
    proven = await _proven(house, reading, person_id)
    return await across.blocked(reading, proven) if proven else []


async def block(house: House, *, ticket: str, by: Actor) -> str:
    """Whoever holds the link wants no further invitations from this organization. Returns the organization's id.

    Raises:
        Refused: NOT_FOUND for an unknown ticket.
    """
    return await _by_link(house, ticket, blocks=True, by=by)


async def allow(house: House, *, ticket: str, by: Actor) -> str:
    """Whoever holds the link welcomes invitations from this organization again. Returns the organization's id.

    Raises:
        Refused: NOT_FOUND for an unknown ticket.
    """
    return await _by_link(house, ticket, blocks=False, by=by)


async def allow_from(house: House, *, person_id: str, tenant_id: str, by: Actor) -> None:
    """A person welcomes invitations from an organization again, at whichever of their addresses they blocked it.

    Raises:
        Refused: NOT_FOUND for an organization that they did not block, and for anybody but the person.
    """
    insist_themselves(by, Verb.BLOCK_INVITATIONS)

    async def work(unit: Unit) -> None:
        proven = await _proven(house, unit, person_id) if by.person_id == person_id else []
        macs = [mac for mac in proven if await invitations.is_blocked(unit, tenant_id, mac)]
        organization = await organizations.find(unit, tenant_id)
        if organization is None or not macs:
            raise Refused(Reason.NOT_FOUND)
        here = await memberships.of_person_here(unit, tenant_id, person_id)
        subject = journal.about(here[0]) if here else journal.about_organization(organization)
        if here:
            memberships.guard(unit, here[0])
        # Who acts as the organization knows them, if it does; who they are elsewhere is not its business.
        known = (here[0].tenant_id, here[0].user_id) if here else (None, None)
        acting = replace(by, tenant_id=known[0], user_id=known[1])
        await _write_block(house, unit, tenant_id, macs, subject, blocks=False, by=acting)

    await attempt(house, Verb.BLOCK_INVITATIONS, work, by=by, tenant_id=None, way=_ALLOW)


async def _by_link(house: House, ticket: str, *, blocks: bool, by: Actor) -> str:
    reading = await house.store.read()
    asked = await invitations.find_by_ticket(reading, ticket_hash(ticket))
    if asked is None:
        raise Refused(Reason.NOT_FOUND)
    here, mac, user_id = asked.tenant_id, asked.address_mac, asked.user_id

    async def work(unit: Unit) -> str:
        guest = await memberships.find(unit, here, user_id)
        if guest is None:
            raise Refused(Reason.NOT_FOUND)
        insist_own(by, Verb.BLOCK_INVITATIONS, guest, by_link=True)
        if await invitations.is_blocked(unit, here, mac) is not blocks:
            memberships.guard(unit, guest)
            await _write_block(house, unit, here, [mac], journal.about(guest), blocks=blocks, by=by)
        return here

    way = "" if blocks else _ALLOW
    return await attempt(house, Verb.BLOCK_INVITATIONS, work, by=by, tenant_id=here, user_id=user_id, way=way)


async def _write_block(
    house: House, unit: Unit, tenant_id: str, macs: list[str], subject: journal.Subject, *, blocks: bool, by: Actor
) -> None:
    if blocks:
        for mac in macs:
            invitations.block(unit, tenant_id, mac)
    else:
        invitations.unblock(unit, tenant_id, macs)
    way = "" if blocks else _ALLOW
    await journal.write(
        house, unit, journal.Event(Verb.BLOCK_INVITATIONS, tenant_id, subject, unit.now, way=way), by=by
    )
