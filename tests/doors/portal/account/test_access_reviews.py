"""Access reviews in My Account: whoever is asked answers, about themselves or about others."""

from typing import Any

import pytest

from tests.doors.portal.account import cast
from tests.doors.portal.account.reading import statuses
from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Visitor
from tests.support.world import Place
from vestibule.actions import cross_tenant, deciding, due, review_stages, reviewing
from vestibule.actions.deciding import Where
from vestibule.actions.group_members import add_member
from vestibule.actions.grouping import create_group
from vestibule.actions.review_stages import WhichStage
from vestibule.doors.portal import paths
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.reviews import Decision
from vestibule.store import review_decisions, reviews
from vestibule.store.memberships import Membership
from vestibule.store.review_decisions import Decided

PAGE = paths.ACCESS_REVIEWS


async def begun(place: Place, *people: Membership, reviewers: Any = (), stages: Any = (), **settings: Any) -> None:
    """A review of the guests in a group of the place has begun."""
    made = await create_group(place.house, NewGroup("Buyers", "buyers"), tenant_id=place.id, by=operator())
    for who in people:
        await add_member(place.house, tenant_id=place.id, group_id=made.group_id, user_id=who.user_id, by=operator())
    whom = "microsoft.graph.user/?$filter=(userType eq 'Guest')"
    given = {
        "displayName": "Once a quarter",
        "descriptionForReviewers": "Who is still here?",
        "scope": {"query": f"/groups/{made.group_id}/members/{whom}", "queryType": "MicrosoftGraph"},
        "reviewers": [{"query": f"/users/{one.user_id}", "queryType": "MicrosoftGraph"} for one in reviewers],
        "stageSettings": list(stages),
        "settings": {"instanceDurationInDays": 5, **settings},
    }
    await reviewing.create_review(place.house, given, tenant_id=place.id, by=operator())
    await due.run_due(place.house)


async def decided(place: Place) -> list[Decided]:
    reading = await place.house.store.read()
    found: list[Decided] = []
    for one in await reviews.instances_here(reading, place.id):
        found += await review_decisions.in_instance(reading, place.id, one.instance_id)
    return found


async def test_a_guest_says_that_they_still_need_access(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Adatum")
    other = await world.guest(place, "other@elsewhere.example", "Somebody Else")
    await begun(place, guest, other, justificationRequiredOnApproval=True)
    await town.sign_in(browser)
    page = await browser.open(PAGE)
    assert "No organization asks you anything now." in page.text, "not signed in there yet"
    await cast.signed_in_there(browser, place)
    overview = await browser.open(paths.OVERVIEW)
    assert "Adatum asks you who still needs access." in overview.text
    page = await browser.follow("Answer Adatum")
    assert (page.h1, page.title) == ("Access reviews", "Access reviews - My Account - Vestibule")
    assert "Do you still need Buyers in Adatum?" in page.text
    assert "Somebody Else" not in page.text
    page = await browser.press("Save answer", answer="keep", reason="")
    assert page.status == 400
    assert page.title.startswith("Error: ")
    assert "Say why access is still needed." in page.text
    page = await browser.press("Save answer", answer="keep", reason="Still on the project")
    assert (page.status, page.path.partition("?")[0], statuses(page)) == (200, PAGE, ["Saved."])
    mine = next(one for one in await decided(place) if one.user_id == guest.user_id)
    assert (mine.decision, mine.justification, mine.reviewed_by) == (
        "Approve",
        "Still on the project",
        guest.user_id,
    )
    assert "asks you who still needs access" not in (await browser.open(paths.OVERVIEW)).text
    for language, said in (("nl", "Toegangsbeoordelingen"), ("sv", "Åtkomstgranskningar")):
        assert (await browser.open(PAGE, **{"accept-language": language})).h1 == said


async def test_somebody_who_is_asked_about_others(town: Town, browser: Visitor) -> None:
    guest = await world.guest(town.contoso, "robin@elsewhere.example", "Robin Counts")
    await begun(town.contoso, guest, reviewers=[town.adele], recommendationsEnabled=True)
    await town.sign_in(browser)
    page = await browser.open(PAGE)
    assert "Does Robin Counts still need Buyers in Contoso?" in page.text
    assert "Who is still here?" in page.text
    page = await browser.press("Save answer", answer="remove", reason="")
    [found] = await decided(town.contoso)
    assert (found.decision, found.justification, found.reviewed_by) == ("Deny", None, town.adele.user_id)
    town.clock().advance(5 * cast.DAY)
    await town.sign_in(browser)
    page = await browser.open(PAGE)
    assert "No organization asks you anything now." in page.text


async def test_an_answer_that_comes_too_late_changes_nothing(town: Town, browser: Visitor) -> None:
    guest = await world.guest(town.contoso, "robin@elsewhere.example", "Robin Counts")
    await begun(town.contoso, guest, reviewers=[town.adele])
    await town.sign_in(browser)
    await browser.open(PAGE)
    [instance] = await reviews.instances_here(await town.house.store.read(), town.contoso.id)
    await reviewing.stop_instance(
        town.house,
        tenant_id=town.contoso.id,
        review_id=instance.review_id,
        instance_id=instance.instance_id,
        by=operator(),
    )
    page = await browser.press("Save answer", answer="remove", reason="")
    assert (page.status, page.path) == (200, PAGE)
    assert [one.decision for one in await decided(town.contoso)] == ["NotReviewed"]


async def stopped(town: Town, step: int) -> None:
    """That stage of the only review is stopped."""
    reading = await town.house.store.read()
    [instance] = await reviews.instances_here(reading, town.contoso.id)
    stage = (await reviews.stages_of(reading, town.contoso.id, instance.instance_id))[step]
    which = WhichStage(town.contoso.id, instance.review_id, instance.instance_id, stage.stage_id)
    await review_stages.stop_stage(town.house, which, by=operator())


def in_stages(*reviewers: Membership, moves: Any = ()) -> list[dict[str, Any]]:
    return [
        {
            "stageId": str(number),
            "dependsOn": [str(number - 1)] if number > 1 else [],
            "durationInDays": number,
            "reviewers": [{"query": f"/users/{who.user_id}", "queryType": "MicrosoftGraph"}],
            "decisionsThatWillMoveToNextStage": list(moves),
        }
        for number, who in enumerate(reviewers, start=1)
    ]


async def decided_in_first(town: Town, *people: Membership, by: Membership) -> None:
    reading = await town.house.store.read()
    [instance] = await reviews.instances_here(reading, town.contoso.id)
    where = Where(town.contoso.id, instance.review_id, instance.instance_id)
    for who, decision in zip(people, (Decision.APPROVE, Decision.DENY), strict=True):
        of: dict[str, Any] = {"justification": f"said of {who.display_name}", "by": world.at_portal(by)}
        await deciding.decide_all(town.house, where, decision=decision, user_id=who.user_id, **of)


@pytest.mark.parametrize("histories", [True, False])
async def test_a_second_stage_asks_about_who_moves_on_and_shows_what_was_decided(
    town: Town, browser: Visitor, histories: bool
) -> None:
    robin = await world.guest(town.contoso, "robin@elsewhere.example", "Robin Counts")
    kim = await world.guest(town.contoso, "kim@elsewhere.example", "Kim Moves")
    stages = in_stages(kim, town.adele, moves=["Approve"])
    await begun(town.contoso, robin, kim, stages=stages, decisionHistoriesForReviewersEnabled=histories)
    await town.sign_in(browser)
    page = await browser.open(PAGE)
    assert "No organization asks you anything now." in page.text, "not in the first stage"
    await decided_in_first(town, robin, kim, by=kim)
    await stopped(town, 0)
    page = await browser.open(PAGE)
    assert "Does Robin Counts still need Buyers in Contoso?" in page.text
    assert "Does Kim Moves" not in page.text
    assert ("Kim Moves decided in stage 1: keep access." in page.text) is histories
    assert ("said of Robin Counts" in page.text) is histories
    page = await browser.press("Save answer", answer="remove", reason="no more")
    assert statuses(page) == ["Saved."]
    assert {one.user_id: one.decision for one in await decided(town.contoso)} == {
        robin.user_id: "Deny",
        kim.user_id: "Deny",
    }
    town.clock().advance(2 * cast.DAY)
    await town.sign_in(browser)
    assert "No organization asks you anything now." in (await browser.open(PAGE)).text


async def test_an_answer_for_a_stage_that_has_ended_does_not_count_in_the_next(town: Town, browser: Visitor) -> None:
    robin = await world.guest(town.contoso, "robin@elsewhere.example", "Robin Counts")
    await begun(town.contoso, robin, stages=in_stages(town.adele, town.adele))
    await town.sign_in(browser)
    await browser.open(PAGE)
    await stopped(town, 0)
    page = await browser.press("Save answer", answer="remove", reason="")
    assert (page.status, page.path) == (200, PAGE)
    assert [one.decision for one in await decided(town.contoso)] == ["NotReviewed"]
    page = await browser.press("Save answer", answer="keep", reason="")
    assert [(one.decision, one.step) for one in await decided(town.contoso)] == [("Approve", 1)]


async def test_nobody_has_to_agree_where_both_organizations_said_so(town: Town, browser: Visitor) -> None:
    for here, there, way in (
        (town.contoso, town.fabrikam, "outboundAllowed"),
        (town.fabrikam, town.contoso, "inboundAllowed"),
    ):
        changes = {"automaticUserConsentSettings": {way: True}}
        await cross_tenant.set_partner(
            town.house, tenant_id=here.id, partner_id=there.id, changes=changes, by=operator()
        )
    link, user_id = await town.invite("adele@contoso.example", redirect=f"{town.house.public_url}/myaccount/")
    await town.sign_in(browser)
    await browser.open(link)
    page = await browser.press("Accept invitation")
    assert (page.status, page.h1) == (200, "Overview"), "without *Review permissions*"
    assert (await world.again(town.house, town.fabrikam.id, user_id)).person_id == town.adele.person_id


async def test_an_invitation_that_the_settings_forbid_by_now(town: Town, browser: Visitor) -> None:
    link, _ = await town.invite("adele@contoso.example")
    blocked = {
        "usersAndGroups": {"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]},
        "applications": {
            "accessType": "blocked",
            "targets": [{"target": "AllApplications", "targetType": "application"}],
        },
    }
    await cross_tenant.set_partner(
        town.house,
        tenant_id=town.contoso.id,
        partner_id=town.fabrikam.id,
        changes={"b2bCollaborationOutbound": blocked},
        by=operator(),
    )
    await town.sign_in(browser)
    await browser.open(link)
    await browser.press("Accept invitation")
    page = await browser.press("Accept")
    assert (page.status, page.h1) == (403, "You don't have access to Fabrikam")
