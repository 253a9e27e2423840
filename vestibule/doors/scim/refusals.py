"""From a named reason to SCIM's words: the one table of this door."""

from collections.abc import Callable, Mapping
from typing import Final

from vestibule.doors.scim import errors
from vestibule.doors.scim.errors import ScimError
from vestibule.rules.refusals import Reason, Refused

Facts = Mapping[str, str | int | None]
Answer = Callable[[Facts], ScimError]

_NAMES: Final = {
    "accountEnabled": "active",
    "businessPhones": "phoneNumbers",
    "companyName": "organization",
    "employeeId": "employeeNumber",
    "faxNumber": "phoneNumbers",
    "invitedUserDisplayName": "displayName",
    "invitedUserEmailAddress": "userName",
    "jobTitle": "title",
    "mail": "emails",
    "mailNickname": "userName",
    "mobilePhone": "phoneNumbers",
    "otherMails": "emails",
    "provisionedMails": "emails",
    "provisionedName": "userName",
    "proxyAddresses": "emails",
    "surname": "familyName",
    "userPrincipalName": "userName",
}
"""What SCIM calls properties that actions name by Graph's names."""


def of(refused: Refused, *, given: str = "") -> ScimError:
    """What a refused action answers; ``given`` is the id in the path."""
    return _ANSWERS[refused.reason]({"objectId": given, **refused.facts})


def _named(facts: Facts) -> str:
    name = str(facts.get("property") or "")
    return _NAMES.get(name, name)


def _fixed(status: int, detail: str, scim_type: str = "") -> Answer:
    return lambda _facts: ScimError(status, detail, scim_type)


def _missing(facts: Facts) -> ScimError:
    given = str(facts.get("objectId") or "")
    if facts.get("property") == "members":
        return errors.invalid_value(f"There is no user '{errors.shown(given)}' who could be a member.")
    return errors.not_found(given)


def _not_allowed(facts: Facts) -> ScimError:
    if facts.get("why") == "notBrought":
        return errors.denied(
            "This client did not bring the user: it cannot rename, redirect, switch or delete them. The permission"
            " User.ManageIdentities.All lifts that."
        )
    return errors.denied()


def _taken(facts: Facts) -> ScimError:
    name = _named(facts) or "userName"
    return errors.conflict(f"Another resource has this value of '{name}'.", "uniqueness")


def _left(_facts: Facts) -> ScimError:
    return errors.conflict(
        "This person left the organization by choice. Provisioning does not bring them back: only an invitation that"
        " they accept does."
    )


def _still_deleted(facts: Facts) -> ScimError:
    return errors.conflict(
        f"This person was removed and is kept as deleted user {facts.get('objectId')}. Provisioning does not bring them"
        " back: an administrator restores them, or invites them anew."
    )


def _bad(facts: Facts) -> ScimError:
    name = _named(facts)
    return errors.invalid_value(f"'{name}' cannot have this value." if name else "A value is not possible.")


def _needed(facts: Facts) -> ScimError:
    return errors.invalid_value(f"'{_named(facts)}' needs a value.")


def _read_only(facts: Facts) -> ScimError:
    return errors.mutability(_named(facts))


def _busy(facts: Facts) -> ScimError:
    seconds = facts.get("retryAfter")
    return errors.busy(seconds if isinstance(seconds, int) else 60)


_DENIED: Final = _fixed(403, "The token does not allow this.")
_IMPOSSIBLE: Final = _fixed(409, "This is not possible in the present state of the resource.")
_LAST_ADMINISTRATOR: Final = "The organization's only administrator cannot be disabled or removed."

_ANSWERS: Final[Mapping[Reason, Answer]] = {
    **dict.fromkeys(Reason, _IMPOSSIBLE),
    # Time and state
    Reason.ONLY_ADMINISTRATOR: _fixed(409, _LAST_ADMINISTRATOR),
    Reason.WRONG_STAGE: _missing,
    Reason.TOO_LATE: _missing,
    Reason.NAME_TAKEN: _taken,
    Reason.STILL_DELETED: _still_deleted,
    Reason.LEFT_BY_CHOICE: _left,
    Reason.ALREADY_THERE: _taken,
    Reason.NOT_THERE: _missing,
    Reason.ON_HOLD: _fixed(409, "A legal hold keeps the resource from being deleted."),
    # Rights
    Reason.NOT_SIGNED_IN: _fixed(401, "The access token does not hold any more."),
    Reason.NOT_ALLOWED: _not_allowed,
    Reason.NOT_FOUND: _missing,
    Reason.STRONGER_SIGN_IN: _DENIED,
    Reason.SIGN_IN_AGAIN: _DENIED,
    Reason.SECOND_FACTOR_NEEDED: _DENIED,
    Reason.NEEDS_PERSON: _DENIED,
    # Invitations
    Reason.BLOCKED_BY_PERSON: _fixed(403, "This person takes no invitations from this organization."),
    Reason.INVITING_FORBIDDEN: _fixed(403, "The organization does not let guests be brought."),
    Reason.DOMAIN_NOT_ALLOWED: _fixed(403, "The organization takes no guests from this domain."),
    Reason.INVITEE_DISABLED: _taken,
    Reason.INVITEE_IS_MEMBER: _taken,
    # Input
    Reason.BAD_VALUE: _bad,
    Reason.MISSING_VALUE: _needed,
    Reason.DUPLICATE_VALUE: _taken,
    Reason.READ_ONLY: _read_only,
    Reason.VERSION_MISMATCH: lambda _facts: errors.version_mismatch(),
    # Operations
    Reason.TOO_MANY_TRIES: _busy,
    Reason.BUSY: lambda _facts: errors.unavailable(),
    Reason.UNAVAILABLE: lambda _facts: errors.unavailable(),
}
