"""What a person may ask an organization for, and by when it has to be answered (GDPR, articles 12, 15 and 17).

An answer is due one month after the request (article 12(3)). Before that month is over the organization may take up
to two further months, once, and tells the person why. It may refuse an erasure on the grounds that the law names and
no other (articles 12(5) and 17(3)), and says then to whom the person can complain (article 12(4)).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from vestibule.rules.days import months_after
from vestibule.rules.refusals import Reason, Refused


class Kind(StrEnum):
    """What is asked for."""

    REMOVAL = "removal"  # to be removed from the organization, restorably
    RESTORE = "restore"
    ERASURE = "erasure"  # to be deleted for good, and all data with it
    ACCESS = "access"  # whether there is data about them, and a copy of it


class Answer(StrEnum):
    """What became of a request; one without an answer is open."""

    KEPT = "kept"
    REMOVED = "removed"
    RESTORED = "restored"
    LEFT = "left"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    NOTHING_HELD = "nothingHeld"  # there was nothing to give, or to remove


class Ground(StrEnum):
    """Why an erasure may be refused: article 17(3), letters a to e, and article 12(5)."""

    EXPRESSION = "freedomOfExpression"
    LEGAL_OBLIGATION = "legalObligation"
    PUBLIC_HEALTH = "publicHealth"
    ARCHIVING = "archiving"
    LEGAL_CLAIMS = "legalClaims"
    UNFOUNDED = "manifestlyUnfounded"
    EXCESSIVE = "excessive"


class Urgency(StrEnum):
    """How much time is left to answer."""

    TIME = "time"
    SOON = "soon"
    LATE = "late"


MOST_MONTHS: Final = 2
"""By so many further months the time to answer may be extended (article 12(3))."""

LONGEST_TEXT: Final = 1000
"""Of the words that go with an answer, in characters."""

SOON: Final = timedelta(days=7)
"""An answer that is due within this time needs attention."""


WISHES: Final = (Kind.ACCESS, Kind.ERASURE)
"""What anybody may ask for by a proven address, with or without an account."""

COPY_LIVES: Final = timedelta(days=14)
"""So long after the answer a copy can be fetched, once."""

KEPT_AFTER_ANSWER: Final = timedelta(days=30)
"""So long after its answer a request by a proven address is kept, with the key that opens it."""


def wish(value: str) -> Kind:
    """What somebody without an account asks for. Raises Refused (BAD_VALUE) for anything else."""
    if value not in {one.value for one in WISHES}:
        raise Refused(Reason.BAD_VALUE, property="wish")
    return Kind(value)


def grounds_for(kind: Kind) -> tuple[Ground, ...]:
    """On which grounds a request may be refused: those of article 17(3) are about erasure alone."""
    return tuple(Ground) if kind is Kind.ERASURE else (Ground.UNFOUNDED, Ground.EXCESSIVE)


def ground(value: str) -> Ground:
    """The ground that somebody names. Raises Refused (BAD_VALUE) for any other."""
    try:
        return Ground(value)
    except ValueError as error:
        raise Refused(Reason.BAD_VALUE, property="ground") from error


def extended_due(asked_at: datetime, months: int) -> datetime:
    """By when an answer is due that takes so many months more, counted from the request.

    Raises:
        Refused: BAD_VALUE for anything but one or two months.
    """
    if not 1 <= months <= MOST_MONTHS:
        raise Refused(Reason.BAD_VALUE, property="months")
    return months_after(asked_at, 1 + months)


def why_not_extend(*, answered: bool, extended: bool, answer_due: datetime, now: datetime) -> Reason | None:
    """Why the time to answer cannot be extended, or None: once, while the request is open and the month not over."""
    if answered:
        return Reason.WRONG_STAGE
    if extended:
        return Reason.ALREADY_THERE
    return Reason.TOO_LATE if now >= answer_due else None


def urgency(answer_due: datetime, now: datetime) -> Urgency:
    """How much time is left: an answer at the moment it is due is in time."""
    if now > answer_due:
        return Urgency.LATE
    return Urgency.SOON if answer_due - now <= SOON else Urgency.TIME
