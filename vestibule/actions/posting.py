"""Letters written with a change and sent after it.

A letter is a row of the same unit. What it says is kept sealed (recipient, languages to choose from, facts) until it
has gone out, and then nowhere. The letters door knows how to word each kind; here are only names and facts.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from vestibule.actions import sealed_letters
from vestibule.actions.house import House
from vestibule.ground.clock import iso
from vestibule.rules.names import CONSUMERS_ID
from vestibule.store.organizations import Organization
from vestibule.store.outbox import Letter
from vestibule.store.unit import Unit

SEALED_FOR: Final = "letters"


class LetterKind(StrEnum):
    """What a letter tells."""

    INVITATION = "invitation"
    NOTHING_TO_DO = "invitationNothingToDo"
    PASSCODE = "passcode"
    YOU_LEFT = "youLeft"
    REMOVAL_REQUEST_RECEIVED = "removalRequestReceived"
    REMOVAL_REQUEST_ANSWERED = "removalRequestAnswered"
    RESTORED = "accountRestored"
    PURGED = "permanentlyDeleted"
    ERASED = "dataRemoved"
    ADMIN_REMOVAL_ASKED = "adminRemovalAsked"
    ADMIN_RESTORE_ASKED = "adminRestoreAsked"
    ADMIN_ERASURE_ASKED = "adminErasureAsked"
    REQUEST_EXTENDED = "requestExtended"
    ERASURE_REFUSED = "erasureRefused"
    DATA_REQUEST_CODE = "dataRequestCode"
    DATA_REQUEST_RECEIVED = "dataRequestReceived"
    DATA_REQUEST_EXTENDED = "dataRequestExtended"
    DATA_REQUEST_REFUSED = "dataRequestRefused"
    DATA_REQUEST_ANSWERED = "dataRequestAnswered"
    ADMIN_DATA_REQUESTED = "adminDataRequested"
    INVITATION_ASKED = "invitationAsked"
    GUEST_DIGEST = "guestDigest"
    DEADLINE_AT_RISK = "deadlineAtRisk"
    EXPORT_READY = "exportReady"
    REVIEW_ASKED = "reviewAsked"
    REVIEW_REMINDER = "reviewReminder"
    REVIEW_COMPLETED = "reviewCompleted"
    METHOD_ADDED = "signInMethodAdded"
    METHOD_REMOVED = "signInMethodRemoved"
    PASSWORD_CHANGED = "passwordChanged"  # noqa: S105 - the name of a letter
    SIGNED_OUT_EVERYWHERE = "signedOutEverywhere"


class Content(msgspec.Struct, frozen=True, rename="camel"):
    """What a letter row holds, sealed.

    Attributes:
        recipient: an addr-spec. languages: candidates in the order in which they are preferred.
        time_zone: the organization's, for dates. facts: what the kind needs; moments are ISO 8601 texts.
        for_nobody: it is written so that writing it takes its time, and thrown away instead of sent.
    """

    kind: str
    recipient: str
    languages: list[str]
    time_zone: str
    facts: dict[str, Any]
    copies: list[str] = []
    for_nobody: bool = False


def post(
    house: House,
    unit: Unit,
    kind: LetterKind,
    *,
    organization: Organization | None,
    user_id: str | None,
    recipient: str | None,
    languages: list[str | None],
    facts: Mapping[str, Any],
    at: datetime | None = None,
    copies: list[str] | None = None,
    for_nobody: bool = False,
) -> str | None:
    """Put a letter into the unit. Returns its id, or None when there is no address to write to.

    Without an organization (a code for somebody who signs in to none) the letter is the service's own.
    ``at`` is the moment the letter belongs to: for what time did, its due time. ``for_nobody``: see ``Content``.
    """
    if not recipient:
        return None
    content = Content(
        kind=kind.value,
        recipient=recipient,
        languages=[tag for tag in [*languages, organization and organization.notification_language] if tag],
        time_zone="UTC" if organization is None else organization.time_zone,
        facts=_plain({**_organization_facts(organization), **facts}),
        copies=copies or [],
        for_nobody=for_nobody,
    )
    return sealed_letters.put(
        house,
        unit,
        content,
        kind=kind.value,
        sealed_for=SEALED_FOR,
        tenant_id=CONSUMERS_ID if organization is None else organization.tenant_id,
        user_id=user_id,
        at=at,
    )


def open_letter(house: House, letter: Letter) -> Content:
    """What a letter says."""
    return sealed_letters.opened(house, letter, Content, sealed_for=SEALED_FOR)


def _organization_facts(organization: Organization | None) -> dict[str, Any]:
    if organization is None:
        return {}
    return {
        "organization": organization.display_name,
        "domain": organization.initial_domain,
        "privacyContact": organization.privacy_contact,
        "privacyStatement": organization.privacy_statement,
    }


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: iso(value) if isinstance(value, datetime) else value for name, value in facts.items()}
    return {name: value for name, value in plain.items() if value is not None}
