"""*Review history*: asked for, made, fetched as a CSV file with and without being signed in; reviews of roles."""

import csv
import io
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.doors.portal.admin.conftest import Office
from tests.doors.portal.admin.test_access_reviews import decided, made
from tests.support import world
from vestibule.actions import due, erasing, removing
from vestibule.actions.deciding import Where, decide_all
from vestibule.doors.portal.admin import paths
from vestibule.rules.actors import operator
from vestibule.rules.reviews import Decision
from vestibule.rules.roles import (
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
    HELPDESK_ADMINISTRATOR,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    SECURITY_READER,
)
from vestibule.store import hanging, review_histories, reviews
from vestibule.store.memberships import Membership
from vestibule.store.reviews import Review


async def history(office: Office, **typed: str) -> review_histories.History:
    """One from the form."""
    await office.open(paths.REVIEW_HISTORY)
    page = await office.browser.press("Create", **{"name": "Spring", "period": "30", **typed})
    assert "Spring was added." in page.text, page.text
    found = await review_histories.everything(await office.town.house.store.read(), office.contoso.id)
    return found[0]


async def fetched(office: Office) -> httpx.Response:
    """The file that *Download CSV* leads to."""
    await office.open(paths.REVIEW_HISTORY)
    form, _ = office.browser.here.button("Download CSV")
    page = await office.browser.post(form.action, form.fields)
    return page.response


def table(response: httpx.Response) -> list[dict[str, str]]:
    assert response.text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(response.text[1:], newline="")))


async def ended(office: Office) -> tuple[Review, Membership, Membership]:
    """A review of Ann, who is denied in words that a spreadsheet would compute, and Ben, about whom nobody decides."""
    ann = await world.guest(office.contoso, "ann@elsewhere.example", "=Ann")
    ben = await world.guest(office.contoso, "ben@elsewhere.example", "Ben")
    review = await made(office, removes="block", days="7")
    one = (await decided(office, review))[ann.user_id]
    where = Where(office.contoso.id, review.review_id, one.instance_id)
    of: dict[str, Any] = {"decision": Decision.DENY, "justification": "+1 reason", "user_id": ann.user_id}
    await decide_all(office.town.house, where, **of, by=world.at_portal(office.boss))
    office.town.clock().advance(timedelta(days=7))
    await due.run_due(office.town.house)
    await office.sign_in()
    return review, ann, ben


async def test_the_list_leads_there(office: Office):
    page = await office.open(paths.ACCESS_REVIEWS)
    assert f'href="{paths.REVIEW_HISTORY}"' in page.response.text
    page = await office.open(paths.REVIEW_HISTORY)
    assert (page.h1, "No review history yet." in page.text) == ("Review history", True)
    page = await office.browser.press("Create", name=" ")
    assert (page.status, "Enter a name of at most 256 characters." in page.text) == (400, True)


async def test_a_file_has_a_row_for_each_decision_and_no_formula(office: Office):
    await ended(office)
    await history(office)
    file = await fetched(office)
    assert file.status_code == 200
    assert file.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert "attachment" in file.headers["content-disposition"]
    assert (file.headers["cache-control"], file.headers["referrer-policy"]) == ("no-store", "no-referrer")
    denied, silent = sorted(table(file), key=lambda row: row["Name"])
    assert (denied["Name"], denied["Decision"], denied["Comment"], denied["Result"]) == (
        "'=Ann",
        "Remove",
        "'+1 reason",
        "Applied",
    )
    assert (denied["Decided by"], denied["Access review"]) == ("Boss", "Guests")
    assert (silent["Name"], silent["Decision"], silent["Decided by"]) == ("Ben", "Not decided", "")


async def test_it_is_in_the_language_of_the_page_and_with_keys_in_graphs_words(office: Office):
    await ended(office)
    await history(office)
    await office.open(f"{paths.REVIEW_HISTORY}?lang=sv")
    form, _ = office.browser.here.button("Ladda ned CSV")
    page = await office.browser.post(form.action, form.fields)
    assert {row["Beslut"] for row in table(page.response)} == {"Ta bort", "Inte beslutat"}
    stranger = office.town.browser()
    url = page.response.url
    again = await stranger.open(f"{url.path}?{url.query.decode()}&headers=keys")
    assert {row["decision"] for row in table(again.response)} == {"deny", "notReviewed"}
    assert {row["applyResult"] for row in table(again.response)} == {"AppliedSuccessfully"}
    assert all(row["startDateTime"].endswith("Z") for row in table(again.response))
    head = await stranger.http.head(f"{url.path}?{url.query.decode()}")
    assert (head.status_code, head.text) == (200, "")


async def test_the_address_is_enough_for_24_hours_and_no_longer(office: Office):
    await ended(office)
    await history(office)
    url = (await fetched(office)).url
    address = f"{url.path}?{url.query.decode()}"
    stranger = office.town.browser()
    assert (await stranger.open(address)).status == 200
    assert (await stranger.open("/access-review-history")).status == 404
    assert (await stranger.open("/access-review-history?key=guessed")).status == 404
    office.town.clock().advance(timedelta(hours=24))
    page = await stranger.open(address)
    assert page.status == 404
    assert "Ann" not in page.text


async def test_who_is_erased_is_in_no_file_even_at_an_address_given_before(office: Office):
    _, ann, _ = await ended(office)
    await history(office)
    first = await fetched(office)
    assert "Ann" in first.text
    assert ann.user_id in first.text
    of: dict[str, Any] = {"tenant_id": office.contoso.id, "user_id": ann.user_id}
    await removing.remove(office.town.house, **of, by=operator())
    await erasing.purge(office.town.house, **of, by=operator())
    await due.run_due(office.town.house)
    stranger = office.town.browser()
    again = (await stranger.open(f"{first.url.path}?{first.url.query.decode()}")).response
    assert [row["Name"] for row in table(again)] == ["Ben"]
    for trace in ("Ann", ann.user_id, "+1 reason", "ann@"):
        assert trace not in again.text


async def test_every_month_until_it_is_deleted(office: Office):
    await history(office, period="monthly")
    page = await office.open(paths.REVIEW_HISTORY)
    assert "Made next on 1 Apr" in page.text, page.text
    office.town.clock().advance(timedelta(days=31))
    await due.run_due(office.town.house)
    await office.sign_in()
    page = await office.open(paths.REVIEW_HISTORY)
    assert "Download CSV" in page.text
    page = await office.browser.press("Delete")
    assert "Spring was deleted." in page.text
    assert "No review history yet." in page.text


async def test_who_reads_fetches_and_asks_for_none(office: Office):
    await ended(office)
    await history(office)
    await office.role(office.boss, SECURITY_READER)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    office.holds = False
    page = await office.open(paths.REVIEW_HISTORY)
    assert ("Create" in page.text, ">Delete<" in page.response.text) == (False, False)
    assert (await fetched(office)).status_code == 200


async def test_who_reviews_roles_alone_sees_no_other_review_and_no_history(office: Office):
    review, _, _ = await ended(office)
    await office.role(office.boss, PRIVILEGED_ROLE_ADMINISTRATOR)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    office.holds = False
    page = await office.open(paths.ACCESS_REVIEWS)
    assert (page.status, "No access reviews yet." in page.text, "Review history" in page.text) == (200, True, False)
    assert (await office.open(paths.REVIEW_HISTORY)).status == 403
    assert (await office.open(paths.review(review.review_id))).status == 403
    page = await office.open(paths.NEW_REVIEW)
    assert ("All guests" in page.text, "Who holds a directory role" in page.text) == (False, True)


@pytest.mark.parametrize("role", [GLOBAL_READER])
async def test_a_role_is_reviewed_and_taken(office: Office, role: str):
    ann = await world.guest(office.contoso, "ann@elsewhere.example", "Ann")
    for who in (ann, office.contoso.administrator):
        await office.role(who, HELPDESK_ADMINISTRATOR)
    await office.role(ann, role)
    await office.open(paths.NEW_REVIEW)
    page = await office.browser.press("Create", name="Helpdesk", over="role", role="", justify="")
    assert (page.status, "Choose a role." in page.text) == (400, True)
    await office.open(paths.NEW_REVIEW)
    page = await office.browser.press(
        "Create", name="Helpdesk", over="role", role=HELPDESK_ADMINISTRATOR, removes="block", days="7", justify=""
    )
    assert "Who holds the role Helpdesk Administrator" in page.text
    assert "They lose the role." in page.text
    await due.run_due(office.town.house)
    review_id = page.response.url.path.rpartition("/")[2]
    review = await reviews.find(await office.town.house.store.read(), office.contoso.id, review_id)
    assert review is not None
    found = await decided(office, review)
    assert set(found) == {ann.user_id, office.contoso.administrator.user_id}
    await office.open(paths.review(review_id))
    page = await office.browser.press("Save decisions", **{f"answer-{found[ann.user_id].decision_id}": "remove"})
    assert "Saved." in page.text
    office.town.clock().advance(timedelta(days=7))
    await due.run_due(office.town.house)
    assert await hanging.roles(await office.town.house.store.read(), office.contoso.id, ann.user_id) == {role}
