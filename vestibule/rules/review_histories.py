"""Histories of access reviews: what was decided in the reviews of a period, as a file.

A *history* (Graph: history definition) says which reviews and which decisions it is about, and either one period or a
schedule. Each time it is made there is a *run* (Graph: instance). Nothing here reads a clock or a database.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from vestibule.rules import reviews
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.review_shapes import QUERY_SCOPE, read_recurrence, wrong
from vestibule.rules.reviews import Decision, Recurrence

KEPT_FOR: Final = timedelta(days=30)
"""How long after it was made a run can be fetched."""

ADDRESS_GOOD_FOR: Final = timedelta(hours=24)
"""How long the address of a file leads to it."""

MOST_SCOPES: Final = 20
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OUT_OF_TIME: Final = datetime(9000, 1, 1, tzinfo=UTC)

STARTS: Final = "reviewHistoryPeriodStartDateTime"
ENDS: Final = "reviewHistoryPeriodEndDateTime"
_QUERY: Final = re.compile(
    r"/?(?:v1\.0/|beta/)?identityGovernance/accessReviews/definitions/?"
    r"(?:\?\$?filter=\(?\s*contains\(\s*scope/(?:(?:microsoft\.)?graph\.\w+/)?query\s*,\s*'([^']{1,200})'\s*\)\s*\)?)?",
    re.IGNORECASE,
)
_RANGE: Final = re.compile(r"P(?=\d)(?:(\d{1,2})Y)?(?:(\d{1,3})M)?(?:(\d{1,4})D)?", re.IGNORECASE)


class Outcome(StrEnum):
    """What a history tells decisions apart by, in Graph's words."""

    APPROVE = "approve"
    DENY = "deny"
    DONT_KNOW = "dontKnow"
    NOT_REVIEWED = "notReviewed"
    NOT_NOTIFIED = "notNotified"


@dataclass(frozen=True, slots=True)
class Range:
    """How far a run of a schedule looks back."""

    years: int = 0
    months: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a kept history says.

    Attributes:
        outcomes: the decisions it tells. parts: it is about reviews whose scope holds one of these; "" is in each.
        starts, ends: the one period; None with a schedule.
        recurrence, back: when it is made, and how far each run looks back; None without one.
    """

    outcomes: frozenset[Outcome]
    parts: tuple[str, ...]
    starts: datetime | None
    ends: datetime | None
    recurrence: Recurrence | None
    back: Range | None


def read_history(given: Mapping[str, Any]) -> tuple[Meaning, dict[str, Any]]:
    """Read a history as Graph writes it. Returns what it means, and how it is kept.

    Raises:
        Refused: MISSING_VALUE, BAD_VALUE with the property.
    """
    outcomes = _outcomes(given.get("decisions"))
    parts, scopes = _scopes(given.get("scopes"))
    kept: dict[str, Any] = {"decisions": [one.value for one in Outcome if one in outcomes], "scopes": scopes}
    schedule = given.get("scheduleSettings")
    if schedule is not None:
        recurrence, back, shape = _schedule(schedule)
        for name in (STARTS, ENDS):
            if given.get(name) is not None:
                raise wrong(name, "unsupported")
        return Meaning(outcomes, parts, None, None, recurrence, back), {**kept, "scheduleSettings": shape}
    starts, ends = _moment(given, STARTS), _moment(given, ENDS)
    if ends <= starts:
        raise wrong(ENDS)
    period = {STARTS: _written(starts), ENDS: _written(ends)}
    return Meaning(outcomes, parts, starts, ends, None, None), {**kept, **period}


def next_run(meant: Meaning, made_at: datetime, number: int) -> tuple[int, datetime] | None:
    """Return number and moment of the next run, counted from ``number``; None when none is left.

    That of one period is made at once, or when the period has ended.
    """
    if meant.recurrence is None:
        return (0, max(meant.ends or made_at, made_at)) if number == 0 else None
    return reviews.next_start(meant.recurrence, made_at, number)


def period(meant: Meaning, at: datetime) -> tuple[datetime, datetime]:
    """Return from when to when a run made at ``at`` looks."""
    if meant.starts is not None and meant.ends is not None:
        return meant.starts, meant.ends
    return _before(at, meant.back or Range(months=1)), at


def is_in(starts_at: datetime, ends_at: datetime, within: tuple[datetime, datetime]) -> bool:
    """Whether an instance of a review belongs to a period: it began and ended in it."""
    return within[0] <= starts_at and ends_at <= within[1]


def is_about(meant: Meaning, scope: Any) -> bool:
    """Whether a history is about a review with this scope, as Graph writes it."""
    queries = [query.casefold() for query in _queries(scope)]
    return any(not part or any(part.casefold() in query for query in queries) for part in meant.parts)


def outcome(decision: Decision, *, notified: bool) -> Outcome:
    """Return what a history calls a decision. ``notified``: somebody was written to who could make it."""
    match decision:
        case Decision.APPROVE:
            return Outcome.APPROVE
        case Decision.DENY:
            return Outcome.DENY
        case Decision.DONT_KNOW:
            return Outcome.DONT_KNOW
        case Decision.NOT_REVIEWED:
            return Outcome.NOT_REVIEWED if notified else Outcome.NOT_NOTIFIED


def status(runs: int, *, more: bool) -> str:
    """Return a history's status in Graph's words: how many runs there were, and whether more are to come."""
    if not runs:
        return "requested"
    return "inProgress" if more else "done"


# --- Inside -----------------------------------------------------------------------------------------------------------


def _outcomes(given: Any) -> frozenset[Outcome]:
    if given in (None, []):
        return frozenset(Outcome)
    known = {one.value.lower(): one for one in Outcome}
    if not isinstance(given, list):
        raise wrong("decisions")
    found = [known.get(one.lower()) if isinstance(one, str) else None for one in given]
    chosen = frozenset(one for one in found if one is not None)
    if None in found:
        raise wrong("decisions")
    return chosen


def _scopes(given: Any) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    if given in (None, []):
        raise Refused(Reason.MISSING_VALUE, property="scopes")
    if not isinstance(given, list) or len(given) > MOST_SCOPES:
        raise wrong("scopes")
    parts, kept = [], []
    for one in given:
        kind = str(one.get("@odata.type", QUERY_SCOPE)).lstrip("#") if isinstance(one, Mapping) else ""
        query = one.get("query") if isinstance(one, Mapping) else None
        if kind.lower() != QUERY_SCOPE.lstrip("#").lower() or not isinstance(query, str):
            raise wrong("scopes")
        found = _QUERY.fullmatch(query)
        if found is None or str(one.get("queryType") or "MicrosoftGraph").lower() != "microsoftgraph":
            raise wrong("scopes/query", "unsupported")
        parts.append(found[1] or "")
        kept.append({"@odata.type": QUERY_SCOPE, "query": query, "queryType": "MicrosoftGraph", "queryRoot": None})
    return tuple(parts), kept


def _schedule(given: Any) -> tuple[Recurrence, Range, dict[str, Any]]:
    if not isinstance(given, Mapping):
        raise wrong("scheduleSettings")
    if given.get("recurrence") is None:
        raise Refused(Reason.MISSING_VALUE, property="scheduleSettings/recurrence")
    recurrence, kept = read_recurrence(given["recurrence"], "scheduleSettings/recurrence")
    text = given.get("reportRange")
    if text is None:
        raise Refused(Reason.MISSING_VALUE, property="scheduleSettings/reportRange")
    found = _RANGE.fullmatch(text) if isinstance(text, str) else None
    back = Range() if found is None else Range(*(int(part or 0) for part in found.groups()))
    if back == Range():
        raise wrong("scheduleSettings/reportRange")
    return recurrence, back, {"recurrence": kept, "reportRange": str(text).upper()}


def _moment(given: Mapping[str, Any], name: str) -> datetime:
    value = given.get(name)
    if value is None:
        raise Refused(Reason.MISSING_VALUE, property=name)
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not _FIRST <= found < _OUT_OF_TIME:
        raise wrong(name)
    return found.astimezone(UTC)


def _written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _before(at: datetime, back: Range) -> datetime:
    """The same time of day so long before; a month without that day takes its last one."""
    months = at.year * 12 + at.month - 1 - back.years * 12 - back.months
    year, month = divmod(months, 12)
    if year < _FIRST.year:
        return _FIRST
    day = min(at.day, monthrange(year, month + 1)[1])
    return max(at.replace(year=year, month=month + 1, day=day) - timedelta(days=back.days), _FIRST)


def _queries(scope: Any) -> Iterable[str]:
    """Every query in a scope, those of principals and resources too."""
    if isinstance(scope, Mapping):
        if isinstance(scope.get("query"), str):
            yield scope["query"]
        for name in ("principalScopes", "resourceScopes"):
            for inner in scope.get(name) or ():
                yield from _queries(inner)
