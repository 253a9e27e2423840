"""The wish to be erased, as pages show it: the same words wherever it stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vestibule.doors.web.words import N_
from vestibule.rules.person_requests import Answer, Ground, Kind
from vestibule.store.requests import GuestRequest

GROUNDS: Final[dict[Ground, str]] = {
    Ground.EXPRESSION: N_("Freedom of expression and information"),
    Ground.LEGAL_OBLIGATION: N_("The law obliges the organization to keep the data"),
    Ground.PUBLIC_HEALTH: N_("Public interest, for public health"),
    Ground.ARCHIVING: N_("Archiving, research or statistics"),
    Ground.LEGAL_CLAIMS: N_("Making or defending legal claims"),
    Ground.UNFOUNDED: N_("The request is manifestly unfounded"),
    Ground.EXCESSIVE: N_("The request is excessive"),
}
"""Why an erasure may be refused, in a few words."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """A wish to be erased.

    Attributes:
        asked: when. due: by when it is answered; ``extended``: that is later than a month.
        answered: when it was refused or taken back; None while it is open. ground: why it was refused.
    """

    asked: datetime
    due: datetime
    extended: bool = False
    answered: datetime | None = None
    ground: Ground | None = None

    @property
    def open(self) -> bool:
        """Nobody has answered it."""
        return self.answered is None

    @property
    def refused(self) -> bool:
        """The organization does not do it."""
        return self.ground is not None

    @property
    def why(self) -> str:
        """The ground in words of the catalog."""
        return "" if self.ground is None else GROUNDS[self.ground]


def erasure(asked: GuestRequest | None) -> Erasure | None:
    """A stored request as the pages show it; one that was granted is seen by what was done."""
    if asked is None or asked.kind != Kind.ERASURE or asked.answer == Answer.GRANTED:
        return None
    return Erasure(
        asked=asked.asked_at,
        due=asked.answer_due,
        extended=asked.first_due is not None,
        answered=asked.answered_at,
        ground=Ground(asked.ground) if asked.ground else None,
    )
