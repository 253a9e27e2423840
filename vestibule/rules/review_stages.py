"""Stages of an access review: the same people are asked about up to three times, by others each time.

    stage 1 --its time is over, or it is stopped--> stage 2 --...--> stage 3 --> the instance ends
       |  who does not move on: that decision is final
       +--nobody moves on--> the instance ends

* What is decided in a stage moves on when the stage says so: then it is asked anew of the next stage's reviewers.
* What was decided earlier stays readable, and means nothing any more.
* A review without stages is one whose only stage nobody names.

Nothing here reads a clock or a database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.review_shapes import LONGEST_REVIEW, read_look_back, read_reviewers
from vestibule.rules.reviews import Decision, Every, Recommendation, Recurrence, Reviewer, State, is_open

MOST_STAGES: Final = 3
LONGEST_NAME: Final = 64
_NAME: Final = "stageSettings"
_DAYS_OF: Final = {Every.WEEK: 7, Every.MONTH: 28}
"""How many days there are at least from one time that a review comes round to the next."""


class Moves(StrEnum):
    """Which decisions go to the next stage, in Graph's words."""

    APPROVE = "Approve"
    DENY = "Deny"
    DONT_KNOW = "DontKnow"
    NOT_REVIEWED = "NotReviewed"
    RECOMMENDATION = "Recommendation"  # nobody decided, and something is recommended


@dataclass(frozen=True, slots=True)
class StageSettings:
    """How a stage is done.

    Attributes:
        name: as the review calls it (``stageId``); empty for the only stage of a review without any.
        takes: how long it is open.
        reviewers, fallback: who is asked, as for a whole review.
        recommends: whether they see a recommendation. look_back: what it looks at; None: as the review says.
        moves: which decisions go to the next stage; None for all.
    """

    name: str
    takes: timedelta
    reviewers: tuple[Reviewer, ...]
    fallback: tuple[Reviewer, ...] = ()
    recommends: bool = False
    look_back: timedelta | None = None
    moves: frozenset[Moves] | None = None


def moves_on(decision: Decision, recommendation: Recommendation, moves: frozenset[Moves] | None) -> bool:
    """Whether somebody about whom this was decided is asked about anew in the next stage."""
    if moves is None or Moves(decision.value) in moves:
        return True
    undecided = decision is Decision.NOT_REVIEWED and recommendation is not Recommendation.NONE
    return undecided and Moves.RECOMMENDATION in moves


def times(starts_at: datetime, takes: Sequence[timedelta]) -> list[tuple[datetime, datetime]]:
    """Return when stages that take so long begin and end, one after the other."""
    found: list[tuple[datetime, datetime]] = []
    for one in takes:
        ends_at = starts_at + one
        found.append((starts_at, ends_at))
        starts_at = ends_at
    return found


def is_over(state: State, at_step: int, step: int, *, stage_ends: datetime, ends: datetime, now: datetime) -> bool:
    """Whether nothing is decided in a stage any more.

    Args:
        state: that of the instance. at_step: the stage in which it is, counted from 0. step: the stage asked about.
        stage_ends, ends: when that stage, and when the instance, is over.
    """
    if step < at_step or not is_open(state, ends, now):
        return True
    return step == at_step and now >= stage_ends


def status(state: State, at_step: int, step: int, *, stage_ends: datetime, ends: datetime, now: datetime) -> str:
    """Return a stage's status in Graph's words, from what ``is_over`` takes. One that nobody came to never began."""
    if step > at_step:
        return "NotStarted"
    over = is_over(state, at_step, step, stage_ends=stage_ends, ends=ends, now=now)
    return "Completed" if over else "InProgress"


# --- As Graph writes them ---------------------------------------------------------------------------------------------

_KNOWN: Final = frozenset(
    {
        "stageId",
        "dependsOn",
        "durationInDays",
        "reviewers",
        "fallbackReviewers",
        "recommendationsEnabled",
        "recommendationInsightSettings",
        "decisionsThatWillMoveToNextStage",
    }
)


def read_stages(given: Any) -> tuple[tuple[StageSettings, ...], list[dict[str, Any]]]:
    """Read ``stageSettings``. Returns what they mean, and how they are kept: every member with a value.

    Each stage but the first depends on the one before it; that is their order.

    Raises:
        Refused: MISSING_VALUE, BAD_VALUE with the member.
    """
    if given in (None, []):
        return (), []
    if not isinstance(given, list) or len(given) > MOST_STAGES:
        raise _wrong()
    meant: list[StageSettings] = []
    kept: list[dict[str, Any]] = []
    for one in given:
        stage, written = _stage(one, [before.name for before in meant])
        meant.append(stage)
        kept.append(written)
    if sum(one.takes.days for one in meant) > LONGEST_REVIEW:
        raise _wrong("durationInDays")
    return tuple(meant), kept


def read_stage(kept: Mapping[str, Any]) -> StageSettings:
    """What one kept stage means.

    Raises:
        Refused: BAD_VALUE.
    """
    return _stage({name: value for name, value in kept.items() if name != "dependsOn"}, [])[0]


def insist_on_time(stages: Sequence[StageSettings], recurrence: Recurrence | None) -> None:
    """All stages together may not take longer than the time from one instance to the next.

    Raises:
        Refused: BAD_VALUE.
    """
    if recurrence is None or recurrence.every is None:
        return
    if sum(one.takes.days for one in stages) > _DAYS_OF[recurrence.every] * recurrence.interval:
        raise _wrong("durationInDays")


def _wrong(name: str = "") -> Refused:
    return Refused(Reason.BAD_VALUE, property=f"{_NAME}/{name}" if name else _NAME)


def _stage(given: Any, before: Sequence[str]) -> tuple[StageSettings, dict[str, Any]]:
    if not isinstance(given, Mapping):
        raise _wrong()
    sent = {name: value for name, value in given.items() if "@odata." not in name and value is not None}
    unknown = next((name for name in sent if name not in _KNOWN), None)
    if unknown is not None:
        raise _wrong(unknown)
    name, days, moves = _name(sent, before), _days(sent), _moves(sent)
    _insist_on_order(sent, before)
    recommends = sent.get("recommendationsEnabled", False)
    if not isinstance(recommends, bool):
        raise _wrong("recommendationsEnabled")
    lists = {one: sent.get(one, []) for one in ("reviewers", "fallbackReviewers", "recommendationInsightSettings")}
    meant = StageSettings(
        name=name,
        takes=timedelta(days=days),
        reviewers=read_reviewers(lists["reviewers"], f"{_NAME}/reviewers"),
        fallback=read_reviewers(lists["fallbackReviewers"], f"{_NAME}/fallbackReviewers"),
        recommends=recommends,
        look_back=read_look_back(sent, _NAME),
        moves=frozenset(moves) or None,
    )
    kept = {
        "stageId": name,
        "dependsOn": list(before[-1:]),
        "durationInDays": days,
        **lists,
        "recommendationsEnabled": recommends,
        "decisionsThatWillMoveToNextStage": [one.value for one in moves],
    }
    return meant, kept


def _name(sent: Mapping[str, Any], before: Sequence[str]) -> str:
    name = sent.get("stageId")
    if name in (None, ""):
        raise Refused(Reason.MISSING_VALUE, property=f"{_NAME}/stageId")
    if not isinstance(name, str) or len(name) > LONGEST_NAME or name != name.strip() or not name.isprintable():
        raise _wrong("stageId")
    if name in before:
        raise _wrong("stageId")
    return name


def _insist_on_order(sent: Mapping[str, Any], before: Sequence[str]) -> None:
    if sent.get("dependsOn", []) != list(before[-1:]):
        raise _wrong("dependsOn")


def _days(sent: Mapping[str, Any]) -> int:
    days = sent.get("durationInDays")
    if days is None:
        raise Refused(Reason.MISSING_VALUE, property=f"{_NAME}/durationInDays")
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= LONGEST_REVIEW:
        raise _wrong("durationInDays")
    return days


def _moves(sent: Mapping[str, Any]) -> list[Moves]:
    """Which decisions go on, each once; none named means all, as Graph has it."""
    given, found = sent.get("decisionsThatWillMoveToNextStage", []), list[Moves]()
    if not isinstance(given, list):
        raise _wrong("decisionsThatWillMoveToNextStage")
    for one in given:
        known = next((each for each in Moves if isinstance(one, str) and each.value.lower() == one.lower()), None)
        if known is None:
            raise _wrong("decisionsThatWillMoveToNextStage")
        found += [] if known in found else [known]
    return found
