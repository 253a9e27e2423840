"""Why something is refused: a closed list of named reasons.

A reason crosses floors as it is. Each door has one table that turns it into its own language (a page, a
Graph error, an exit status); no door invents reasons of its own. The first five are the words that the
leave API shows as ``whyNot``.
"""

from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """A named reason for a refusal; the value is a stable code that callers may rely on."""

    # Why a person may not leave, in the order in which they are asked (the first that applies is named)
    HOME_ORGANIZATION = "homeOrganization"
    WRONG_STAGE = "wrongStage"
    ACCOUNT_DISABLED = "accountDisabled"
    ORGANIZATION_FORBIDS = "organizationForbids"
    ONLY_ADMINISTRATOR = "onlyAdministrator"

    # Time and state
    TOO_LATE = "tooLate"
    TOO_EARLY = "tooEarly"
    NAME_TAKEN = "nameTaken"
    STILL_DELETED = "stillDeleted"
    LEFT_BY_CHOICE = "leftByChoice"
    ALREADY_THERE = "alreadyThere"
    NOT_THERE = "notThere"
    ALREADY_MEMBER = "alreadyMember"
    ON_HOLD = "onHold"

    # Rights
    NOT_SIGNED_IN = "notSignedIn"
    NOT_ALLOWED = "notAllowed"
    NOT_FOUND = "notFound"
    STRONGER_SIGN_IN = "strongerSignIn"
    SIGN_IN_AGAIN = "signInAgain"
    SECOND_FACTOR_NEEDED = "secondFactorNeeded"
    NEEDS_PERSON = "needsPerson"

    TERMS_NOT_ACCEPTED = "termsNotAccepted"
    # Invitations and proofs
    INVITATION_EXPIRED = "invitationExpired"
    INVITATION_USED = "invitationUsed"
    INVITATION_DEAD = "invitationDead"
    WRONG_PERSON = "wrongPerson"
    BLOCKED_BY_PERSON = "blockedByPerson"
    INVITING_FORBIDDEN = "invitingForbidden"
    INVITEE_IS_MEMBER = "inviteeIsMember"
    INVITEE_DISABLED = "inviteeDisabled"
    DOMAIN_NOT_ALLOWED = "domainNotAllowed"
    CODE_WRONG = "codeWrong"
    CODE_EXPIRED = "codeExpired"
    PASSWORD_WRONG = "passwordWrong"  # noqa: S105 - a reason, not a secret
    PASSWORD_WEAK = "passwordWeak"  # noqa: S105 - a reason, not a secret
    TOO_MANY_TRIES = "tooManyTries"
    CONNECT_FORBIDDEN = "connectForbidden"
    COLLABORATION_FORBIDDEN = "collaborationForbidden"
    PROVIDER_REFUSED = "providerRefused"
    PROVIDER_AWAY = "providerAway"

    # Policies
    PRIVACY_INFORMATION_MISSING = "privacyInformationMissing"
    PRIVACY_INFORMATION_NEEDED = "privacyInformationNeeded"
    LAST_OWNER = "lastOwner"

    # Input
    BAD_VALUE = "badValue"
    MISSING_VALUE = "missingValue"
    DUPLICATE_VALUE = "duplicateValue"
    READ_ONLY = "readOnly"
    KEY_MISSING = "idempotencyKeyMissing"
    KEY_REUSED = "idempotencyKeyReused"
    VERSION_MISMATCH = "versionMismatch"

    # Operations
    BUSY = "busy"
    UNAVAILABLE = "unavailable"


class Refused(Exception):
    """An action was not carried out, and nothing was changed.

    Args:
        reason: the named reason.
        facts: what a door may show beside the reason (for example ``{"property": "displayName"}`` or
            ``{"objectId": "…"}``). Values are strings, numbers or None; nothing secret.
    """

    def __init__(self, reason: Reason, **facts: str | int | None) -> None:
        """Keep the reason and its facts."""
        super().__init__(reason.value)
        self.reason = reason
        self.facts: Mapping[str, str | int | None] = facts

    def __str__(self) -> str:
        """Reason and facts in one line, for logs and the command line."""
        shown = ", ".join(f"{name}={value}" for name, value in self.facts.items() if value is not None)
        return f"{self.reason.value} ({shown})" if shown else self.reason.value
