"""From what was read to the rows of the Organizations page."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vestibule.actions import belonging
from vestibule.actions.answering import KEPT
from vestibule.actions.asking import REMOVAL
from vestibule.actions.belonging import Asked, Belonging, Departed
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.views.erasure import erasure
from vestibule.doors.portal.views.organizations import InvitationRow, LeftRow, LeftState, OrganizationRow
from vestibule.rules.lifecycle import Deleted, Present
from vestibule.rules.person_requests import Kind
from vestibule.store import across
from vestibule.store.requests import GuestRequest
from vestibule.store.unit import Unavailable

RESTORED_SHOWN_FOR = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Details:
    """What a row says beside the name, by (organization, user). ``available``: it could be read."""

    sign_ins: dict[tuple[str, str], datetime] = field(default_factory=dict)
    restores: dict[tuple[str, str], datetime] = field(default_factory=dict)
    requests: dict[tuple[str, str], GuestRequest] = field(default_factory=dict)
    erasures: dict[tuple[str, str], GuestRequest] = field(default_factory=dict)
    available: bool = True


async def details(visit: Visit) -> Details:
    """Read what the rows say beside the names. When that fails the rows stay, without it."""
    reading, person_id = visit.reading, visit.who.person.person_id
    try:
        asked = await across.requests(reading, person_id)
        return Details(
            sign_ins=await across.latest(reading, person_id, across.SIGNED_IN),
            restores=await across.latest(reading, person_id, across.RESTORED),
            requests={(one.tenant_id, one.user_id): one for one in asked if one.kind == REMOVAL},
            erasures={(one.tenant_id, one.user_id): one for one in asked if one.kind == Kind.ERASURE},
        )
    except Unavailable:
        return Details(available=False)


def organization(visit: Visit, one: Belonging, known: Details) -> OrganizationRow:
    """The row of an organization that the person belongs to."""
    place, guest = one.organization, one.guest
    key = (guest.tenant_id, guest.user_id)
    asked, restored = known.requests.get(key), known.restores.get(key)
    return OrganizationRow(
        tenant_id=place.tenant_id,
        name=place.display_name,
        domain=place.initial_domain,
        tie=guest.standing.tie,
        since=one.stage.since if isinstance(one.stage, Present) else None,
        last_sign_in=known.sign_ins.get(key),
        signed_in_there=visit.who.at(place.tenant_id) is not None,
        current=visit.current is not None and visit.current.tenant_id == place.tenant_id,
        why_not=one.why_not,
        removal_asked=asked.asked_at if asked is not None and asked.answer is None else None,
        removal_answered=asked.answered_at if asked is not None and asked.answer == KEPT else None,
        restored=restored if restored is not None and visit.now < restored + RESTORED_SHOWN_FOR else None,
        available=known.available,
        erasure=erasure(known.erasures.get(key)),
    )


def invitation(one: Asked) -> InvitationRow:
    """The row of an invitation that waits."""
    place = one.organization
    return InvitationRow(
        tenant_id=place.tenant_id,
        name=place.display_name,
        domain=place.initial_domain,
        inviter=one.invitation.inviter_name if one.invitation.inviter_user_id else "",
        invited_on=one.invitation.created_at,
    )


def left(one: Departed, known: Details) -> LeftRow:
    """The row of a departure."""
    receipt = one.receipt
    wish = known.erasures.get((receipt.tenant_id, receipt.user_id)) if one.current else None
    return LeftRow(
        tenant_id=receipt.tenant_id,
        name=receipt.display_name,
        domain=receipt.domain,
        receipt_id=receipt.receipt_id,
        state=_left_state(one),
        left_at=receipt.left_at,
        restorable_until=receipt.restorable_until,
        data_removed_by=one.data_removed_by,
        erased_at=one.erased_at,
        restored_at=one.restored_at,
        held=one.held,
        erasure=erasure(wish) if isinstance(one.stage, Deleted) else None,
    )


def recently_left(visit: Visit, gone: list[Departed], known: Details) -> list[LeftRow]:
    """What the person is gone from and left in the last 60 days; of one organization the last departure only."""
    newest: dict[str, Departed] = {}
    for one in gone:
        if one.current and visit.now < one.receipt.left_at + belonging.LISTED_FOR:
            newest.setdefault(one.receipt.tenant_id, one)
    return [left(one, known) for one in newest.values()]


def _left_state(one: Departed) -> LeftState:
    if one.restored_at is not None:
        return LeftState.RESTORED
    if one.erased_at is not None:
        return LeftState.ERASED
    return LeftState.RESTORABLE if isinstance(one.stage, Deleted) and one.current else LeftState.PURGED
