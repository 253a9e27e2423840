"""*Access reviews*: made, decided row by row, stopped, reminded, and what becomes of a no."""

from datetime import timedelta
from typing import Any

import pytest

from tests.doors.portal.admin.conftest import Office
from tests.support import world
from vestibule.actions import apps, assigning_groups, due, grouping, review_stages, reviewing
from vestibule.actions.review_stages import WhichStage
from vestibule.doors.portal.admin import paths
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import Cause, Deleted, Present
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, GLOBAL_READER
from vestibule.store import review_decisions, reviews
from vestibule.store.memberships import Membership
from vestibule.store.review_decisions import Decided
from vestibule.store.reviews import Review


async def made(office: Office, **typed: str) -> Review:
    """A review from the form, begun."""
    await office.open(paths.NEW_REVIEW)
    page = await office.browser.press("Create", **{"name": "Guests", "over": "everybody", "justify": "", **typed})
    assert "Guests was added." in page.text, page.text
    assert page.h1 == "Guests"
    await due.run_due(office.town.house)
    return (await reviews.everything(await office.town.house.store.read(), office.contoso.id))[0]


async def decided(office: Office, review: Review) -> dict[str, Decided]:
    reading = await office.town.house.store.read()
    found = {}
    for instance in await reviews.instances_of(reading, office.contoso.id, review.review_id):
        for one in await review_decisions.in_instance(reading, office.contoso.id, instance.instance_id):
            found[one.user_id] = one
    return found


async def two(office: Office) -> tuple[Membership, Membership]:
    ann = await world.guest(office.contoso, "ann@elsewhere.example", "Ann")
    return ann, await world.guest(office.contoso, "ben@elsewhere.example", "Ben")


async def test_an_empty_list_leads_to_a_new_one(office: Office):
    page = await office.open(paths.ACCESS_REVIEWS)
    assert "No access reviews yet." in page.text
    assert f'href="{paths.NEW_REVIEW}"' in page.response.text


async def test_a_guest_is_deleted_restorably_when_the_review_says_now(office: Office):
    ann, ben = await two(office)
    review = await made(office, removes="delete", days="7")
    page = await office.open(paths.review(review.review_id))
    assert "Delete now (restorable 30 days)" in page.text
    assert "No recommendation" in page.text  # they came just now
    found = await decided(office, review)
    page = await office.browser.press(
        "Save decisions",
        **{
            f"answer-{found[ann.user_id].decision_id}": "remove",
            f"comment-{found[ann.user_id].decision_id}": "left the project",
            f"answer-{found[ben.user_id].decision_id}": "keep",
        },
    )
    assert "Saved." in page.text
    now = await decided(office, review)
    assert (now[ann.user_id].decision, now[ann.user_id].justification) == ("Deny", "left the project")
    assert now[ben.user_id].decision == "Approve"
    page = await office.open(paths.ACCESS_REVIEWS)
    assert "2 of 2" in page.text
    office.town.clock().advance(timedelta(days=7))
    await due.run_due(office.town.house)
    gone = (await office.again(ann)).stage
    assert isinstance(gone, Deleted)
    assert gone.cause is Cause.REVIEWED
    assert gone.purge_due - gone.at == timedelta(days=30)
    assert isinstance((await office.again(ben)).stage, Present)
    await office.sign_in()
    page = await office.open(paths.review(review.review_id))
    assert "Results applied" in page.text


async def test_a_guest_is_blocked_first_when_the_review_says_so(office: Office):
    ann, _ = await two(office)
    review = await made(office, removes="block", days="7", otherwise="remove")
    office.town.clock().advance(timedelta(days=7))
    await due.run_due(office.town.house)
    assert not (await office.again(ann)).standing.enabled_here
    await office.sign_in()
    page = await office.open(paths.review(review.review_id))
    assert "Blocked; deleted on" in page.text
    office.town.clock().advance(timedelta(days=30))
    await due.run_due(office.town.house)
    assert isinstance((await office.again(ann)).stage, Deleted)


async def test_what_a_group_still_gives_is_said(office: Office):
    ann, _ = await two(office)
    house = office.town.house
    here: dict[str, Any] = {"tenant_id": office.contoso.id, "by": operator()}
    app = (await apps.create_app(house, NewApp("Travel"), **here)).app
    new = NewGroup("Partners", "partners")
    group = await grouping.create_group(house, new, member_ids=[ann.user_id], **here)
    await assigning_groups.assign_group(house, app_id=app.app_id, group_id=group.group_id, **here)
    guests = {"query": "/users?$filter=(userType eq 'Guest')", "queryType": "MicrosoftGraph"}
    at_app = {"query": f"/servicePrincipals/{app.service_principal_id}", "queryType": "MicrosoftGraph"}
    scope = {
        "@odata.type": "#microsoft.graph.principalResourceMembershipsScope",
        "principalScopes": [guests],
        "resourceScopes": [at_app],
    }
    boss = {"query": f"/users/{office.boss.user_id}", "queryType": "MicrosoftGraph"}
    settings = {"instanceDurationInDays": 7, "autoApplyDecisionsEnabled": True}
    given = {"displayName": "Guests", "scope": scope, "reviewers": [boss], "settings": settings}
    review = await reviewing.create_review(house, given, tenant_id=office.contoso.id, by=world.at_portal(office.boss))
    await due.run_due(house)
    found = await decided(office, review)
    assert set(found) == {ann.user_id}
    await office.open(paths.review(review.review_id))
    await office.browser.press("Save decisions", **{f"answer-{found[ann.user_id].decision_id}": "remove"})
    office.town.clock().advance(timedelta(days=7))
    await due.run_due(house)
    await office.sign_in()
    page = await office.open(paths.review(review.review_id))
    assert "Not applied in full: a group still gives access" in page.text
    assert "left to administrators" not in page.text


async def test_whoever_keeps_somebody_says_why_where_that_is_asked(office: Office):
    ann, _ = await two(office)
    review = await made(office, justify="yes")
    found = await decided(office, review)
    await office.open(paths.review(review.review_id))
    field = f"answer-{found[ann.user_id].decision_id}"
    page = await office.browser.press("Save decisions", **{field: "keep"})
    assert (page.status, "Say why Ann keeps access." in page.text) == (400, True)
    assert (await decided(office, review))[ann.user_id].decision == "NotReviewed"


async def test_it_is_reminded_stopped_and_deleted(office: Office):
    await two(office)
    review = await made(office, repeats="monthly")
    await office.open(paths.review(review.review_id))
    page = await office.browser.press("Remind")
    assert "Reviewers were reminded." in page.text
    page = await office.browser.press("Stop")
    assert "The review was stopped." in page.text
    assert "Save decisions" not in page.response.text
    await office.open(f"{paths.review(review.review_id)}/delete")
    page = await office.browser.press("Delete")
    assert "Guests was deleted." in page.text
    page = await office.open(paths.review(review.review_id))
    assert page.status == 404


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Enter a name"),
        ("days", "0", "from 1 to 180"),
        ("days", "many", "from 1 to 180"),
        ("over", "group", "Choose a group."),
        ("reviewers", "owners", "Only a review of groups"),
        ("reviewers3", "me", "Choose who decides in the second stage."),
        ("reviewers2", "owners", "Only a review of groups"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_made(office: Office, field, typed, said):
    await office.open(paths.NEW_REVIEW)
    page = await office.browser.press("Create", **{"name": "Guests", "over": "everybody", field: typed})
    assert (page.status, said in page.text) == (400, True)
    assert await reviews.everything(await office.town.house.store.read(), office.contoso.id) == []


async def test_who_is_kept_is_asked_about_again_in_a_second_stage(office: Office):
    ann, ben = await two(office)
    review = await made(
        office, days="3", reviewers2="me", days2="4", remove2="", unknown2="", undecided2="", removes="delete"
    )
    first, second = review.definition["stageSettings"]
    assert (first["decisionsThatWillMoveToNextStage"], first["durationInDays"]) == (["Approve"], 3)
    assert (second["dependsOn"], second["durationInDays"]) == (["1"], 4)
    assert review.definition["settings"]["instanceDurationInDays"] == 7
    page = await office.open(paths.review(review.review_id))
    assert ("Stages of this review" in page.text, "Stop stage 1" in page.text, "Stop stage 2" in page.text) == (
        True,
        True,
        False,
    )
    found = await decided(office, review)
    about_ann, about_ben = (found[one.user_id].decision_id for one in (ann, ben))
    answers = {
        f"answer-{about_ann}": "keep",
        f"comment-{about_ann}": "works with us",
        f"answer-{about_ben}": "remove",
    }
    await office.browser.press("Save decisions", **answers)
    page = await office.browser.press("Stop stage 1")
    assert "The stage was stopped." in page.text
    assert "Stage 1: Keep (" in page.text
    assert "works with us" in page.text
    assert "Stop stage 2" in page.text
    assert f"answer-{about_ann}" in page.response.text
    assert f"answer-{about_ben}" not in page.response.text, "that decision is final"
    await office.browser.press("Save decisions", **{f"answer-{about_ann}": "remove"})
    found = await decided(office, review)
    assert {who.user_id: (found[who.user_id].decision, found[who.user_id].step) for who in (ann, ben)} == {
        ann.user_id: ("Deny", 1),
        ben.user_id: ("Deny", 0),
    }
    await office.browser.press("Stop stage 2")
    await due.run_due(office.town.house)
    for who in (ann, ben):
        assert isinstance((await office.again(who)).stage, Deleted)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"days2": "0"}, "from 1 to 180"),
        ({"keep2": "", "remove2": "", "unknown2": "", "undecided2": ""}, "Choose who is asked about again"),
        ({"days2": "170"}, "at most 180 days"),
        ({"repeats": "weekly"}, "no longer than it takes until the review repeats"),
    ],
)
async def test_what_is_wrong_with_a_second_stage_is_said(office: Office, typed, said):
    await office.open(paths.NEW_REVIEW)
    page = await office.browser.press("Create", **{"name": "Guests", "over": "everybody", "reviewers2": "me", **typed})
    assert (page.status, said in page.text) == (400, True)
    assert await reviews.everything(await office.town.house.store.read(), office.contoso.id) == []


async def test_a_decision_for_a_stage_that_has_ended_meanwhile_is_not_saved(office: Office):
    ann, _ = await two(office)
    review = await made(office, reviewers2="sponsors", reviewers3="themselves")
    assert [one["stageId"] for one in review.definition["stageSettings"]] == ["1", "2", "3"]
    found = await decided(office, review)
    await office.open(paths.review(review.review_id))
    reading = await office.town.house.store.read()
    [instance] = await reviews.instances_of(reading, office.contoso.id, review.review_id)
    stage = (await reviews.stages_of(reading, office.contoso.id, instance.instance_id))[0]
    which = WhichStage(office.contoso.id, review.review_id, instance.instance_id, stage.stage_id)
    await review_stages.stop_stage(office.town.house, which, by=operator())
    page = await office.browser.press("Save decisions", **{f"answer-{found[ann.user_id].decision_id}": "remove"})
    assert (page.status, "This stage has ended. Nothing was saved." in page.text) == (400, True)
    assert (await decided(office, review))[ann.user_id].decision == "NotReviewed"


async def test_who_reads_sees_decisions_and_makes_none(office: Office):
    await two(office)
    review = await made(office)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    await office.role(office.boss, GLOBAL_READER)
    page = await office.open(paths.review(review.review_id))
    assert page.status == 200
    assert "Save decisions" not in page.response.text
    page = await office.open(paths.NEW_REVIEW)
    assert "takes the role" in page.text
