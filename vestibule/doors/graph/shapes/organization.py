"""The organization."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from vestibule.doors.graph.model.organization import ORGANIZATION
from vestibule.doors.graph.shapes.picking import Shape


@dataclass(frozen=True, slots=True)
class DomainView:
    """One verified domain."""

    name: str
    is_default: bool
    is_initial: bool


@dataclass(frozen=True, slots=True)
class OrganizationView:
    """What is shown of an organization; ``attributes`` has every other property by its name."""

    id: str
    display_name: str
    created_at: datetime
    privacy_contact: str | None = None
    privacy_statement: str | None = None
    technical_contacts: tuple[str, ...] = ()
    country: str | None = None
    preferred_language: str | None = None
    domains: tuple[DomainView, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


READABLE_BY_GUESTS: Final = frozenset({"id", "displayName"})
"""What a guest reads of the organization."""


def _privacy(view: OrganizationView) -> dict[str, str | None]:
    return {"contactEmail": view.privacy_contact, "statementUrl": view.privacy_statement}


def _domains(view: OrganizationView) -> list[dict[str, object]]:
    return [
        {
            "capabilities": "Email",
            "isDefault": domain.is_default,
            "isInitial": domain.is_initial,
            "name": domain.name,
            "type": "Managed",
        }
        for domain in view.domains
    ]


ORGANIZATIONS: Final[Shape[OrganizationView]] = Shape(
    ORGANIZATION,
    {
        "id": attrgetter("id"),
        "displayName": attrgetter("display_name"),
        "createdDateTime": attrgetter("created_at"),
        "country": attrgetter("country"),
        "countryLetterCode": attrgetter("country"),
        "preferredLanguage": attrgetter("preferred_language"),
        "privacyProfile": _privacy,
        "technicalNotificationMails": lambda view: list(view.technical_contacts),
        "tenantType": lambda _view: "AAD",
        "verifiedDomains": _domains,
    },
    attrgetter("attributes"),
)
