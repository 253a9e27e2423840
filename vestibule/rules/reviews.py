"""Access reviews: who is looked at again, when, what a decision means, and what is recommended.

A *review* (Graph: definition) says whom it is about, who decides and when. Each time it comes round there is an
*instance*, with one decision for each person. Nothing here reads a clock or a database: times come in, answers go
out. How Graph writes a review down is ``review_shapes``.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

BLOCKED_FOR: Final = timedelta(days=30)
"""How long somebody who was denied is blocked before they are deleted; an administrator can unblock them meanwhile."""

LOOK_BACK: Final = timedelta(days=30)
LONGEST_JUSTIFICATION: Final = 1_000


class Over(StrEnum):
    """Among whom a review looks: the members of one group, of every group, everybody, those assigned to an app, those
    who hold a directory role.
    """

    GROUP = "group"
    EVERY_GROUP = "everyGroup"
    EVERYBODY = "everybody"
    APP = "app"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a review is about.

    Attributes:
        target: the group, the app's service principal, or the role's definition; empty for the others.
        guests_only: members are left out.
        unified_only: of every group, those that Graph calls Microsoft 365 groups.
        inactive_for: only who has not signed in for so long; None for everybody.
    """

    over: Over
    target: str = ""
    guests_only: bool = True
    unified_only: bool = False
    inactive_for: timedelta | None = None


class Asks(StrEnum):
    """Who is asked to decide; without anybody the people themselves are."""

    USER = "user"
    GROUP_MEMBERS = "groupMembers"
    GROUP_OWNERS = "groupOwners"
    OWNERS = "owners"  # of the group that is looked at
    MANAGER = "manager"
    SPONSORS = "sponsors"


PERSONAL: Final = frozenset({Asks.MANAGER, Asks.SPONSORS})
"""Who is asked about one person rather than about all."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One entry of a review's reviewers; ``target`` is the user or group that it names."""

    asks: Asks
    target: str = ""


class Decision(StrEnum):
    """What was decided about somebody, in Graph's words."""

    NOT_REVIEWED = "NotReviewed"
    APPROVE = "Approve"
    DENY = "Deny"
    DONT_KNOW = "DontKnow"


class Recommendation(StrEnum):
    """What the sign-ins suggest, in Graph's words."""

    APPROVE = "Approve"
    DENY = "Deny"
    NONE = "NoInfoAvailable"


class Otherwise(StrEnum):
    """What holds for people about whom nobody decided, in Graph's words."""

    NONE = "None"
    APPROVE = "Approve"
    DENY = "Deny"
    RECOMMENDATION = "Recommendation"


class Result(StrEnum):
    """What became of a decision when it was applied, in Graph's words."""

    NEW = "New"
    DONE = "AppliedSuccessfully"
    GONE = "AppliedSuccessfullyButObjectNotFound"
    NOT_SUPPORTED = "ApplyNotSupported"


class State(StrEnum):
    """Where an instance is; only time makes an open one ``closed``, or somebody who stops it."""

    OPEN = "open"
    CLOSED = "closed"
    APPLYING = "applying"
    APPLIED = "applied"


class Every(StrEnum):
    """How a review comes round, in Graph's words."""

    WEEK = "weekly"
    MONTH = "absoluteMonthly"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When a review comes round.

    Attributes:
        every: None for once. interval: every so many weeks or months. day: of the month; 0 for that of the first day.
        first: the first day. last: no instance begins after it. times: so many at most.
    """

    first: date
    every: Every | None = None
    interval: int = 1
    day: int = 0
    last: date | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How a review is done.

    Attributes:
        mails, reminders: whether reviewers are written to when it begins, and again in the middle.
        justify: who keeps somebody has to say why.
        otherwise: what holds where nobody decided.
        takes: how long an instance is open.
        applies: what was decided is done by itself when it ends.
        blocks: who is denied is blocked, and deleted later; else they lose only what was looked at.
        recommends: whether reviewers see a recommendation. look_back: what it looks at.
        histories: reviewers of a later stage see what was decided in earlier ones.
    """

    mails: bool = False
    reminders: bool = False
    justify: bool = False
    otherwise: Otherwise = Otherwise.NONE
    takes: timedelta = timedelta(days=14)
    applies: bool = False
    blocks: bool = False
    recommends: bool = False
    look_back: timedelta = LOOK_BACK
    histories: bool = False
    recurrence: Recurrence | None = None


def start_of(recurrence: Recurrence | None, made_at: datetime, number: int) -> datetime | None:
    """Return when the instance with this number (the first is 0) begins; None when there is none.

    It begins at midnight UTC of its day; the first one not before the review was made.
    """
    if recurrence is None:
        return made_at if number == 0 else None
    day = _day_of(recurrence, number)
    if day is None or (recurrence.last is not None and day > recurrence.last):
        return None
    begins = datetime.combine(day, time(), UTC)
    return max(begins, made_at) if number == 0 else begins


def next_start(recurrence: Recurrence | None, made_at: datetime, number: int) -> tuple[int, datetime] | None:
    """Return number and beginning of the next instance, counted from ``number``; those wholly before the review was
    made are passed over, except the first.
    """
    while (begins := start_of(recurrence, made_at, number)) is not None:
        if begins >= made_at:
            return number, begins
        number += 1
    return None


def _day_of(recurrence: Recurrence, number: int) -> date | None:
    if recurrence.every is None:
        return recurrence.first if number == 0 else None
    if recurrence.times is not None and number >= recurrence.times:
        return None
    try:
        if recurrence.every is Every.WEEK:
            return recurrence.first + timedelta(weeks=number * recurrence.interval)
        return _in_month(recurrence, number)
    except (OverflowError, ValueError):
        return None  # beyond the calendar


def _in_month(recurrence: Recurrence, number: int) -> date:
    """The day in the month; a month without that day takes its last one."""
    wanted = recurrence.day or recurrence.first.day
    late = _clamped(recurrence.first.year, recurrence.first.month, wanted) < recurrence.first
    months = recurrence.first.month - 1 + (1 if late else 0) + number * recurrence.interval
    return _clamped(recurrence.first.year + months // 12, months % 12 + 1, wanted)


def _clamped(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def remind_at(starts_at: datetime, takes: timedelta) -> datetime:
    """Return when reviewers who still have something to decide are reminded: in the middle."""
    return starts_at + takes / 2


def is_open(state: State, ends_at: datetime, now: datetime) -> bool:
    """Whether anybody can still decide, from state and time."""
    return state is State.OPEN and now < ends_at


def is_last(state: State, until: datetime, ends_at: datetime) -> bool:
    """Whether nobody is asked any more: an open instance may wait, its time over, for time to begin its last stage."""
    return state is not State.OPEN or until >= ends_at


def is_inactive(last: datetime | None, since: datetime, now: datetime, for_: timedelta) -> bool:
    """Whether somebody has not signed in for so long. Who never did counts from when they came."""
    return max(last or since, since) <= now - for_


def recommend(last: datetime | None, since: datetime, now: datetime, look_back: timedelta) -> Recommendation:
    """Return what the sign-ins suggest: keep who signed in within the time looked back at, let go who did not.

    About somebody who came within that time, and has not signed in, nothing can be said.
    """
    if last is not None and last > now - look_back:
        return Recommendation.APPROVE
    return Recommendation.NONE if since > now - look_back else Recommendation.DENY


def denied(decision: Decision, recommendation: Recommendation, otherwise: Otherwise) -> bool:
    """Whether somebody loses access when the decisions are applied.

    Who is not known well enough (*Don't know*) keeps it, and so does everybody nobody decided about, unless the review
    says otherwise.
    """
    if decision is not Decision.NOT_REVIEWED:
        return decision is Decision.DENY
    if otherwise is Otherwise.RECOMMENDATION:
        return recommendation is Recommendation.DENY
    return otherwise is Otherwise.DENY


def status(state: State, ends_at: datetime, now: datetime) -> str:
    """Return an instance's status in Graph's words."""
    match state:
        case State.OPEN if now < ends_at:
            return "InProgress"
        case State.OPEN | State.CLOSED:
            return "Completed"
        case State.APPLYING:
            return "Applying"
        case State.APPLIED:
            return "Applied"


def status_of_review(instances: Iterable[str], *, more: bool) -> str:
    """Return a review's status: that of its instances, unless ``more`` of them are to come."""
    found = list(instances)
    if not found:
        return "NotStarted" if more else "Completed"
    if more or "InProgress" in found:
        return "InProgress"
    return next((one for one in ("Applying", "Completed") if one in found), "Applied")
