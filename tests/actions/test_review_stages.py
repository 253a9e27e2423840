"""Access reviews in stages: who is asked when, who moves on, what is final, and that nobody decides in two at once."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.actions.test_reviews import (
    decide,
    decisions,
    instances,
    letters,
    make,
    of_group,
    push,
    readers,
    refused,
    user,
)
from tests.faults.pausing import pausing_at_keys
from tests.support import world
from tests.support.houses import START, postgres_house
from tests.support.postgres import PostgresServer
from tests.support.world import Place
from vestibule.actions import applying, deciding, due, erasing, review_stages, reviewing
from vestibule.actions.deciding import Where, decisions_of, shown_of_earlier
from vestibule.actions.house import House
from vestibule.actions.removing import remove
from vestibule.actions.review_stages import WhichStage
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.reviews import Decision
from vestibule.store import holdings, review_decisions, reviews, sponsors
from vestibule.store.memberships import Membership
from vestibule.store.review_decisions import Earlier
from vestibule.store.reviews import Instance, Review, Stage
from vestibule.store.unit import Unit

DAY = timedelta(days=1)
ADELE, ALEX = "adele@elsewhere.example", "alex@elsewhere.example"
APPROVE, DENY, UNKNOWN = Decision.APPROVE, Decision.DENY, Decision.DONT_KNOW


def stage(number: int, days: int, *reviewers: Any, moves: Any = (), **more: Any) -> dict[str, Any]:
    return {
        "stageId": str(number),
        "dependsOn": [str(number - 1)] if number > 1 else [],
        "durationInDays": days,
        "reviewers": list(reviewers),
        "decisionsThatWillMoveToNextStage": list(moves),
        **more,
    }


async def staged(place: Place, people: list[Membership], *stages: Any, **settings: Any) -> tuple[Review, Instance]:
    """A review in stages of the guests of a group has begun."""
    group = await readers(place, *people)
    more = {"stageSettings": list(stages)}
    review = await make(place, of_group(group), more=more, **settings)
    await due.run_due(place.house)
    [instance] = await instances(place, review)
    return review, instance


async def again(place: Place, review: Review) -> Instance:
    [instance] = await instances(place, review)
    return instance


async def stages(place: Place, instance: Instance) -> list[Stage]:
    return await reviews.stages_of(await place.house.store.read(), place.id, instance.instance_id)


async def earlier(place: Place, instance: Instance) -> list[Earlier]:
    return await review_decisions.earlier_in(await place.house.store.read(), place.id, instance.instance_id)


async def which(place: Place, instance: Instance, step: int) -> WhichStage:
    one = (await stages(place, instance))[step]
    return WhichStage(place.id, instance.review_id, instance.instance_id, one.stage_id)


async def stop(place: Place, instance: Instance, step: int, *, by: Actor | None = None) -> None:
    await review_stages.stop_stage(place.house, await which(place, instance, step), by=by or place.admin)


async def done(place: Place) -> list[str]:
    """The types of the events of what was done, not of what was refused."""
    return [told.type for told in await world.events(place) if told.reason is None]


async def statuses(place: Place, instance: Instance) -> list[str]:
    reading = await place.house.store.read()
    return [review_stages.status(instance, one, reading.now) for one in await stages(place, instance)]


@pytest.fixture
async def adele(contoso: Place) -> Membership:
    return await world.guest(contoso, ADELE, "Adele Vance")


@pytest.fixture
async def alex(contoso: Place) -> Membership:
    return await world.guest(contoso, ALEX, "Alex Wilber")


async def test_who_is_kept_is_asked_about_anew_and_the_last_decision_is_applied(
    house: House, contoso: Place, sam: Membership, robin: Membership, adele: Membership, alex: Membership
):
    review, instance = await staged(
        contoso,
        [sam, robin],
        stage(1, 3, user(adele), moves=["Approve"]),
        stage(2, 4, user(alex)),
        autoApplyDecisionsEnabled=True,
        mailNotificationsEnabled=True,
    )
    assert review.definition["settings"]["instanceDurationInDays"] == 7
    assert (instance.until, instance.ends_at) == (START + 3 * DAY, START + 7 * DAY)
    assert await statuses(contoso, instance) == ["InProgress", "NotStarted"]
    assert await letters(house) == [("reviewAsked", ADELE)]
    await refused(decide(contoso, instance, sam, APPROVE, world.at_portal(alex)), Reason.NOT_ALLOWED)
    await decide(contoso, instance, sam, APPROVE, world.at_portal(adele), "works with us")
    await decide(contoso, instance, robin, DENY, world.at_portal(adele), "left")
    end = push(house, days=3)
    await refused(decide(contoso, instance, sam, DENY, world.at_portal(adele)), Reason.WRONG_STAGE)
    assert [(one.at, one.verb.value) for one in await due.run_due(house)] == [(end, "stopAccessReview")]
    second = await again(contoso, review)
    assert await statuses(contoso, second) == ["Completed", "InProgress"]
    assert await letters(house) == sorted([("reviewAsked", ADELE), ("reviewAsked", ALEX)])
    found = await decisions(contoso, second)
    assert {who: (one.decision, one.step) for who, one in found.items()} == {
        sam.user_id: ("NotReviewed", 1),
        robin.user_id: ("Deny", 0),
    }
    [before] = await earlier(contoso, second)
    assert (before.user_id, before.decision, before.justification, before.reviewed_by, before.reviewed_at) == (
        sam.user_id,
        "Approve",
        "works with us",
        adele.user_id,
        START,
    )
    await refused(decide(contoso, second, sam, DENY, world.at_portal(adele)), Reason.WRONG_STAGE)
    await refused(decide(contoso, second, robin, APPROVE, world.at_portal(alex)), Reason.WRONG_STAGE)
    await decide(contoso, second, sam, DENY, world.at_portal(alex), "not any more")
    push(house, days=4)
    did = [one.verb.value for one in await due.run_due(house)]
    assert did == ["stopAccessReview", "removeMember", "removeMember", "applyAccessReview"]
    assert (await again(contoso, review)).state == "applied"
    for who in (sam, robin):
        assert await holdings.IN_GROUPS.of_user(await house.store.read(), contoso.id, who.user_id) == []
    types = await done(contoso)
    assert (types.count("review.endStage"), types.count("review.end")) == (1, 1)


async def test_who_nobody_decided_about_in_the_last_stage_is_what_the_review_says_otherwise(
    house: House, contoso: Place, sam: Membership, adele: Membership, alex: Membership
):
    _, instance = await staged(
        contoso,
        [sam],
        stage(1, 1, user(adele)),
        stage(2, 1, user(alex)),
        autoApplyDecisionsEnabled=True,
        defaultDecisionEnabled=True,
        defaultDecision="Deny",
    )
    await decide(contoso, instance, sam, APPROVE, world.at_portal(adele), "works with us")
    push(house, days=2)
    assert "removeMember" in [one.verb.value for one in await due.run_due(house)]


async def test_when_nobody_moves_on_the_instance_ends_there(
    house: House, contoso: Place, sam: Membership, adele: Membership, alex: Membership
):
    review, instance = await staged(
        contoso, [sam], stage(1, 3, user(adele), moves=["Approve"]), stage(2, 4, user(alex))
    )
    await decide(contoso, instance, sam, DENY, world.at_portal(adele))
    end = push(house, days=3)
    await due.run_due(house)
    after = await again(contoso, review)
    assert (after.state, after.ends_at, after.step) == ("closed", end, 0)
    assert await statuses(contoso, after) == ["Completed", "NotStarted"]
    assert await earlier(contoso, after) == []
    assert await due.run_due(house) == []


async def test_three_stages_of_a_big_jump_are_done_in_their_order_each_at_its_time(
    house: House, contoso: Place, sam: Membership, adele: Membership, alex: Membership
):
    review, _ = await staged(
        contoso,
        [sam],
        stage(1, 2, user(adele)),
        stage(2, 4, user(alex)),
        stage(3, 2),
        reminderNotificationsEnabled=True,
    )
    push(house, days=100)
    did = [(one.at - START, one.verb.value) for one in await due.run_due(house)]
    assert did == [
        (1 * DAY, "remindReviewers"),
        (2 * DAY, "stopAccessReview"),
        (4 * DAY, "remindReviewers"),
        (6 * DAY, "stopAccessReview"),
        (7 * DAY, "remindReviewers"),
        (8 * DAY, "stopAccessReview"),
    ]
    assert await letters(house) == sorted(
        [("reviewReminder", ADELE), ("reviewReminder", ALEX), ("reviewReminder", "sam@elsewhere.example")]
    )
    after = await again(contoso, review)
    assert (after.state, after.step) == ("closed", 2)
    spans = [(one.starts_at - START, one.ends_at - START) for one in await stages(contoso, after)]
    assert spans == [(0 * DAY, 2 * DAY), (2 * DAY, 6 * DAY), (6 * DAY, 8 * DAY)]


async def test_a_stopped_stage_lets_the_next_ones_begin_earlier(
    house: House, contoso: Place, sam: Membership, adele: Membership, alex: Membership
):
    review, instance = await staged(contoso, [sam], stage(1, 3, user(adele)), stage(2, 4, user(alex)))
    await refused(stop(contoso, instance, 0, by=world.at_portal(adele)), Reason.NOT_ALLOWED)
    await refused(stop(contoso, instance, 1), Reason.WRONG_STAGE)
    at = push(house, days=1)
    await stop(contoso, instance, 0)
    second = await again(contoso, review)
    assert [(one.starts_at, one.ends_at) for one in await stages(contoso, second)] == [
        (START, at),
        (at, at + 4 * DAY),
    ]
    assert (second.until, second.ends_at, second.state) == (at + 4 * DAY, at + 4 * DAY, "open")
    await refused(stop(contoso, instance, 0), Reason.WRONG_STAGE)
    await stop(contoso, instance, 1)
    after = await again(contoso, review)
    assert (after.state, after.ends_at) == ("closed", at)
    await refused(stop(contoso, instance, 1), Reason.WRONG_STAGE)
    types = await done(contoso)
    assert (types.count("review.endStage"), types.count("review.end")) == (1, 1)


async def test_a_stopped_instance_goes_to_no_further_stage(
    house: House, contoso: Place, sam: Membership, adele: Membership, alex: Membership
):
    review, instance = await staged(contoso, [sam], stage(1, 3, user(adele)), stage(2, 4, user(alex)))
    of: dict[str, Any] = {"tenant_id": contoso.id, "review_id": review.review_id, "by": contoso.admin}
    await reviewing.stop_instance(house, instance_id=instance.instance_id, **of)
    after = await again(contoso, review)
    assert await statuses(contoso, after) == ["Completed", "NotStarted"]
    push(house, days=30)
    assert await due.run_due(house) == []
    await applying.apply_decisions(house, instance_id=instance.instance_id, **of)


async def test_nothing_is_applied_while_the_last_stage_has_not_been(
    house: House, contoso: Place, sam: Membership, adele: Membership, alex: Membership
):
    """However late the worker: everything's time may be over before it has let the second stage begin."""
    _, instance = await staged(contoso, [sam], stage(1, 3, user(adele)), stage(2, 4, user(alex)))
    push(house, days=8)
    of: dict[str, Any] = {"tenant_id": contoso.id, "review_id": instance.review_id, "by": contoso.admin}
    await refused(applying.apply_decisions(house, instance_id=instance.instance_id, **of), Reason.WRONG_STAGE)
    await due.run_due(house)
    await applying.apply_decisions(house, instance_id=instance.instance_id, **of)


async def test_what_is_meant_for_one_stage_does_not_count_in_the_next(
    house: House, contoso: Place, sam: Membership, adele: Membership
):
    """The same person is asked in both, and had the page open when the first one ended."""
    _, instance = await staged(contoso, [sam], stage(1, 3, user(adele)), stage(2, 4, user(adele)))
    first = await which(contoso, instance, 0)
    where = Where(first.tenant_id, first.review_id, first.instance_id, first.stage_id)
    decision_id = (await decisions(contoso, instance))[sam.user_id].decision_id
    of: dict[str, Any] = {"justification": None, "by": world.at_portal(adele)}
    await deciding.decide(house, where, decision_id, decision=DENY, **of)
    await stop(contoso, instance, 0)
    await refused(deciding.decide(house, where, decision_id, decision=DENY, **of), Reason.WRONG_STAGE)
    await refused(deciding.decide_all(house, where, decision=DENY, **of), Reason.WRONG_STAGE)
    await refused(deciding.accept_recommendations(house, where, by=of["by"]), Reason.WRONG_STAGE)
    nowhere = Where(first.tenant_id, first.review_id, first.instance_id, house.chance.guid())
    await refused(deciding.decide(house, nowhere, decision_id, decision=DENY, **of), Reason.NOT_FOUND)
    assert (await decisions(contoso, instance))[sam.user_id].decision == "NotReviewed"


async def test_everybody_and_as_recommended_are_about_the_stage_alone(
    house: House, contoso: Place, sam: Membership, robin: Membership, adele: Membership, alex: Membership
):
    push(house, days=60)  # neither has ever signed in
    look_back = [
        {
            "@odata.type": "#microsoft.graph.userLastSignInRecommendationInsightSetting",
            "recommendationLookBackDuration": "P70D",
        }
    ]
    review, instance = await staged(
        contoso,
        [sam, robin],
        stage(1, 3, user(adele), moves=["NotReviewed"], recommendationsEnabled=False),
        stage(2, 15, user(alex), recommendationsEnabled=True, recommendationInsightSettings=look_back),
        stage(3, 3, user(alex), recommendationsEnabled=True),
        recommendationsEnabled=True,
        recommendationLookBackDuration="P7D",
    )
    where = Where(contoso.id, instance.review_id, instance.instance_id)
    assert {one.recommendation for one in (await decisions(contoso, instance)).values()} == {"NoInfoAvailable"}
    await decide(contoso, instance, sam, APPROVE, world.at_portal(adele), "works with us")
    await stop(contoso, instance, 0)
    found = await decisions(contoso, instance)
    assert found[robin.user_id].recommendation == "NoInfoAvailable", "she came in the last 70 days"
    push(house, days=15)
    await due.run_due(house)
    found = await decisions(contoso, await again(contoso, review))
    assert (found[robin.user_id].recommendation, found[robin.user_id].step) == ("Deny", 2)
    assert await deciding.accept_recommendations(house, where, by=world.at_portal(alex)) == 1
    assert await deciding.decide_all(house, where, decision=UNKNOWN, justification=None, by=contoso.admin) == 1
    assert await deciding.reset_decisions(house, where, by=contoso.admin) == 1
    found = await decisions(contoso, instance)
    assert (found[sam.user_id].decision, found[robin.user_id].decision) == ("Approve", "NotReviewed")


async def test_people_are_asked_about_in_each_stage_by_whoever_knows_them(
    house: House, contoso: Place, sam: Membership, robin: Membership, adele: Membership, alex: Membership
):
    async def stands_for(unit: Unit) -> None:
        sponsors.insert(unit, contoso.id, sam.user_id, adele.user_id)

    await house.store.change(stands_for)
    _, instance = await staged(
        contoso,
        [sam, robin],
        stage(1, 3),
        stage(2, 3, {"query": "./sponsors", "queryType": "MicrosoftGraph"}, fallbackReviewers=[user(alex)]),
    )
    await decide(contoso, instance, sam, APPROVE, world.at_portal(sam), "I do")
    await refused(decide(contoso, instance, robin, APPROVE, world.at_portal(sam)), Reason.NOT_FOUND)
    await stop(contoso, instance, 0)
    await refused(decide(contoso, instance, sam, APPROVE, world.at_portal(sam)), Reason.WRONG_STAGE)
    await refused(decide(contoso, instance, robin, DENY, world.at_portal(adele)), Reason.NOT_FOUND)
    await decide(contoso, instance, sam, APPROVE, world.at_portal(adele))
    await decide(contoso, instance, robin, DENY, world.at_portal(alex))


async def test_who_has_gone_meanwhile_does_not_move_on(
    house: House, contoso: Place, sam: Membership, robin: Membership, adele: Membership, alex: Membership
):
    review, instance = await staged(contoso, [sam, robin], stage(1, 3, user(adele)), stage(2, 4, user(alex)))
    await remove(house, tenant_id=contoso.id, user_id=sam.user_id, by=contoso.admin)
    await stop(contoso, instance, 0)
    assert {who: one.step for who, one in (await decisions(contoso, instance)).items()} == {
        sam.user_id: 0,
        robin.user_id: 1,
    }
    await remove(house, tenant_id=contoso.id, user_id=robin.user_id, by=contoso.admin)
    await stop(contoso, instance, 1)
    assert (await again(contoso, review)).state == "closed"


async def test_others_are_asked_in_a_stage_that_is_not_over(
    house: House, contoso: Place, sam: Membership, adele: Membership, alex: Membership
):
    review, instance = await staged(
        contoso, [sam], stage(1, 3, user(adele)), stage(2, 4, user(adele)), mailNotificationsEnabled=True
    )
    first, second = await which(contoso, instance, 0), await which(contoso, instance, 1)
    both = {"reviewers": [user(alex), user(adele)]}
    await refused(review_stages.update_stage(house, first, both, by=world.at_portal(adele)), Reason.NOT_ALLOWED)
    for wrong in ({"reviewers": "me"}, {"fallbackReviewers": [{"query": "/me"}]}, {"durationInDays": 3}):
        await refused(review_stages.update_stage(house, first, wrong, by=contoso.admin), Reason.BAD_VALUE)
    before = await review_stages.update_stage(house, first, {}, by=contoso.admin)
    await review_stages.update_stage(house, first, {"reviewers": [user(adele)]}, by=contoso.admin)
    events = await done(contoso)
    assert "review.update" not in events, "nothing changed"
    await review_stages.update_stage(house, first, both, by=contoso.admin)
    assert await letters(house) == sorted([("reviewAsked", ADELE), ("reviewAsked", ALEX)])
    await review_stages.update_stage(house, first, {"reviewers": [user(alex)]}, by=contoso.admin)
    await refused(decide(contoso, instance, sam, APPROVE, world.at_portal(adele)), Reason.NOT_ALLOWED)
    await decide(contoso, instance, sam, APPROVE, world.at_portal(alex))
    await review_stages.update_stage(house, second, {"reviewers": []}, by=contoso.admin)
    assert len(await letters(house)) == 2, "nobody is asked in it yet"
    await stop(contoso, instance, 0)
    await decide(contoso, instance, sam, APPROVE, world.at_portal(sam))
    await refused(review_stages.update_stage(house, first, both, by=contoso.admin), Reason.WRONG_STAGE)
    assert (await stages(contoso, instance))[0].setting["reviewers"] == [user(alex)]
    assert before.setting["reviewers"] == [user(adele)]
    assert review.definition["stageSettings"][1]["reviewers"] == [user(adele)], "the next instance asks as before"


async def test_what_is_open_goes_on_in_the_stages_with_which_it_began(
    house: House, contoso: Place, sam: Membership, adele: Membership, alex: Membership
):
    review, instance = await staged(contoso, [sam], stage(1, 3, user(adele)), stage(2, 4, user(alex)))
    of: dict[str, Any] = {"tenant_id": contoso.id, "review_id": review.review_id, "by": contoso.admin}
    changed = await reviewing.update_review(house, {"stageSettings": [stage(1, 9, user(adele))]}, **of)
    assert changed.definition["settings"]["instanceDurationInDays"] == 9
    assert review.definition["settings"]["instanceDurationInDays"] == 7
    await stop(contoso, instance, 0)
    await decide(contoso, instance, sam, APPROVE, world.at_portal(alex))
    without = await reviewing.update_review(house, {"stageSettings": []}, **of)
    assert without.definition["settings"]["instanceDurationInDays"] == 9
    await stop(contoso, instance, 1)
    assert (await again(contoso, review)).state == "closed"


async def test_stages_together_fit_between_two_instances(house: House, contoso: Place, sam: Membership):
    group = await readers(contoso, sam)
    weekly = {"pattern": {"type": "weekly", "interval": 1}, "range": {"type": "noEnd", "startDate": "2026-03-09"}}

    def made(days: int) -> Awaitable[Review]:
        more = {"stageSettings": [stage(1, 3), stage(2, days)]}
        return make(contoso, of_group(group), more=more, recurrence=weekly)

    with pytest.raises(Refused) as caught:
        await made(5)
    assert (caught.value.reason, caught.value.facts["property"]) == (Reason.BAD_VALUE, "stageSettings/durationInDays")
    assert (await made(4)).definition["settings"]["instanceDurationInDays"] == 7


async def test_reviewers_see_what_they_are_asked_and_earlier_decisions_where_the_review_says_so(
    house: House, contoso: Place, sam: Membership, robin: Membership, adele: Membership, alex: Membership
):
    _, instance = await staged(
        contoso, [sam, robin], stage(1, 3, user(adele), moves=["Approve"]), stage(2, 4, user(alex))
    )
    await decide(contoso, instance, sam, APPROVE, world.at_portal(adele), "works with us")
    await stop(contoso, instance, 0)
    reading = await house.store.read()
    now = await review_decisions.in_instance(reading, contoso.id, instance.instance_id)
    first = await review_stages.decisions_in(reading, instance, 0, now)
    second = await review_stages.decisions_in(reading, instance, 1, now)
    about = {
        who: await deciding.asked_about(reading, contoso.id, instance.instance_id, who.user_id)
        for who in (adele, alex, robin)
    }

    def whom(found: Any) -> set[str]:
        return {one.user_id for one in found}

    both, only_sam, nobody = {sam.user_id, robin.user_id}, {sam.user_id}, set[str]()
    assert (whom(one for one, _ in first), whom(one for one, _ in second)) == (both, only_sam)
    for histories in (False, True):
        assert whom(shown_of_earlier(first, about[adele], histories=histories)) == both
        assert whom(shown_of_earlier(second, about[adele], histories=histories)) == nobody
        assert whom(shown_of_earlier(second, about[alex], histories=histories)) == only_sam
        assert whom(shown_of_earlier(first, about[robin], histories=histories)) == nobody
    assert whom(shown_of_earlier(first, about[alex], histories=False)) == nobody
    assert whom(shown_of_earlier(first, about[alex], histories=True)) == only_sam
    assert (whom(decisions_of(now, about[adele])), whom(decisions_of(now, about[alex]))) == ({robin.user_id}, only_sam)


async def test_nothing_about_somebody_erased_stays_of_earlier_stages(
    house: House, contoso: Place, sam: Membership, robin: Membership, alex: Membership
):
    group = await readers(contoso, sam, robin)
    everything = {"query": f"/groups/{group.group_id}/members", "queryType": "MicrosoftGraph"}
    more = {"stageSettings": [stage(1, 3, user(sam)), stage(2, 4, user(alex))]}
    review = await make(contoso, everything, more=more)
    await due.run_due(house)
    instance = await again(contoso, review)
    await decide(contoso, instance, robin, APPROVE, world.at_portal(sam), "words of Sam")
    await decide(contoso, instance, sam, APPROVE, world.at_portal(sam), "more words")
    await stop(contoso, instance, 0)
    assert len(await earlier(contoso, instance)) == 2
    await remove(house, tenant_id=contoso.id, user_id=sam.user_id, by=contoso.admin)
    await erasing.purge(house, tenant_id=contoso.id, user_id=sam.user_id, by=contoso.admin)
    await due.run_due(house)
    [left] = await earlier(contoso, instance)
    assert (left.user_id, left.reviewed_by, left.justification, left.decision) == (robin.user_id, None, None, "Approve")
    await reviewing.delete_review(house, tenant_id=contoso.id, review_id=review.review_id, by=contoso.admin)
    assert (await earlier(contoso, instance), await stages(contoso, instance)) == ([], [])


async def test_whoever_decides_while_a_stage_is_stopped_is_counted_or_refused(
    house: House, contoso: Place, sam: Membership, robin: Membership, adele: Membership, alex: Membership
):
    """Two reviewers and the administrator at once, in every order: nobody who was kept is left behind in the stage."""
    people = [sam, robin]
    for order in list(permutations(range(3))) * 3:
        review, instance = await staged(
            contoso, people, stage(1, 3, user(adele), user(alex), moves=["Approve"]), stage(2, 4, user(alex))
        )
        await decide(contoso, instance, sam, DENY, world.at_portal(adele))
        await decide(contoso, instance, robin, APPROVE, world.at_portal(adele))
        first = await which(contoso, instance, 0)
        where = Where(first.tenant_id, first.review_id, first.instance_id, first.stage_id)
        ids = {who: one.decision_id for who, one in (await decisions(contoso, instance)).items()}
        calls: list[Awaitable[Any]] = [
            deciding.decide(
                house, where, ids[sam.user_id], decision=APPROVE, justification="a", by=world.at_portal(adele)
            ),
            deciding.decide(
                house, where, ids[robin.user_id], decision=DENY, justification="b", by=world.at_portal(alex)
            ),
            review_stages.stop_stage(house, first, by=contoso.admin),
        ]
        answers = await asyncio.gather(*(calls[place] for place in order), return_exceptions=True)
        heard = dict(zip(order, answers, strict=True))
        for one in answers:
            assert not isinstance(one, BaseException) or (
                isinstance(one, Refused) and one.reason is Reason.WRONG_STAGE
            ), one
        assert heard[2] is None
        in_time = [not isinstance(heard[place], Refused) for place in (0, 1)]
        found = await decisions(contoso, instance)
        kept_in_stage_one = {sam.user_id: in_time[0], robin.user_id: not in_time[1]}
        moved = {who: one.step == 1 for who, one in found.items()}
        after = await again(contoso, review)
        if any(kept_in_stage_one.values()):
            assert moved == kept_in_stage_one, (order, heard)
            assert {one.decision for who, one in found.items() if moved[who]} == {"NotReviewed"}
        else:
            assert (after.state, set(moved.values())) == ("closed", {False})
        assert {(one.user_id, one.decision) for one in await earlier(contoso, instance)} == {
            (who, "Approve") for who, moves in kept_in_stage_one.items() if moves
        }


async def test_who_decides_slowly_does_not_decide_in_a_stage_that_is_over(postgres_server: PostgresServer):
    """What they rest on is read, and nothing written, when the stage is stopped; the row itself does not move on.

    In SQLite nobody comes between: what is decided there rests on nothing that could change.
    """
    async with postgres_house(postgres_server) as house:
        place = await world.organization(house, "Contoso")
        sam, adele = await world.guest(place, "sam@elsewhere.example"), await world.guest(place, ADELE)
        review, instance = await staged(place, [sam], stage(1, 3, user(adele), moves=["Approve"]), stage(2, 4))
        await decide(place, instance, sam, DENY, world.at_portal(adele))
        slow, pause = pausing_at_keys(house)
        trying = asyncio.create_task(decide(replace(place, house=slow), instance, sam, APPROVE, world.at_portal(adele)))
        await pause.reached.wait()
        await stop(place, instance, 0)
        pause.over.set()
        await refused(trying, Reason.WRONG_STAGE)
        assert (await again(place, review)).state == "closed"
        assert {one.decision for one in (await decisions(place, instance)).values()} == {"Deny"}
