"""Stages of access reviews: how Graph's words are read, which decisions move on, and when a stage is over."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.review_stages import (
    Moves,
    StageSettings,
    insist_on_time,
    is_over,
    moves_on,
    read_stage,
    read_stages,
    status,
    times,
)
from vestibule.rules.reviews import Asks, Decision, Every, Recommendation, Recurrence, Reviewer, State, is_last

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
USER = "1f0b2c3d-0000-4000-8000-000000000001"
ME = {"query": f"/users/{USER}", "queryType": "MicrosoftGraph"}
FIRST = {"stageId": "1", "durationInDays": 3, "reviewers": [ME]}
SECOND = {"stageId": "2", "dependsOn": ["1"], "durationInDays": 4}
THIRD = {"stageId": "3", "dependsOn": ["2"], "durationInDays": 5}
DECISIONS, RECOMMENDATIONS = st.sampled_from(Decision), st.sampled_from(Recommendation)
SUBSETS = st.frozensets(st.sampled_from(Moves), min_size=1)


def test_stages_are_kept_whole_and_read_back_the_same():
    sent = {
        **FIRST,
        "@odata.type": "#microsoft.graph.accessReviewStageSettings",
        "dependsOn": None,
        "fallbackReviewers": [ME],
        "recommendationsEnabled": True,
        "recommendationInsightSettings": [
            {
                "@odata.type": "#microsoft.graph.userLastSignInRecommendationInsightSetting",
                "recommendationLookBackDuration": "P90D",
            }
        ],
        "decisionsThatWillMoveToNextStage": ["notreviewed", "Approve", "Approve"],
    }
    meant, kept = read_stages([sent, SECOND, THIRD])
    me = (Reviewer(Asks.USER, USER),)
    assert meant == (
        StageSettings(
            "1",
            3 * DAY,
            me,
            me,
            recommends=True,
            look_back=90 * DAY,
            moves=frozenset({Moves.APPROVE, Moves.NOT_REVIEWED}),
        ),
        StageSettings("2", 4 * DAY, ()),
        StageSettings("3", 5 * DAY, ()),
    )
    assert kept[1] == {
        "stageId": "2",
        "dependsOn": ["1"],
        "durationInDays": 4,
        "reviewers": [],
        "fallbackReviewers": [],
        "recommendationInsightSettings": [],
        "recommendationsEnabled": False,
        "decisionsThatWillMoveToNextStage": [],
    }
    assert kept[0]["decisionsThatWillMoveToNextStage"] == ["NotReviewed", "Approve"]
    assert read_stages(kept) == (meant, kept)
    assert tuple(read_stage(one) for one in kept) == meant
    assert read_stages(None) == read_stages([]) == ((), [])


@pytest.mark.parametrize(
    ("stages", "reason", "name"),
    [
        ("1", Reason.BAD_VALUE, "stageSettings"),
        (["1"], Reason.BAD_VALUE, "stageSettings"),
        (
            [FIRST, SECOND, THIRD, {"stageId": "4", "dependsOn": ["3"], "durationInDays": 1}],
            Reason.BAD_VALUE,
            "stageSettings",
        ),
        ([{**FIRST, "stageId": None}], Reason.MISSING_VALUE, "stageSettings/stageId"),
        ([{**FIRST, "stageId": ""}], Reason.MISSING_VALUE, "stageSettings/stageId"),
        ([{**FIRST, "stageId": 1}], Reason.BAD_VALUE, "stageSettings/stageId"),
        ([{**FIRST, "stageId": "x" * 65}], Reason.BAD_VALUE, "stageSettings/stageId"),
        ([FIRST, {**SECOND, "stageId": "1"}], Reason.BAD_VALUE, "stageSettings/stageId"),
        ([{**FIRST, "dependsOn": ["0"]}], Reason.BAD_VALUE, "stageSettings/dependsOn"),
        ([FIRST, {**SECOND, "dependsOn": []}], Reason.BAD_VALUE, "stageSettings/dependsOn"),
        ([FIRST, {**SECOND, "dependsOn": "1"}], Reason.BAD_VALUE, "stageSettings/dependsOn"),
        ([FIRST, SECOND, {**THIRD, "dependsOn": ["1"]}], Reason.BAD_VALUE, "stageSettings/dependsOn"),
        ([FIRST, SECOND, {**THIRD, "dependsOn": ["1", "2"]}], Reason.BAD_VALUE, "stageSettings/dependsOn"),
        ([SECOND, FIRST], Reason.BAD_VALUE, "stageSettings/dependsOn"),
        ([{**FIRST, "durationInDays": None}], Reason.MISSING_VALUE, "stageSettings/durationInDays"),
        ([{**FIRST, "durationInDays": 0}], Reason.BAD_VALUE, "stageSettings/durationInDays"),
        ([{**FIRST, "durationInDays": True}], Reason.BAD_VALUE, "stageSettings/durationInDays"),
        ([{**FIRST, "durationInDays": "3"}], Reason.BAD_VALUE, "stageSettings/durationInDays"),
        ([{**FIRST, "durationInDays": 177}, SECOND], Reason.BAD_VALUE, "stageSettings/durationInDays"),
        ([{**FIRST, "reviewers": "me"}], Reason.BAD_VALUE, "stageSettings/reviewers"),
        ([{**FIRST, "fallbackReviewers": ["me"]}], Reason.BAD_VALUE, "stageSettings/fallbackReviewers"),
        ([{**FIRST, "recommendationsEnabled": "yes"}], Reason.BAD_VALUE, "stageSettings/recommendationsEnabled"),
        (
            [{**FIRST, "recommendationInsightSettings": [{"@odata.type": "#microsoft.graph.other"}]}],
            Reason.BAD_VALUE,
            "stageSettings/recommendationInsightSettings",
        ),
        (
            [{**FIRST, "decisionsThatWillMoveToNextStage": ["Maybe"]}],
            Reason.BAD_VALUE,
            "stageSettings/decisionsThatWillMoveToNextStage",
        ),
        (
            [{**FIRST, "decisionsThatWillMoveToNextStage": "Deny"}],
            Reason.BAD_VALUE,
            "stageSettings/decisionsThatWillMoveToNextStage",
        ),
        ([{**FIRST, "colour": "red"}], Reason.BAD_VALUE, "stageSettings/colour"),
    ],
)
def test_what_is_wrong_is_named(stages: Any, reason: Reason, name: str):
    with pytest.raises(Refused) as refused:
        read_stages(stages)
    assert (refused.value.reason, refused.value.facts["property"]) == (reason, name)
    assert len(read_stages([FIRST, SECOND, THIRD])[0]) == 3, "else nothing is wrong with them"


@pytest.mark.parametrize(
    ("recurrence", "longest"),
    [
        (Recurrence(date(2026, 3, 2), Every.WEEK), 7),
        (Recurrence(date(2026, 3, 2), Every.WEEK, 2), 14),
        (Recurrence(date(2026, 3, 2), Every.MONTH), 28),
        (Recurrence(date(2026, 3, 2), Every.MONTH, 3), 84),
        (Recurrence(date(2026, 3, 2)), 180),
        (None, 180),
    ],
)
def test_stages_take_no_longer_than_it_takes_to_come_round(recurrence: Recurrence | None, longest: int):
    def stages(days: int) -> tuple[StageSettings, ...]:
        return read_stages([{**FIRST, "durationInDays": 1}, {**SECOND, "durationInDays": days - 1}])[0]

    insist_on_time(stages(longest), recurrence)
    with pytest.raises(Refused) as refused:
        insist_on_time(stages(longest + 1), recurrence)
    assert refused.value.facts["property"] == "stageSettings/durationInDays"


# --- Who moves on -----------------------------------------------------------------------------------------------------


@given(DECISIONS, RECOMMENDATIONS)
def test_everybody_moves_on_when_the_stage_does_not_say_who(decision: Decision, recommendation: Recommendation):
    assert moves_on(decision, recommendation, None)


@given(DECISIONS, RECOMMENDATIONS, SUBSETS)
def test_who_moves_on_is_whom_the_stage_names(
    decision: Decision, recommendation: Recommendation, moves: frozenset[Moves]
):
    named = {
        Decision.APPROVE: {Moves.APPROVE},
        Decision.DENY: {Moves.DENY},
        Decision.DONT_KNOW: {Moves.DONT_KNOW},
        Decision.NOT_REVIEWED: {Moves.NOT_REVIEWED}
        | (set() if recommendation is Recommendation.NONE else {Moves.RECOMMENDATION}),
    }[decision]
    assert moves_on(decision, recommendation, moves) == bool(named & moves)


@given(DECISIONS, RECOMMENDATIONS, SUBSETS, SUBSETS)
def test_to_name_more_never_leaves_somebody_behind(
    decision: Decision, recommendation: Recommendation, some: frozenset[Moves], more: frozenset[Moves]
):
    if moves_on(decision, recommendation, some):
        assert moves_on(decision, recommendation, some | more)


@given(DECISIONS, RECOMMENDATIONS, SUBSETS)
def test_whoever_moves_on_is_named_alone_as_well(
    decision: Decision, recommendation: Recommendation, moves: frozenset[Moves]
):
    alone = any(moves_on(decision, recommendation, frozenset({one})) for one in moves)
    assert moves_on(decision, recommendation, moves) == alone


# --- When -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 60), min_size=1, max_size=3))
def test_one_begins_when_the_one_before_is_over(days: list[int]):
    found = times(NOW, [one * DAY for one in days])
    assert found[0][0] == NOW
    assert found[-1][1] == NOW + sum(days) * DAY
    assert [ends - starts for starts, ends in found] == [one * DAY for one in days]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(found))


@given(st.sampled_from(State), st.integers(0, 2), st.integers(0, 2), st.integers(0, 12))
def test_decisions_are_taken_in_one_stage_at_most(state: State, at_step: int, step: int, days: int):
    """Three stages of four days each: what is in progress, and what is over."""
    now, stage_ends, ends = NOW + days * DAY, NOW + 4 * (step + 1) * DAY, NOW + 12 * DAY
    of: dict[str, Any] = {"stage_ends": stage_ends, "ends": ends, "now": now}
    said, over = status(state, at_step, step, **of), is_over(state, at_step, step, **of)
    if said == "InProgress":
        assert (step, state, over) == (at_step, State.OPEN, False)
        assert now < min(stage_ends, ends)
    if step < at_step:
        assert (said, over) == ("Completed", True)
    if step > at_step:
        assert said == "NotStarted"
    assert over or state is State.OPEN


@pytest.mark.parametrize(
    ("state", "until", "last"),
    [
        (State.OPEN, 3, False),
        (State.OPEN, 7, True),
        (State.CLOSED, 3, True),
        (State.APPLYING, 3, True),
        (State.APPLIED, 3, True),
    ],
)
def test_whether_nobody_is_asked_any_more(state: State, until: int, last: bool):
    assert is_last(state, NOW + until * DAY, NOW + 7 * DAY) is last
