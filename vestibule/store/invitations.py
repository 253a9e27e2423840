"""Invitations: what was sent to whom, and whether it is still good."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, delete, literal_column, null, select, update

from vestibule.ground.clock import from_us, to_us
from vestibule.store.records import Records
from vestibule.store.schema import invitation, invitation_block
from vestibule.store.statements import Change, Query, among, given, inserting
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Invitation:
    """One invitation.

    Attributes:
        ticket_hash: SHA-256 of the ticket in the link, hexadecimal; the ticket itself is nowhere.
        state: open, redeemed, expired or dead (replaced, withdrawn, declined).
    """

    tenant_id: str
    invitation_id: str
    user_id: str
    ticket_hash: str
    address: str
    address_mac: str
    state: str
    redirect_url: str
    message: str | None
    language: str | None
    inviter_name: str
    inviter_user_id: str | None
    inviter_address: str | None
    created_at: datetime
    expires_at: datetime


INVITATIONS: Final = Records(invitation, Invitation)
_BY_TICKET = INVITATIONS.where(invitation.c.ticket_hash == given("ticket_hash"))
_FIND = INVITATIONS.where(
    invitation.c.tenant_id == given("tenant_id"), invitation.c.invitation_id == given("invitation_id")
)
_OF_USER = INVITATIONS.where(
    invitation.c.tenant_id == given("tenant_id"),
    invitation.c.user_id == given("user_id"),
    order=invitation.c.created_at.desc(),
)
_EXPIRED = INVITATIONS.where(
    invitation.c.state == given("state"),
    invitation.c.expires_at <= given("until"),
    order=(invitation.c.expires_at, invitation.c.invitation_id),
    limit=given("limit"),
)
_NEXT: Select[tuple[int, str, str]] = (
    select(invitation.c.expires_at, invitation.c.tenant_id, invitation.c.user_id)
    .where(invitation.c.state == given("state"))
    .order_by(invitation.c.expires_at)
    .limit(given("limit"))
)
_NEXT_EXPIRY = Query(_NEXT)
_CLOSE = Change(
    update(invitation)
    .where(
        invitation.c.tenant_id == given("in_tenant"),
        invitation.c.invitation_id == given("of_invitation"),
        invitation.c.state == literal_column("'open'"),
    )
    .values(state=given("state"))
)
_CLOSE_ALL = Change(
    update(invitation)
    .where(
        invitation.c.tenant_id == given("in_tenant"),
        invitation.c.user_id == given("of_user"),
        invitation.c.state.in_([literal_column("'open'"), literal_column("'expired'")]),
    )
    .values(state=given("state"))
)
_DROP = Change(
    delete(invitation).where(invitation.c.tenant_id == given("tenant_id"), invitation.c.user_id == given("user_id"))
)
_FORGET_INVITER = Change(
    update(invitation)
    .where(invitation.c.tenant_id == given("in_tenant"), invitation.c.inviter_user_id == given("of_user"))
    .values(inviter_name=literal_column("''"), inviter_address=null(), inviter_user_id=null())
)
_BLOCKED = Query(
    select(invitation_block.c.blocked_at).where(
        invitation_block.c.tenant_id == given("tenant_id"), invitation_block.c.address_mac == given("address_mac")
    )
)
_BLOCK = inserting(invitation_block)
_UNBLOCK = Change(
    delete(invitation_block).where(
        invitation_block.c.tenant_id == given("tenant_id"), among(invitation_block.c.address_mac, "address_macs")
    )
)


async def find_by_ticket(reading: Reading, ticket_hash: str) -> Invitation | None:
    """The invitation whose link carries this ticket, in whatever state."""
    return await INVITATIONS.one(reading, _BY_TICKET, ticket_hash=ticket_hash)


async def find(reading: Reading, tenant_id: str, invitation_id: str) -> Invitation | None:
    """The invitation with this id."""
    return await INVITATIONS.one(reading, _FIND, tenant_id=tenant_id, invitation_id=invitation_id)


async def of_user(reading: Reading, tenant_id: str, user_id: str) -> list[Invitation]:
    """The invitations of a user object, newest first."""
    return await INVITATIONS.all(reading, _OF_USER, tenant_id=tenant_id, user_id=user_id)


async def expired(reading: Reading, until: datetime, limit: int) -> list[Invitation]:
    """Open invitations whose time was over at ``until``, oldest first."""
    return await INVITATIONS.all(reading, _EXPIRED, state="open", until=to_us(until), limit=limit)


async def next_expiry(reading: Reading, limit: int) -> list[tuple[datetime, str, str]]:
    """The next open invitations to expire: (when, organization, user)."""
    rows = await reading.all(_NEXT_EXPIRY, state="open", limit=limit)
    return [(from_us(at), tenant_id, user_id) for at, tenant_id, user_id in rows]


async def is_blocked(reading: Reading, tenant_id: str, address_mac: str) -> bool:
    """Whether the owner of this mailbox wants no invitation from this organization."""
    return await reading.one(_BLOCKED, tenant_id=tenant_id, address_mac=address_mac) is not None


def insert(unit: Unit, new: Invitation) -> None:
    """Write a new invitation."""
    INVITATIONS.insert(unit, new)


def close(unit: Unit, one: Invitation, state: str) -> None:
    """Close an open invitation; the unit is stale when it was closed meanwhile (a link is good once)."""
    unit.write(_CLOSE, in_tenant=one.tenant_id, of_invitation=one.invitation_id, state=state)


def close_all(unit: Unit, tenant_id: str, user_id: str, state: str = "dead") -> None:
    """No invitation of this user object works any more, nor can a new one be asked for with it."""
    unit.write(_CLOSE_ALL, rows=None, in_tenant=tenant_id, of_user=user_id, state=state)


def block(unit: Unit, tenant_id: str, address_mac: str) -> None:
    """The owner of this mailbox wants no further invitation from this organization."""
    unit.write(_BLOCK, tenant_id=tenant_id, address_mac=address_mac, blocked_at=to_us(unit.now))


def unblock(unit: Unit, tenant_id: str, address_macs: list[str]) -> None:
    """The owner of these mailboxes may be invited by this organization again."""
    unit.write(_UNBLOCK, rows=None, tenant_id=tenant_id, address_macs=address_macs)


def drop_of(unit: Unit, tenant_id: str, user_id: str) -> None:
    """The invitations of a user object go."""
    unit.write(_DROP, rows=None, tenant_id=tenant_id, user_id=user_id)


def forget_inviter(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Invitations that this person sent to others no longer name them."""
    unit.write(_FORGET_INVITER, rows=None, in_tenant=tenant_id, of_user=user_id)
