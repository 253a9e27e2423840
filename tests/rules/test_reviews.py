"""Access reviews: how Graph's words are read, when a review comes round, and what a decision means."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.review_shapes import plain_scope, read_recipients, read_reviewers, read_scope, read_settings
from vestibule.rules.reviews import (
    Asks,
    Decision,
    Every,
    Otherwise,
    Over,
    Recommendation,
    Recurrence,
    Reviewer,
    Scope,
    State,
    denied,
    is_inactive,
    next_start,
    recommend,
    start_of,
    status,
    status_of_review,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
GROUP = "1f0b2c3d-0000-4000-8000-000000000001"
GUESTS = "microsoft.graph.user/?$count=true&$filter=(userType eq 'Guest')"


def query(text: str, **more: Any) -> dict[str, Any]:
    return {"query": text, "queryType": "MicrosoftGraph", **more}


EACH = query(f"./members/{GUESTS}")
UNIFIED = query("/groups?$filter=(groupTypes/any(c:c eq 'Unified'))&$count=true")


def of_role(role: str, whom: str, **more: Any) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.principalResourceMembershipsScope",
        "principalScopes": [query(whom, **more)],
        "resourceScopes": [query(role)],
    }


ROLE = f"/roleManagement/directory/roleDefinitions/{GROUP}"


@pytest.mark.parametrize(
    ("scope", "instances", "meant"),
    [
        (of_role(ROLE, "/users"), None, Scope(Over.ROLE, GROUP, guests_only=False)),
        (of_role(f"/v1.0{ROLE.upper()}/", "/users?$filter=(userType eq 'Guest')"), None, Scope(Over.ROLE, GROUP)),
        (
            of_role(
                ROLE,
                "/users",
                **{
                    "@odata.type": "#microsoft.graph.accessReviewInactiveUsersQueryScope",
                    "inactiveDuration": "P90D",
                },
            ),
            None,
            Scope(Over.ROLE, GROUP, guests_only=False, inactive_for=90 * DAY),
        ),
        (query(f"/groups/{GROUP}/transitiveMembers/{GUESTS}"), None, Scope(Over.GROUP, GROUP)),
        (query(f"/v1.0/groups/{GROUP.upper()}/members/{GUESTS}"), None, Scope(Over.GROUP, GROUP)),
        (query(f"/groups/{GROUP}/transitiveMembers"), None, Scope(Over.GROUP, GROUP, guests_only=False)),
        (EACH, UNIFIED, Scope(Over.EVERY_GROUP, unified_only=True)),
        (EACH, query("/groups"), Scope(Over.EVERY_GROUP)),
        (
            {"@odata.type": "#microsoft.graph.accessReviewInactiveUsersQueryScope", "inactiveDuration": "P30D", **EACH},
            UNIFIED,
            Scope(Over.EVERY_GROUP, unified_only=True, inactive_for=30 * DAY),
        ),
        (query("/users?$filter=(userType eq 'Guest')"), None, Scope(Over.EVERYBODY)),
        (
            {
                "@odata.type": "#microsoft.graph.principalResourceMembershipsScope",
                "principalScopes": [query("/users")],
                "resourceScopes": [query(f"/servicePrincipals/{GROUP}")],
            },
            None,
            Scope(Over.APP, GROUP, guests_only=False),
        ),
    ],
)
def test_whom_it_is_about(scope: Any, instances: Any, meant: Scope):
    assert read_scope(scope, instances) == meant


@pytest.mark.parametrize(
    ("scope", "instances"),
    [
        (query("/users"), None),
        (query("/users?$filter=(department eq 'Sales')"), None),
        (query(f"/groups/{GROUP}/transitiveMembers?$filter=(accountEnabled eq true)"), None),
        (query(f"/groups/{GROUP}/transitiveMembers?$filter=(userType eq 'Guest') or true"), None),
        (query("/groups/not-an-id/transitiveMembers"), None),
        (query(f"./members/{GUESTS}"), None),
        (query(f"/groups/{GROUP}/members"), UNIFIED),
        (EACH, query("/groups?$filter=(displayName eq 'x')")),
        ({**query("/users"), "queryType": "ARM"}, None),
        (
            {"@odata.type": "#microsoft.graph.accessReviewInactiveUsersQueryScope", **EACH, "inactiveDuration": "P1Y"},
            UNIFIED,
        ),
        ({"@odata.type": "#microsoft.graph.somethingElse", **EACH}, None),
        ("everybody", None),
    ],
)
def test_what_it_cannot_be_about(scope: Any, instances: Any):
    with pytest.raises(Refused) as refused:
        read_scope(scope, instances)
    assert refused.value.reason is Reason.BAD_VALUE


def test_how_a_scope_is_kept():
    inactive = {"@odata.type": "#microsoft.graph.accessReviewInactiveUsersQueryScope", "query": "/users"}
    for sent in ("P90D", "90 days, 0:00:00"):
        assert plain_scope({**inactive, "inactiveDuration": sent}) == {**inactive, "inactiveDuration": "P90D"}
    assert plain_scope(EACH) == {"@odata.type": "#microsoft.graph.accessReviewQueryScope", **EACH}
    assert plain_scope(None) is None
    with pytest.raises(Refused):
        plain_scope({**inactive, "inactiveDuration": "P0D"})


def test_who_decides():
    given_ = [
        query(f"/users/{GROUP}"),
        query(f"/groups/{GROUP}/transitiveMembers"),
        query(f"/groups/{GROUP}/owners"),
        query("./owners", queryRoot=None),
        query("./manager", queryRoot="decisions"),
        query("./sponsors", queryRoot="decisions"),
    ]
    assert read_reviewers(given_) == (
        Reviewer(Asks.USER, GROUP),
        Reviewer(Asks.GROUP_MEMBERS, GROUP),
        Reviewer(Asks.GROUP_OWNERS, GROUP),
        Reviewer(Asks.OWNERS),
        Reviewer(Asks.MANAGER),
        Reviewer(Asks.SPONSORS),
    )
    assert read_reviewers(None) == read_reviewers([]) == ()
    for wrong in ("me", [query("/me")], ["me"], [query(f"/users/{GROUP}")] * 51):
        with pytest.raises(Refused):
            read_reviewers(wrong)


def test_settings_are_kept_whole_and_read_back_the_same():
    meant, kept = read_settings({})
    assert (meant.takes, meant.otherwise, meant.blocks, meant.recurrence) == (14 * DAY, Otherwise.NONE, False, None)
    assert read_settings(kept) == (meant, kept)
    sent = {
        "defaultDecisionEnabled": True,
        "defaultDecision": "recommendation",
        "instanceDurationInDays": 3,
        "applyActions": [{"@odata.type": "microsoft.graph.disableAndDeleteUserApplyAction"}],
        "recommendationInsightSettings": [
            {
                "@odata.type": "#microsoft.graph.userLastSignInRecommendationInsightSetting",
                "recommendationLookBackDuration": "P90D",
                "signInScope": "tenant",
            }
        ],
        "recurrence": {
            "pattern": {"type": "absoluteMonthly", "interval": 3, "dayOfMonth": 31},
            "range": {"type": "numbered", "numberOfOccurrences": 4, "startDate": "2026-01-15"},
        },
    }
    meant, kept = read_settings(sent)
    assert (meant.otherwise, meant.blocks, meant.look_back) == (Otherwise.RECOMMENDATION, True, 90 * DAY)
    assert meant.recurrence == Recurrence(date(2026, 1, 15), Every.MONTH, 3, 31, None, 4)
    assert read_settings(kept) == (meant, kept)


@pytest.mark.parametrize(
    "sent",
    [
        {"instanceDurationInDays": 0},
        {"instanceDurationInDays": True},
        {"instanceDurationInDays": 181},
        {"mailNotificationsEnabled": "yes"},
        {"defaultDecision": "Perhaps"},
        {"defaultDecisionEnabled": True},
        {"applyActions": [{"@odata.type": "#microsoft.graph.fire"}]},
        {"recommendationLookBackDuration": "a month"},
        {
            "recommendationInsightSettings": [
                {"@odata.type": "#microsoft.graph.groupPeerOutlierRecommendationInsightSettings"}
            ]
        },
        {
            "recurrence": {
                "pattern": {"type": "daily", "interval": 1},
                "range": {"type": "noEnd", "startDate": "2026-01-01"},
            }
        },
        {
            "recurrence": {
                "pattern": {"type": "weekly", "interval": 0},
                "range": {"type": "noEnd", "startDate": "2026-01-01"},
            }
        },
        {"recurrence": {"pattern": None, "range": {"type": "noEnd", "startDate": "soon"}}},
        {"recurrence": {"pattern": None}},
        {"politeness": True},
    ],
)
def test_what_cannot_be_set(sent: Any):
    with pytest.raises(Refused) as refused:
        read_settings(sent)
    assert refused.value.reason is Reason.BAD_VALUE
    assert str(refused.value.facts["property"]).startswith("settings/")


def days(recurrence: Recurrence, count: int) -> list[str]:
    found = (start_of(recurrence, NOW - 400 * DAY, number) for number in range(count))
    return [one.date().isoformat() for one in found if one is not None]


def test_the_days_on_which_it_comes_round():
    assert days(Recurrence(date(2026, 3, 2), Every.WEEK, 2), 3) == ["2026-03-02", "2026-03-16", "2026-03-30"]
    assert days(Recurrence(date(2026, 1, 31), Every.MONTH), 4) == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]
    assert days(Recurrence(date(2026, 1, 15), Every.MONTH, 3, 10), 2) == ["2026-02-10", "2026-05-10"]
    assert days(Recurrence(date(2026, 1, 1), Every.MONTH, times=2), 9) == ["2026-01-01", "2026-02-01"]
    assert days(Recurrence(date(2026, 1, 1), Every.WEEK, last=date(2026, 1, 8)), 9) == ["2026-01-01", "2026-01-08"]
    assert days(Recurrence(date(2026, 5, 1)), 9) == ["2026-05-01"]
    assert days(Recurrence(date(9999, 12, 1), Every.MONTH), 9) == ["9999-12-01"]


def test_it_begins_now_or_on_its_day_and_does_not_make_up_for_what_was_before():
    assert next_start(None, NOW, 0) == (0, NOW)
    assert next_start(None, NOW, 1) is None
    today = Recurrence(NOW.date(), Every.WEEK)
    assert next_start(today, NOW, 0) == (0, NOW)
    assert next_start(today, NOW, 1) == (1, datetime(2026, 3, 9, tzinfo=UTC))
    assert next_start(Recurrence(date(2026, 1, 1), Every.MONTH), NOW, 1) == (3, datetime(2026, 4, 1, tzinfo=UTC))


@given(st.integers(1, 12), st.integers(0, 31), st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 40))
def test_months_come_in_order_and_as_far_apart_as_was_said(interval: int, day: int, first: date, number: int):
    recurrence = Recurrence(first, Every.MONTH, interval, day)
    early = datetime(2019, 1, 1, tzinfo=UTC)
    here, there = start_of(recurrence, early, number), start_of(recurrence, early, number + 1)
    assert here is not None
    assert there is not None
    assert here.date() >= first
    assert (there.year - here.year) * 12 + there.month - here.month == interval


@pytest.mark.parametrize(
    ("last", "since", "found"),
    [
        (NOW - 30 * DAY + timedelta(seconds=1), NOW - 400 * DAY, Recommendation.APPROVE),
        (NOW - 30 * DAY, NOW - 400 * DAY, Recommendation.DENY),
        (None, NOW - 30 * DAY, Recommendation.DENY),
        (None, NOW - 29 * DAY, Recommendation.NONE),
        (NOW - 31 * DAY, NOW - 29 * DAY, Recommendation.NONE),
    ],
)
def test_what_is_recommended(last: datetime | None, since: datetime, found: Recommendation):
    assert recommend(last, since, NOW, 30 * DAY) is found


def test_who_counts_as_inactive():
    assert is_inactive(None, NOW - 90 * DAY, NOW, 90 * DAY)
    assert not is_inactive(None, NOW - 89 * DAY, NOW, 90 * DAY)
    assert is_inactive(NOW - 90 * DAY, NOW - 400 * DAY, NOW, 90 * DAY)
    assert not is_inactive(NOW - 400 * DAY, NOW - 10 * DAY, NOW, 90 * DAY), "who came lately"


@pytest.mark.parametrize("otherwise", Otherwise)
@pytest.mark.parametrize("recommendation", Recommendation)
def test_who_loses_access(otherwise: Otherwise, recommendation: Recommendation):
    assert denied(Decision.DENY, recommendation, otherwise)
    assert not denied(Decision.APPROVE, recommendation, otherwise)
    assert not denied(Decision.DONT_KNOW, recommendation, otherwise)
    silent = otherwise is Otherwise.DENY or (otherwise is Otherwise.RECOMMENDATION and recommendation == "Deny")
    assert denied(Decision.NOT_REVIEWED, recommendation, otherwise) is silent


def test_status_follows_from_state_and_time():
    assert status(State.OPEN, NOW + DAY, NOW) == "InProgress"
    assert status(State.OPEN, NOW, NOW) == status(State.CLOSED, NOW, NOW) == "Completed"
    assert [status(one, NOW, NOW) for one in (State.APPLYING, State.APPLIED)] == ["Applying", "Applied"]
    assert status_of_review([], more=True) == "NotStarted"
    assert status_of_review([], more=False) == "Completed"
    assert status_of_review(["Applied"], more=True) == "InProgress"
    assert status_of_review(["Applied", "Applying"], more=False) == "Applying"
    assert status_of_review(["Applied", "Applied"], more=False) == "Applied"


# --- Who hears of the end ---------------------------------------------------------------------------------------------


def told(text: str, kind: str | None = "CompletedAdditionalRecipients") -> dict[str, Any]:
    return {"notificationTemplateType": kind, "notificationRecipientScope": query(text)}


def test_further_recipients_are_named_as_reviewers_are():
    given = [told(f"/users/{GROUP}"), told(f"/groups/{GROUP}/owners", None), told("./owners")]
    assert read_recipients(given) == (
        Reviewer(Asks.USER, GROUP),
        Reviewer(Asks.GROUP_OWNERS, GROUP),
        Reviewer(Asks.OWNERS),
    )
    assert read_recipients(None) == read_recipients([]) == ()


@pytest.mark.parametrize(
    "given",
    ["Lee", [1], [{}], [told("/users")], [told("./manager")], [told("./sponsors")], [told("./owners", "Begun")]],
)
def test_no_other_recipients(given: Any):
    with pytest.raises(Refused) as caught:
        read_recipients(given)
    assert caught.value.reason is Reason.BAD_VALUE
    assert str(caught.value.facts["property"]).startswith("additionalNotificationRecipients")
