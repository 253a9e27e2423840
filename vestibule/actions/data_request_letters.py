"""What is written to whoever asked by a proven address, and to the organization about them."""

from collections.abc import Mapping
from typing import Any

from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, post
from vestibule.actions.sealed_requests import Said, link_key
from vestibule.store.data_requests import DataRequest
from vestibule.store.organizations import Organization
from vestibule.store.unit import Unit


def tell(
    house: House,
    unit: Unit,
    kind: LetterKind,
    organization: Organization,
    asked: DataRequest,
    said: Said,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """To who asked: that it was filed, that its answer takes longer, or what the answer is. ``facts``: more of it."""
    post(
        house,
        unit,
        kind,
        organization=organization,
        user_id=None,
        recipient=said.address or None,
        languages=[said.language],
        facts={
            "wish": asked.wish,
            "askedAt": asked.asked_at,
            "requestLink": link(house, organization, asked.request_id),
            **(facts or {}),
        },
    )


def tell_contacts(house: House, unit: Unit, organization: Organization, asked: DataRequest) -> None:
    """The privacy contact, else the technical contact. Who asks stands in the Admin center alone."""
    post(
        house,
        unit,
        LetterKind.ADMIN_DATA_REQUESTED,
        organization=organization,
        user_id=None,
        recipient=organization.guest_contact,
        languages=[],
        facts={
            "wish": asked.wish,
            "askedAt": asked.asked_at,
            "answerDue": asked.answer_due,
            "rowLink": f"{house.public_url}/admin/requests/{asked.request_id}/data",
        },
    )


def link(house: House, organization: Organization, request_id: str) -> str:
    """The page of a request, for whoever holds the letter."""
    page = f"{house.public_url}/data-request/{organization.initial_domain}/{request_id}"
    return f"{page}?key={link_key(house, request_id)}"
