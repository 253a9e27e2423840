"""Histories of access reviews: made at once or by time, fetched with a secret, and true to what is kept now."""

from datetime import timedelta
from typing import Any

import pytest

from tests.actions.test_reviews import begun, decide, of_group, push, readers, refused, user
from tests.support import world
from tests.support.houses import START
from tests.support.world import Place
from vestibule.actions import due, erasing, housekeeping, review_histories, reviewing
from vestibule.actions.assigning import assign_role
from vestibule.actions.house import House
from vestibule.actions.removing import remove
from vestibule.actions.review_histories import Line
from vestibule.ground.clock import iso
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason
from vestibule.rules.reviews import Decision
from vestibule.rules.roles import GLOBAL_READER, IDENTITY_GOVERNANCE_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR
from vestibule.store import review_histories as kept
from vestibule.store.memberships import Membership
from vestibule.store.review_histories import History, Run

AT = "/identityGovernance/accessReviews/definitions"
ALL = {"scopes": [{"query": AT, "queryType": "MicrosoftGraph"}]}
MONTHLY = {
    "recurrence": {
        "pattern": {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 1},
        "range": {"type": "numbered", "startDate": "2026-04-01", "numberOfOccurrences": 2},
    },
    "reportRange": "P1M",
}


async def make(place: Place, *, by: Actor | None = None, **given: Any) -> History:
    now = place.house.clock.now()
    period = {
        "reviewHistoryPeriodStartDateTime": iso(START - timedelta(days=1)),
        "reviewHistoryPeriodEndDateTime": iso(now),
    }
    wanted = {"displayName": "All", **ALL, **({} if "scheduleSettings" in given else period), **given}
    return await review_histories.create_history(place.house, wanted, tenant_id=place.id, by=by or place.admin)


async def runs(place: Place, history: History) -> list[Run]:
    return await review_histories.runs_of(await place.house.store.read(), history)


async def lines(place: Place, history: History) -> list[Line]:
    [run] = await runs(place, history)
    return [line async for some in review_histories.lines(place.house, history, run) for line in some]


async def address(place: Place, history: History, *, by: Actor | None = None) -> str:
    [run] = await runs(place, history)
    of = {"tenant_id": place.id, "history_id": history.history_id, "run_id": run.run_id}
    return (await review_histories.give_address(place.house, **of, by=by or place.admin))[1]


async def leads(place: Place, secret: str) -> bool:
    return await review_histories.at_address(await place.house.store.read(), secret) is not None


@pytest.fixture
async def reviewed(contoso: Place, sam: Membership, robin: Membership) -> None:
    """A review of both, in which Sam is denied; it has ended, and was applied."""
    group = await readers(contoso, sam, robin)
    _, instance = await begun(
        contoso,
        of_group(group),
        user(contoso.administrator),
        autoApplyDecisionsEnabled=True,
        mailNotificationsEnabled=True,
    )
    await decide(contoso, instance, sam, Decision.DENY, contoso.admin, "=left")
    push(contoso.house, days=7)
    await due.run_due(contoso.house)


@pytest.mark.usefixtures("reviewed")
async def test_a_period_that_has_ended_is_made_at_once(contoso: Place, sam: Membership, robin: Membership):
    history = await make(contoso)
    assert (history.runs, history.next_at) == (1, None)
    found = {line.decided.user_id: line for line in await lines(contoso, history)}
    denied, silent = found[sam.user_id], found[robin.user_id]
    assert (denied.outcome.value, denied.decided.justification, denied.decided.result) == (
        "deny",
        "=left",
        "AppliedSuccessfully",
    )
    assert denied.about is not None
    assert denied.about.display_name == "Sam Rivers"
    assert denied.reviewer is not None
    assert denied.reviewer.user_id == contoso.administrator.user_id
    assert denied.applier is None, "time did"
    assert denied.resource[1:] == ("Readers", "group")
    assert silent.outcome.value == "notReviewed"
    told = await world.last_event(contoso)
    assert told.type == "review.createHistory"


@pytest.mark.usefixtures("reviewed")
async def test_only_the_decisions_and_reviews_that_were_asked_for(contoso: Place, sam: Membership):
    [line] = await lines(contoso, await make(contoso, decisions=["deny"]))
    assert line.decided.user_id == sam.user_id
    assert await lines(contoso, await make(contoso, decisions=["notNotified"])) == []
    groups = {"query": f"{AT}?$filter=contains(scope/query, '/groups')"}
    assert len(await lines(contoso, await make(contoso, scopes=[groups]))) == 2
    apps = {"query": f"{AT}?$filter=contains(scope/query, '/servicePrincipals')"}
    assert await lines(contoso, await make(contoso, scopes=[apps])) == []
    assert len(await lines(contoso, await make(contoso, scopes=[apps, groups]))) == 2


@pytest.mark.usefixtures("reviewed")
async def test_a_review_that_did_not_begin_and_end_in_the_period_is_left_out(contoso: Place):
    late = await make(contoso, reviewHistoryPeriodStartDateTime=iso(START + timedelta(seconds=1)))
    assert await lines(contoso, late) == []
    early = await make(contoso, reviewHistoryPeriodEndDateTime=iso(START + timedelta(days=6)))
    assert await lines(contoso, early) == []


async def test_a_period_that_has_not_ended_is_waited_for(house: House, contoso: Place):
    ends = house.clock.now() + timedelta(days=3)
    history = await make(contoso, reviewHistoryPeriodEndDateTime=iso(ends))
    assert await runs(contoso, history) == []
    push(house, days=3, milliseconds=-1)
    assert await due.run_due(house) == []
    push(house, days=2)
    [done] = await due.run_due(house)
    assert (done.at, done.verb.value, done.object_id) == (ends, "makeReviewHistory", history.history_id)
    [run] = await runs(contoso, history)
    assert (run.made_at, run.ends_at) == (ends, ends), "late, it carries its due time"
    assert await due.run_due(house) == []


async def test_a_schedule_makes_its_runs_and_ends(house: House, contoso: Place):
    history = await make(contoso, scheduleSettings=MONTHLY)
    assert [one.object_id for one in await due.upcoming(house)] == [history.history_id]
    push(house, days=65)  # 6 May
    made = [one.at.date().isoformat() for one in await due.run_due(house)]
    assert made == ["2026-04-01", "2026-05-01"]
    found = await runs(contoso, history)
    assert [run.made_at.date().isoformat() for run in found] == ["2026-05-01"], "the first one's 30 days are over"
    [run] = found
    assert (run.starts_at.date().isoformat(), run.ends_at.date().isoformat()) == ("2026-04-01", "2026-05-01")
    after = await kept.find(await house.store.read(), contoso.id, history.history_id)
    assert after is not None
    assert (after.runs, after.next_at, after.gone_at) == (2, None, run.made_at + timedelta(days=30))
    assert await review_histories.make_due(house, tenant_id=contoso.id, history_id=history.history_id) is None


async def test_it_can_be_fetched_for_30_days_by_time_alone(house: House, contoso: Place):
    history = await make(contoso)
    push(house, days=30, milliseconds=-1)
    secret = await address(contoso, history)
    assert await leads(contoso, secret)
    push(house, milliseconds=1)
    assert not await leads(contoso, secret), "no worker has been here, and the address was to be good for a day"
    reading = await house.store.read()
    assert await kept.everything(reading, contoso.id) == []
    assert await kept.find(reading, contoso.id, history.history_id) is None
    assert await runs(contoso, history) == []
    await housekeeping.sweep(house)
    assert await kept.runs_of(await house.store.read(), contoso.id, history.history_id, START - timedelta(days=1)) == []
    left = await house.store.read()
    assert await left.all(kept._ALL, tenant_id=contoso.id) == []


async def test_an_address_is_good_for_24_hours_and_a_new_one_ends_it(house: House, contoso: Place):
    history = await make(contoso)
    first = await address(contoso, history)
    assert (await world.last_event(contoso)).type == "review.downloadHistory"
    push(house, hours=24, milliseconds=-1)
    assert await leads(contoso, first)
    push(house, milliseconds=1)
    assert not await leads(contoso, first)
    second = await address(contoso, history)
    third = await address(contoso, history)
    assert [await leads(contoso, one) for one in (second, third, "", "nonsense")] == [False, True, False, False]
    of = {"tenant_id": contoso.id, "history_id": history.history_id}
    await review_histories.delete_history(house, **of, by=contoso.admin)
    assert not await leads(contoso, third)
    await refused(review_histories.delete_history(house, **of, by=contoso.admin), Reason.NOT_FOUND)


async def test_an_address_ends_with_the_30_days_of_its_run(house: House, contoso: Place):
    history = await make(contoso, scheduleSettings=MONTHLY)
    push(house, days=59)  # 30 April; the one of May is not made yet, so the history goes on
    await due.run_due(house)
    secret = await address(contoso, history)
    assert await leads(contoso, secret)
    push(house, hours=15)
    assert not await leads(contoso, secret)
    assert await kept.find(await house.store.read(), contoso.id, history.history_id) is not None


async def test_the_secret_is_kept_as_a_hash_alone(house: House, contoso: Place):
    history = await make(contoso)
    secret = await address(contoso, history)
    [run] = await runs(contoso, history)
    assert run.address_hash is not None
    assert secret not in run.address_hash
    assert not await leads(contoso, run.address_hash)


@pytest.mark.usefixtures("reviewed")
async def test_who_is_erased_is_in_no_history(house: House, contoso: Place, sam: Membership, robin: Membership):
    holder = await world.member(contoso, "Maker")
    await give_role(contoso, holder, IDENTITY_GOVERNANCE_ADMINISTRATOR)
    history = await make(contoso, by=world.at_portal(holder))
    secret = await address(contoso, history)
    assert len(await lines(contoso, history)) == 2
    for who in (sam, holder):
        await remove(house, tenant_id=contoso.id, user_id=who.user_id, by=contoso.admin)
        await erasing.purge(house, tenant_id=contoso.id, user_id=who.user_id, by=contoso.admin)
    await due.run_due(house)
    found = await review_histories.at_address(await house.store.read(), secret)
    assert found is not None, "the address given before is good still"
    assert found[0].made_by is None
    written = [line async for some in review_histories.lines(house, *found) for line in some]
    assert [line.decided.user_id for line in written] == [robin.user_id]
    assert "Sam" not in repr(written)


@pytest.mark.usefixtures("reviewed")
async def test_a_deleted_review_is_in_no_history(house: House, contoso: Place):
    history = await make(contoso)
    [line, *_] = await lines(contoso, history)
    await reviewing.delete_review(house, tenant_id=contoso.id, review_id=line.review.review_id, by=contoso.admin)
    assert await lines(contoso, history) == []


async def test_rights(house: House, contoso: Place):
    history = await make(contoso)
    adele = world.at_portal(await world.member(contoso))
    await refused(make(contoso, by=adele), Reason.NOT_ALLOWED)
    await refused(address(contoso, history, by=adele), Reason.NOT_ALLOWED)
    reader = await world.member(contoso, "Reader")
    await give_role(contoso, reader, GLOBAL_READER)
    await refused(make(contoso, by=world.at_portal(reader)), Reason.NOT_ALLOWED)
    assert await leads(contoso, await address(contoso, history, by=world.at_portal(reader)))
    of_roles = await world.member(contoso, "Roles")
    await give_role(contoso, of_roles, PRIVILEGED_ROLE_ADMINISTRATOR)
    await refused(make(contoso, by=world.at_portal(of_roles)), Reason.NOT_ALLOWED)
    await refused(address(contoso, history, by=world.at_portal(of_roles)), Reason.NOT_ALLOWED)
    reads = world.program(contoso, "AccessReview.Read.All")
    await refused(make(contoso, by=reads), Reason.NOT_ALLOWED)
    assert await leads(contoso, await address(contoso, history, by=reads))
    made = await make(contoso, by=world.program(contoso, "AccessReview.ReadWrite.All"))
    assert made.made_by is None
    other = await world.organization(house, "Fabrikam")
    [run] = await runs(contoso, history)
    elsewhere = {"tenant_id": other.id, "history_id": history.history_id, "run_id": run.run_id}
    await refused(review_histories.give_address(house, **elsewhere, by=other.admin), Reason.NOT_FOUND)
    await refused(make(contoso, instances=[]), Reason.BAD_VALUE)


async def give_role(place: Place, who: Membership, role_id: str) -> None:
    await assign_role(place.house, tenant_id=place.id, role_id=role_id, user_id=who.user_id, by=place.admin)
