"""Where a person belongs, and what became of the places they left: what every door shows them of their own.

Nothing here depends on the person getting into an organization, and the number of look-ups does not grow with the
number of organizations.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vestibule.actions import redeeming
from vestibule.actions.house import House
from vestibule.actions.leaving import current, why_not
from vestibule.rules import lifecycle
from vestibule.rules.lifecycle import Cause, Deleted, Erased, Purged, Stage
from vestibule.rules.refusals import Reason
from vestibule.store import across, memberships, organizations, receipts
from vestibule.store.invitations import Invitation
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.receipts import Receipt
from vestibule.store.unit import Reading

LISTED_FOR: Final = timedelta(days=60)
"""How long an organization stays in a person's list after they left it."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """What a person is, or was, in one organization.

    Attributes:
        guest: the membership that counts, of several after a fresh start.
        stage: where in its life it is, as time has made it.
        why_not: why the person may not leave, by the rule that refuses the request; None when they may.
    """

    organization: Organization
    guest: Membership
    stage: Stage
    why_not: Reason | None


@dataclass(frozen=True, slots=True)
class Departed:
    """What became of a departure.

    Attributes:
        receipt: what the person was given. guest: the membership that it was; None when the database has none.
        stage: where that membership is now, as time has made it; None with no membership.
        current: the departure is the one that ended the membership: nobody has brought it back since.
        restored_at: when the account was brought back; None when it was not.
    """

    receipt: Receipt
    guest: Membership | None
    stage: Stage | None
    current: bool
    restored_at: datetime | None

    @property
    def purged_at(self) -> datetime | None:
        """When the account was permanently deleted after this departure; None before that."""
        return self.stage.at if self.current and isinstance(self.stage, Purged | Erased) else None

    @property
    def erased_at(self) -> datetime | None:
        """When the data was removed after this departure; None before that."""
        return self.stage.at if self.current and isinstance(self.stage, Erased) else None

    @property
    def held(self) -> bool:
        """A legal hold keeps what is there of the person after this departure."""
        return self.current and self.guest is not None and self.guest.standing.held

    @property
    def data_removed_by(self) -> datetime:
        """The latest moment of the data removal: earlier than the receipt says when an administrator did not wait."""
        now_due = self.stage.removal_due if self.current and isinstance(self.stage, Purged) else None
        return self.receipt.data_removed_by if now_due is None else min(now_due, self.receipt.data_removed_by)


@dataclass(frozen=True, slots=True)
class Asked:
    """An invitation that waits for the person's answer."""

    organization: Organization
    invitation: Invitation
    guest: Membership

    def as_belonging(self) -> Belonging:
        """The same as a membership among others: nobody leaves before they came."""
        return Belonging(self.organization, self.guest, self.guest.stage, Reason.WRONG_STAGE)


# --- Organizations --------------------------------------------------------------------------------------------------


async def everywhere(reading: Reading, person_id: str) -> list[Belonging]:
    """What a person is or was in every organization that has not removed their data, in no particular order."""
    mine = _one_each(await memberships.of_person(reading, person_id))
    known = {one.tenant_id: one for one in await organizations.find_many(reading, list(mine))}
    return [
        await _belonging(reading, guest, known[tenant_id]) for tenant_id, guest in mine.items() if tenant_id in known
    ]


async def at(reading: Reading, tenant_id: str, person_id: str) -> Belonging | None:
    """What a person is or was in one organization; None when they never belonged there."""
    guest = current(await memberships.of_person_here(reading, tenant_id, person_id))
    organization = None if guest is None else await organizations.find(reading, tenant_id)
    if guest is None or organization is None:
        return None
    return await _belonging(reading, guest, organization)


def _one_each(mine: Iterable[Membership]) -> dict[str, Membership]:
    """The membership that counts in each organization."""
    several: dict[str, list[Membership]] = {}
    for one in mine:
        several.setdefault(one.tenant_id, []).append(one)
    return {tenant_id: found for tenant_id, ones in several.items() if (found := current(ones)) is not None}


async def _belonging(reading: Reading, guest: Membership, organization: Organization) -> Belonging:
    stage = lifecycle.stage_at(guest.standing, reading.now)
    return Belonging(organization, guest, stage, await why_not(reading, guest, organization))


# --- Invitations ----------------------------------------------------------------------------------------------------


async def asked(house: House, reading: Reading, person_id: str) -> list[Asked]:
    """The invitations that wait for this person, newest first."""
    waiting = await redeeming.waiting_for(house, reading, person_id)
    known = {one.tenant_id: one for one in await _organizations_of(reading, waiting)}
    return [
        Asked(known[guest.tenant_id], invitation, guest) for invitation, guest in waiting if guest.tenant_id in known
    ]


async def _organizations_of(reading: Reading, waiting: list[tuple[Invitation, Membership]]) -> list[Organization]:
    return await organizations.find_many(reading, [guest.tenant_id for _, guest in waiting]) if waiting else []


# --- Departures -----------------------------------------------------------------------------------------------------


async def departures(reading: Reading, person_id: str) -> list[Departed]:
    """Every departure that a person holds a receipt of, newest first."""
    given = await receipts.of_person(reading, person_id)
    if not given:
        return []
    were = {(guest.tenant_id, guest.user_id): guest for guest in await across.of_receipts(reading, person_id)}
    restored = await across.restored(reading, person_id)
    newest: dict[tuple[str, str], str] = {}
    for receipt in given:
        newest.setdefault((receipt.tenant_id, receipt.user_id), receipt.receipt_id)
    return [
        _departed(
            receipt,
            were.get((receipt.tenant_id, receipt.user_id)),
            reading.now,
            newest=newest[receipt.tenant_id, receipt.user_id] == receipt.receipt_id,
            restored_at=restored.get(receipt.receipt_id),
        )
        for receipt in given
    ]


async def departure(reading: Reading, receipt_id: str) -> Departed | None:
    """The departure that a receipt tells of; None for an unknown receipt."""
    receipt = await receipts.find(reading, receipt_id)
    if receipt is None:
        return None
    found = await departures(reading, receipt.person_id)
    return next((one for one in found if one.receipt.receipt_id == receipt_id), None)


def _departed(
    receipt: Receipt, guest: Membership | None, now: datetime, *, newest: bool, restored_at: datetime | None
) -> Departed:
    stage = None if guest is None else lifecycle.stage_at(guest.standing, now)
    ended_it = newest and guest is not None and _by_choice(stage, self_service=guest.self_service)
    return Departed(receipt, guest, stage, ended_it, None if ended_it else restored_at)


def _by_choice(stage: Stage | None, *, self_service: bool) -> bool:
    """Whether the membership ended by a departure of the person's own, and not by something that came after it."""
    if isinstance(stage, Deleted | Purged):
        return stage.cause is Cause.LEFT
    return isinstance(stage, Erased) and self_service
