"""Histories of access reviews: how Graph's words are read, which reviews and decisions they are about, and when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.review_histories import (
    Meaning,
    Outcome,
    Range,
    is_about,
    is_in,
    next_run,
    outcome,
    period,
    read_history,
    status,
)
from vestibule.rules.reviews import Decision, Every, Recurrence

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
AT = "/identityGovernance/accessReviews/definitions"
ALL = [{"query": AT, "queryType": "MicrosoftGraph"}]
ONCE = {
    "scopes": ALL,
    "reviewHistoryPeriodStartDateTime": "2026-01-01T00:00:00Z",
    "reviewHistoryPeriodEndDateTime": "2026-02-01T01:00:00.1234567+01:00",
}
MONTHLY = {
    "recurrence": {
        "pattern": {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 1},
        "range": {"type": "noEnd", "startDate": "2026-04-01"},
    },
    "reportRange": "P1M",
}


def meant(**given: Any) -> Meaning:
    return read_history({**ONCE, **given})[0]


def wrong(given: Any) -> tuple[Reason, Any]:
    with pytest.raises(Refused) as caught:
        read_history(given)
    return caught.value.reason, caught.value.facts.get("property")


def test_one_period_with_every_decision():
    found, kept = read_history(ONCE)
    assert found == Meaning(
        frozenset(Outcome),
        ("",),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 2, 1, 0, 0, 0, 123456, tzinfo=UTC),
        None,
        None,
    )
    assert kept["decisions"] == ["approve", "deny", "dontKnow", "notReviewed", "notNotified"]
    assert kept["reviewHistoryPeriodEndDateTime"] == "2026-02-01T00:00:00.123456Z"
    assert read_history(kept) == (found, kept), "what is kept is read as it was"


def test_a_schedule():
    found, kept = read_history({"scopes": ALL, "scheduleSettings": MONTHLY})
    assert (found.starts, found.ends) == (None, None)
    assert found.recurrence == Recurrence(date(2026, 4, 1), Every.MONTH, 1, 1)
    assert found.back == Range(months=1)
    assert read_history(kept) == (found, kept)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, (Reason.MISSING_VALUE, "scopes")),
        ({**ONCE, "scopes": []}, (Reason.MISSING_VALUE, "scopes")),
        ({**ONCE, "scopes": [1]}, (Reason.BAD_VALUE, "scopes")),
        ({**ONCE, "scopes": [{"query": "/groups"}]}, (Reason.BAD_VALUE, "scopes/query")),
        ({**ONCE, "scopes": [{"query": f"{AT}?$filter=status eq 'x'"}]}, (Reason.BAD_VALUE, "scopes/query")),
        ({**ONCE, "scopes": ALL * 21}, (Reason.BAD_VALUE, "scopes")),
        ({**ONCE, "decisions": ["perhaps"]}, (Reason.BAD_VALUE, "decisions")),
        ({**ONCE, "decisions": "approve"}, (Reason.BAD_VALUE, "decisions")),
        ({"scopes": ALL}, (Reason.MISSING_VALUE, "reviewHistoryPeriodStartDateTime")),
        ({**ONCE, "reviewHistoryPeriodStartDateTime": "soon"}, (Reason.BAD_VALUE, "reviewHistoryPeriodStartDateTime")),
        (
            {**ONCE, "reviewHistoryPeriodStartDateTime": "2026-01-01T00:00:00"},
            (Reason.BAD_VALUE, "reviewHistoryPeriodStartDateTime"),
        ),
        (
            {**ONCE, "reviewHistoryPeriodEndDateTime": "2026-01-01T00:00:00Z"},
            (Reason.BAD_VALUE, "reviewHistoryPeriodEndDateTime"),
        ),
        ({**ONCE, "scheduleSettings": MONTHLY}, (Reason.BAD_VALUE, "reviewHistoryPeriodStartDateTime")),
        ({"scopes": ALL, "scheduleSettings": {}}, (Reason.MISSING_VALUE, "scheduleSettings/recurrence")),
        (
            {"scopes": ALL, "scheduleSettings": {**MONTHLY, "reportRange": None}},
            (Reason.MISSING_VALUE, "scheduleSettings/reportRange"),
        ),
        (
            {"scopes": ALL, "scheduleSettings": {**MONTHLY, "reportRange": "PT5H"}},
            (Reason.BAD_VALUE, "scheduleSettings/reportRange"),
        ),
        (
            {"scopes": ALL, "scheduleSettings": {**MONTHLY, "reportRange": "P0D"}},
            (Reason.BAD_VALUE, "scheduleSettings/reportRange"),
        ),
        (
            {
                "scopes": ALL,
                "scheduleSettings": {"recurrence": {"range": {"startDate": "2026-01-01"}}, "reportRange": "P1M"},
            },
            (Reason.BAD_VALUE, "scheduleSettings/recurrence"),
        ),
        (
            {
                "scopes": ALL,
                "scheduleSettings": {"recurrence": {"range": {"startDate": "today"}}, "reportRange": "P1M"},
            },
            (Reason.BAD_VALUE, "scheduleSettings/recurrence/range/startDate"),
        ),
    ],
)
def test_what_is_wrong_is_named(given: dict[str, Any], why: tuple[Reason, str]):
    assert wrong(given) == why


@pytest.mark.parametrize(
    ("query", "scope", "about"),
    [
        (AT, {"query": "/groups/1/members"}, True),
        (f"{AT}?$filter=contains(scope/query, '/GROUPS')", {"query": "/groups/1/members"}, True),
        (f"{AT}?$filter=contains(scope/query, '/groups')", {"query": "./members"}, False),
        (
            f"{AT}?$filter=contains(scope/microsoft.graph.accessReviewQueryScope/query,'roleDefinitions')",
            {"principalScopes": [{"query": "/users"}], "resourceScopes": [{"query": "/x/roleDefinitions/1"}]},
            True,
        ),
        (f"{AT}?$filter=(contains(scope/query, 'accessPackage'))", {"query": "/users"}, False),
        (f"{AT}?$filter=contains(scope/query, '/groups')", None, False),
    ],
)
def test_which_reviews_it_is_about(query: str, scope: Any, about: bool):
    assert is_about(meant(scopes=[{"query": query}]), scope) is about


def test_one_period_is_made_at_once_or_when_it_has_ended():
    assert next_run(meant(), NOW, 0) == (0, NOW)
    later = NOW + timedelta(days=3)
    assert next_run(meant(reviewHistoryPeriodEndDateTime=later.isoformat()), NOW, 0) == (0, later)
    assert next_run(meant(), NOW, 1) is None


@pytest.mark.parametrize(
    ("back", "at", "since"),
    [
        ("P1M", datetime(2026, 3, 31, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)),
        ("P1Y2M3D", datetime(2026, 3, 15, tzinfo=UTC), datetime(2025, 1, 12, tzinfo=UTC)),
        ("p30d", datetime(2026, 3, 31, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        ("P99Y", datetime(2026, 3, 31, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_run_of_a_schedule_looks_back(back: str, at: datetime, since: datetime):
    found, _ = read_history({"scopes": ALL, "scheduleSettings": {**MONTHLY, "reportRange": back}})
    assert period(found, at) == (since, at)


def test_an_instance_is_in_a_period_that_holds_all_of_it():
    within = (NOW, NOW + timedelta(days=10))
    assert is_in(*within, within)
    assert not is_in(NOW - timedelta(seconds=1), NOW, within)
    assert not is_in(NOW, within[1] + timedelta(seconds=1), within)


def test_what_a_decision_is_called():
    assert outcome(Decision.DENY, notified=False) is Outcome.DENY
    assert outcome(Decision.APPROVE, notified=True) is Outcome.APPROVE
    assert outcome(Decision.DONT_KNOW, notified=True) is Outcome.DONT_KNOW
    assert outcome(Decision.NOT_REVIEWED, notified=True) is Outcome.NOT_REVIEWED
    assert outcome(Decision.NOT_REVIEWED, notified=False) is Outcome.NOT_NOTIFIED


def test_how_far_it_is():
    assert [status(0, more=True), status(1, more=True), status(1, more=False)] == ["requested", "inProgress", "done"]
