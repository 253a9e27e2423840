"""What an organization decides about its guests, and when it may change its mind.

Each question is answered from values; the caller reads them inside the transaction that depends on the answer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from vestibule.rules.days import one_month_after
from vestibule.rules.domains import Domain
from vestibule.rules.refusals import Reason

GUESTS_MAY_LEAVE: Final = True
"""The leave setting until somebody changes it."""

ASK_AGAIN_AFTER: Final = timedelta(days=7)
"""A person may repeat a request to be removed once in this time."""


# --- Leaving, and the privacy information it leans on ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PrivacyInformation:
    """Whom a guest may turn to, and what the organization says about their data; None where nothing is given."""

    contact: str | None
    statement: str | None

    @property
    def is_complete(self) -> bool:
        """Whether both are there; a blank one is not."""
        return _given(self.contact) and _given(self.statement)


def why_not_change_leave_setting(privacy: PrivacyInformation, *, before: bool, after: bool) -> Reason | None:
    """Return why the setting *guests may leave on their own* cannot become ``after``, or None.

    It may be changed, either way, only while privacy contact and privacy statement are both present: a guest who
    may not leave needs somebody to ask. Sending the value that is already there changes nothing and passes, so that
    a program may write back what it read.
    """
    if before is after or privacy.is_complete:
        return None
    return Reason.PRIVACY_INFORMATION_MISSING


def why_not_change_privacy(
    before: PrivacyInformation, after: PrivacyInformation, *, guests_may_leave: bool
) -> Reason | None:
    """Return why the privacy information cannot become ``after``, or None: neither half goes while guests may not."""
    clears_contact = _given(before.contact) and not _given(after.contact)
    clears_statement = _given(before.statement) and not _given(after.statement)
    if (clears_contact or clears_statement) and not guests_may_leave:
        return Reason.PRIVACY_INFORMATION_NEEDED
    return None


def _given(value: str | None) -> bool:
    return bool(value and value.strip())


# --- Asking -------------------------------------------------------------------------------------------------------


class ErasureOnLeave(StrEnum):
    """What happens when a leaving person asks for erasure as well (GDPR, article 17)."""

    AFTER_REVIEW = "afterReview"  # an administrator answers within a month; the 30 days run meanwhile
    AT_ONCE = "atOnce"  # the 30 days are skipped


ERASURE_ON_LEAVE: Final = ErasureOnLeave.AFTER_REVIEW


def erases_at_once(setting: ErasureOnLeave, *, asked: bool) -> bool:
    """Whether a leave is followed by the purge at once instead of 30 days that can be undone."""
    return asked and setting is ErasureOnLeave.AT_ONCE


def answer_due(asked_at: datetime) -> datetime:
    """Return by when an organization has to answer a request of a person (GDPR, article 12(3): one month)."""
    return one_month_after(asked_at)


def ask_again_at(last_asked_at: datetime | None, now: datetime) -> datetime | None:
    """Return when a person may ask to be removed again, or None when that is now."""
    if last_asked_at is None or now >= last_asked_at + ASK_AGAIN_AFTER:
        return None
    return last_asked_at + ASK_AGAIN_AFTER


# --- Inviting -----------------------------------------------------------------------------------------------------


class InvitesFrom(StrEnum):
    """Who may invite guests: Graph's ``allowInvitesFrom`` (authorizationPolicy)."""

    NONE = "none"
    ADMINS_AND_INVITERS = "adminsAndGuestInviters"
    ADMINS_INVITERS_AND_MEMBERS = "adminsGuestInvitersAndAllMembers"
    EVERYONE = "everyone"


INVITES_FROM: Final = InvitesFrom.EVERYONE


class DomainMode(StrEnum):
    """How the list of domains is meant; an organization has one list, never both kinds."""

    ANY = "any"
    BLOCKED = "blocked"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class DomainRestriction:
    """Which domains guests may come from."""

    mode: DomainMode = DomainMode.ANY
    domains: frozenset[Domain] = frozenset()


def why_not_invite_from(restriction: DomainRestriction, domain: Domain) -> Reason | None:
    """Return why nobody with a mailbox in ``domain`` may be invited, or None.

    A listed domain stands for itself alone, not for the domains below it.
    """
    listed = domain in restriction.domains
    match restriction.mode:
        case DomainMode.ANY:
            return None
        case DomainMode.BLOCKED:
            return Reason.DOMAIN_NOT_ALLOWED if listed else None
        case DomainMode.ALLOWED:
            return None if listed else Reason.DOMAIN_NOT_ALLOWED


# --- What guests see ----------------------------------------------------------------------------------------------


class GuestAccess(StrEnum):
    """How much of the directory guests may read: Graph's ``guestUserRoleId`` (authorizationPolicy)."""

    AS_MEMBER = "a0b1b346-4d3e-4e8b-98f8-753987be4970"
    LIMITED = "10dae51f-b6af-4016-8d66-8c2a99b929b3"
    RESTRICTED = "2af84b1e-32c8-42b7-82bc-daa82404023b"


GUEST_ACCESS: Final = GuestAccess.LIMITED
