"""Witnesses of the audit log: how a log stands with each, when one is asked again, and what somebody has to be told.

A witness that is away or does not know the log yet is a matter of operating it. One that knows the log otherwise than
we do is not: either events are lost, as after an older copy of the database came back, or somebody wrote another log.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """How a log stands with a witness since it was asked last.

    Attributes:
        COSIGNED: it signed. AWAY: no answer that counts.
        UNKNOWN: it does not know the log. REFUSED: it does not take the checkpoint. WRONG: nobody can use its answer.
        AHEAD: it signed more events than there are. FORKED: the log is not the one it signed, grown.
        DAMAGED: the tree here cannot show that the log only grew, so it was not asked.
    """

    COSIGNED = "cosigned"
    AWAY = "away"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    WRONG = "wrong"
    AHEAD = "ahead"
    FORKED = "forked"
    DAMAGED = "damaged"


CONFLICTS: Final = frozenset({State.AHEAD, State.FORKED, State.DAMAGED})
"""The log is not what was signed: a finding, whoever is to blame."""

PAUSE: Final = timedelta(minutes=1)
"""A witness is asked about one log no more often than that."""

LONGEST: Final = timedelta(hours=1)
"""Nor less often, while it does not sign."""

ANEW: Final = timedelta(days=1)
"""A log in which nothing happens is shown again after so long: the witness says that it knows no larger one."""

LATE: Final = timedelta(hours=2)
"""Events that no witness signed for so long are worth a look."""

AHEAD_BY: Final = timedelta(hours=1)
"""A clock of a witness may be so much ahead of ours."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What a witness signed last: so many events, and when by its own clock (0 and None: nothing)."""

    witness: str
    size: int
    at: datetime | None


def again_in(failures: int) -> timedelta:
    """How long a witness is left alone about a log: ``failures`` times in a row it did not sign; 0 when it did."""
    doubled: int = 2 ** min(max(0, failures - 1), 10)
    return min(PAUSE * doubled, LONGEST)
