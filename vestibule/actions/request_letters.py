"""What is written to people about their requests, and to the organization about those who ask."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, post
from vestibule.rules.lifecycle import Deleted
from vestibule.rules.person_requests import Kind
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.requests import GuestRequest
from vestibule.store.unit import Unit


def tell_asker(
    house: House,
    unit: Unit,
    kind: LetterKind,
    organization: Organization,
    guest: Membership,
    facts: Mapping[str, Any],
) -> None:
    """To who asked: that their request was sent, that its answer takes longer, or what the answer is."""
    post(
        house,
        unit,
        kind,
        organization=organization,
        user_id=guest.user_id,
        recipient=guest.contact,
        languages=[guest.preferred_language],
        facts={"organizationsLink": f"{house.public_url}/myaccount/organizations", **facts},
    )


def tell_received(house: House, unit: Unit, organization: Organization, guest: Membership, asked: GuestRequest) -> None:
    """To who asked: that the request was sent, and by when it is answered."""
    facts = {
        "askedAt": asked.asked_at,
        "answerDue": asked.answer_due,
        "erasure": True if asked.kind == Kind.ERASURE else None,
    }
    tell_asker(house, unit, LetterKind.REMOVAL_REQUEST_RECEIVED, organization, guest, facts)


def tell_contacts(
    house: House,
    unit: Unit,
    kind: LetterKind,
    organization: Organization,
    guest: Membership,
    asked: GuestRequest,
    stage: Deleted | None = None,
) -> None:
    """The privacy contact, else the technical contact; with neither, the request waits in the Admin center."""
    post(
        house,
        unit,
        kind,
        organization=organization,
        user_id=guest.user_id,
        recipient=organization.guest_contact,
        languages=[],
        facts={
            "guest": {"name": guest.display_name or guest.home_display_name or "", "address": guest.contact or ""},
            "askedAt": asked.asked_at,
            "answerDue": asked.answer_due,
            "leftAt": None if stage is None else stage.at,
            "restorableUntil": None if stage is None else stage.purge_due,
            "rowLink": _row(house, asked),
        },
    )


def _row(house: House, asked: GuestRequest) -> str:
    if asked.kind == Kind.ERASURE:
        return f"{house.public_url}/admin/requests/{asked.user_id}/erasure"
    return f"{house.public_url}/admin/users/{asked.user_id}"


def tell_extended(
    house: House,
    unit: Unit,
    organization: Organization,
    guest: Membership,
    asked: GuestRequest,
    *,
    first_due: datetime,
    why: str,
) -> None:
    """To who asked: until when the answer takes, and why (GDPR, article 12(3))."""
    facts = {
        "askedAt": asked.asked_at,
        "firstDue": first_due,
        "answerDue": asked.answer_due,
        "message": why,
        "erasure": True if asked.kind == Kind.ERASURE else None,
    }
    tell_asker(house, unit, LetterKind.REQUEST_EXTENDED, organization, guest, facts)
