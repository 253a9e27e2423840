"""What a directory holds under an address that somebody proved: their account, if there is one, and what else names it.

That an account has the address as its mail says less than that its owner proved it, so each comes with how it was
found, and an administrator says which of them are the person's.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from vestibule.actions import personal_data, sealed_requests
from vestibule.actions.house import House
from vestibule.actions.inviting import address_mac
from vestibule.actions.posting import LetterKind, open_letter
from vestibule.ground.clock import iso
from vestibule.rules import lifecycle, names
from vestibule.rules.filters import Compare, Op, Some
from vestibule.rules.lifecycle import Deleted, Invited, Present
from vestibule.store import data_requests, invitations, memberships, outbox, people, profiles, users
from vestibule.store.data_requests import DataRequest
from vestibule.store.listing import Asked
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.outbox import Letter
from vestibule.store.unit import Reading, Unit

MOST_LETTERS: Final = 1_000
MOST_BY_OTHER_MAIL: Final = 20
_OF_REQUESTS: Final = frozenset(
    {
        LetterKind.DATA_REQUEST_CODE,
        LetterKind.DATA_REQUEST_RECEIVED,
        LetterKind.DATA_REQUEST_EXTENDED,
        LetterKind.DATA_REQUEST_REFUSED,
        LetterKind.DATA_REQUEST_ANSWERED,
    }
)


class How(StrEnum):
    """By what an account is found, the surest first."""

    PROVEN = "proven"  # its owner signs in with this mailbox
    INVITED = "invited"
    NAMED = "named"  # its mail, its user principal name
    OTHER_MAIL = "otherMail"


@dataclass(frozen=True, slots=True)
class Account:
    """A user whom the address leads to. ``held``: a legal hold stands."""

    user: Membership
    how: How

    @property
    def held(self) -> bool:
        """Whether nothing of it can be deleted."""
        return bool(self.user.standing.held)


@dataclass(frozen=True, slots=True)
class Found:
    """What is there.

    Attributes:
        accounts: users of the organization who are invited, here, or deleted and restorable.
        blocked: the owner of the mailbox wants no invitations. contact: the organization names it as its contact.
        letters: mail to it that waits and belongs to no account.
        requests: what else was asked from this address.
    """

    accounts: tuple[Account, ...] = ()
    blocked: bool = False
    contact: bool = False
    letters: tuple[Letter, ...] = ()
    requests: tuple[DataRequest, ...] = field(default=())

    @property
    def anything(self) -> bool:
        """Whether there is anything at all, beside the requests."""
        return bool(self.accounts or self.blocked or self.contact or self.letters)


async def find(house: House, reading: Reading, place: Organization, asked: DataRequest, address: str) -> Found:
    """Everything under the address, for a page. It looks through other addresses too, which may take a while."""
    typed = names.read_address(address)
    if typed is None:
        return Found()
    candidates = await _candidates(house, reading, place.tenant_id, typed.key)
    candidates += await _by_other_mail(reading, place.tenant_id, typed.key)
    each = {one.user_id: one for one in candidates}
    found = [await tied(house, reading, one, typed.key) for one in each.values()]
    others = await data_requests.of_address(reading, place.tenant_id, asked.address_mac)
    return Found(
        accounts=tuple(sorted((one for one in found if one is not None), key=_surest)),
        blocked=await invitations.is_blocked(reading, place.tenant_id, address_mac(house, typed.key)),
        contact=is_contact(place, typed.key),
        letters=tuple(await letters_to(house, reading, place.tenant_id, typed.key)),
        requests=tuple(one for one in others if one.request_id != asked.request_id),
    )


async def has_account(house: House, reading: Reading, tenant_id: str, address: str) -> bool:
    """Whether an account answers to the address by itself; other addresses of accounts are not looked through."""
    typed = names.read_address(address)
    if typed is None:
        return False
    candidates = await _candidates(house, reading, tenant_id, typed.key)
    return any(isinstance(lifecycle.stage_at(one.standing, reading.now), _HERE) for one in candidates)


async def is_listed(reading: Reading, tenant_id: str, address: str) -> bool:
    """Whether somebody who is invited or here lists it among their other addresses. It looks through all of them."""
    typed = names.read_address(address)
    return typed is not None and bool(await _by_other_mail(reading, tenant_id, typed.key))


_HERE: Final = Invited | Present | Deleted


async def tied(house: House, reading: Reading, user: Membership, key: str) -> Account | None:
    """A user as an account of this address (folded); None when it does not lead to them, or they are gone for good."""
    if not isinstance(lifecycle.stage_at(user.standing, reading.now), _HERE):
        return None
    how = await _how(house, reading, user, key)
    return None if how is None else Account(user, how)


async def letters_to(house: House, reading: Reading, tenant_id: str, key: str) -> list[Letter]:
    """Letters to the address that wait and belong to no account; those about requests are none of them."""
    waiting = await outbox.of_nobody(reading, tenant_id, MOST_LETTERS)
    kinds = {kind.value for kind in LetterKind} - {kind.value for kind in _OF_REQUESTS}
    return [one for one in waiting if one.kind in kinds and names.key(open_letter(house, one).recipient) == key]


async def copy(
    house: House, reading: Reading, place: Organization, asked: DataRequest, said: sealed_requests.Said
) -> dict[str, Any]:
    """The copy of article 15, of this moment: the chosen accounts, and what else names the address."""
    found = await find(house, reading, place, asked, said.address)
    chosen = [one.user for one in found.accounts if one.user.user_id in said.accounts]
    return {
        "asOf": iso(reading.now),
        "tenantId": place.tenant_id,
        "organization": place.display_name,
        "domain": place.initial_domain,
        "address": said.address,
        "askedAt": iso(asked.asked_at),
        "accounts": [await personal_data.of_user(house, reading, place, one) for one in chosen],
        "invitationsBlocked": found.blocked,
        "contactOfOrganization": found.contact,
        "lettersWaiting": [{"kind": one.kind, "writtenAt": iso(one.written_at)} for one in found.letters],
        "dataRequests": [_request(one) for one in (*found.requests, asked)],
    }


async def drop_letters(house: House, unit: Unit, tenant_id: str, key: str) -> int:
    """Letters to the address that belong to no account are not sent any more. Returns how many."""
    waiting = await letters_to(house, unit, tenant_id, key)
    for one in waiting:
        outbox.drop(unit, one)
    return len(waiting)


def _request(one: DataRequest) -> dict[str, Any]:
    moments: dict[str, datetime | None] = {"askedAt": one.asked_at, "answeredAt": one.answered_at}
    told = {name: None if moment is None else iso(moment) for name, moment in moments.items()}
    return {"wish": one.wish, "answer": one.answer, **told}


def _surest(one: Account) -> tuple[int, str]:
    return list(How).index(one.how), one.user.user_id


async def _candidates(house: House, reading: Reading, tenant_id: str, key: str) -> list[Membership]:
    mac = address_mac(house, key)
    found = await memberships.by_mail(reading, tenant_id, key)
    named = await memberships.find_by_upn(reading, tenant_id, key)
    mailbox = await people.find_mailbox(reading, mac)
    if mailbox is not None:
        found += await memberships.of_person_here(reading, tenant_id, mailbox.person_id)
    waiting = [user for tenant, user in await people.invitations_awaiting(reading, mac) if tenant == tenant_id]
    if waiting:
        found += await memberships.find_many(reading, tenant_id, waiting)
    return found if named is None else [*found, named]


async def _by_other_mail(reading: Reading, tenant_id: str, key: str) -> list[Membership]:
    wanted = Some(("otherMails",), Compare((), Op.EQ, key))
    page = await users.page(reading, tenant_id, Asked(MOST_BY_OTHER_MAIL, wanted))
    return [one.membership for one in page.items]


async def _how(house: House, reading: Reading, user: Membership, key: str) -> How | None:
    mac = address_mac(house, key)
    mailbox = await people.find_mailbox(reading, mac)
    if mailbox is not None and mailbox.person_id == user.person_id:
        return How.PROVEN
    if any(one.address_mac == mac for one in await invitations.of_user(reading, user.tenant_id, user.user_id)):
        return How.INVITED
    profile = await profiles.find(reading, user.tenant_id, user.user_id)
    mail = None if profile is None else profile.mail_key
    if key in {mail, names.key(user.user_principal_name or "")}:
        return How.NAMED
    listed = [] if profile is None else profile.attributes.get("otherMails") or []
    return How.OTHER_MAIL if key in {names.key(str(one)) for one in listed} else None


def is_contact(place: Organization, key: str) -> bool:
    """Whether the organization names the address (folded) as its contact, for everybody to see."""
    return key in {names.key(one) for one in (place.privacy_contact, *place.technical_contacts) if one}
