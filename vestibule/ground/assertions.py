"""What an assertion says (SAML 2.0 Core section 2.3.3), as plain values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Window:
    """Between which moments something holds; None: no such end."""

    not_before: datetime | None
    not_on_or_after: datetime | None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How a subject is confirmed (Core section 2.4.1.1)."""

    method: str
    recipient: str | None
    in_response_to: str | None
    window: Window


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a signed assertion says, and what was written around it. A text that was not written is None.

    Attributes:
        response_signed: the response is signed too. response_issuer, response_to, destination: its attributes.
        assertion_id, issuer, issued_at: of the assertion.
        name_id, name_id_format, for_service: whom it is about, and for whom it is called so (SPNameQualifier).
        confirmations: how that is confirmed. window: its conditions. audiences: the audiences of each restriction.
        sessions: until when each session there lasts.
        attributes: the texts of each attribute, by name.
    """

    response_signed: bool
    response_issuer: str | None
    response_to: str | None
    destination: str | None
    assertion_id: str
    issuer: str
    issued_at: datetime
    name_id: str | None
    name_id_format: str | None
    for_service: str | None
    confirmations: tuple[Confirmation, ...]
    window: Window
    audiences: tuple[tuple[str, ...], ...]
    sessions: tuple[datetime | None, ...]
    attributes: dict[str, tuple[str, ...]]
