"""*Access reviews* in My Account: what the person is asked."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from vestibule.doors.web.frame import View


class Answer(StrEnum):
    """What can be answered, as forms send it."""

    KEEP = "keep"
    REMOVE = "remove"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Before:
    """What was decided in an earlier stage (None for nothing), by whom, and why."""

    number: int
    answer: Answer | None
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether one person still needs access.

    Attributes:
        about, email: who it is; empty for the reader themselves.
        looked_at: the group or app; empty for the organization as a whole.
        until: an answer counts until then.
        needs_reason: whoever keeps somebody has to say why.
        last_sign_in, recommendation: what is shown to help; None and empty when nothing is.
        answer, reason: what was answered; ``keep``, ``remove``, ``unknown`` or nothing yet.
        stage: the id of the stage that asks; empty for a review without stages.
        earlier: what was decided before, where the review lets the reader see that.
    """

    tenant_id: str
    organization: str
    review_id: str
    instance_id: str
    decision_id: str
    review: str
    description: str
    about: str
    email: str
    looked_at: str
    until: datetime
    needs_reason: bool
    last_sign_in: datetime | None
    recommendation: str
    answer: str = ""
    reason: str = ""
    stage: str = ""
    earlier: tuple[Before, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessReviewsPage(View):
    """The page. ``saved``: an answer was just sent."""

    template: ClassVar[str] = "portal/access_reviews.html"
    questions: tuple[Question, ...] = ()
    saved: bool = False
