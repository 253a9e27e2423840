"""*Requests*: the most pressing first, one page each, and what is answered there."""

from datetime import timedelta
from typing import Any

from tests.doors.portal.admin.conftest import Office
from tests.support import world
from tests.support.pages import Page
from vestibule.actions import asking, asking_erasure, holding, leaving, policies, restoring
from vestibule.actions.posting import LetterKind
from vestibule.doors.portal.admin import paths
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import Deleted, Present, Purged
from vestibule.rules.person_requests import Kind
from vestibule.rules.roles import (
    EXTERNAL_IDP_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
    PRIVACY_READER,
    USER_ADMINISTRATOR,
)
from vestibule.store import requests
from vestibule.store.memberships import Membership


async def gone(office: Office, name: str) -> Membership:
    """A guest who left and asked to be erased."""
    who = await world.guest(office.contoso, f"{name.lower()}@elsewhere.example", name)
    by = world.at_portal(who)
    await leaving.leave(office.town.house, tenant_id=office.contoso.id, by=by, key=name, erase=True)
    return who


async def kept(office: Office, name: str) -> Membership:
    """A guest who may not leave, and asked to be removed."""
    who = await world.guest(office.contoso, f"{name.lower()}@elsewhere.example", name)
    here: dict[str, Any] = {"tenant_id": office.contoso.id}
    await policies.change_leave_setting(office.town.house, guests_may_leave=False, by=operator(), **here)
    await asking.ask_removal(office.town.house, user_id=who.user_id, by=world.at_portal(who), **here)
    return who


async def only(office: Office, role: str) -> None:
    await office.role(office.boss, role)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)


def names_of(page: Page) -> list[str]:
    body = page.response.text.partition("<tbody")[2].partition("</tbody>")[0]
    return [part.partition("</span>")[0] for part in body.split('<span dir="auto">')[1:]]


def page_of(who: Membership, act: str = "") -> str:
    return paths.request(who.user_id, Kind.ERASURE, act)


async def answer_of(office: Office, who: Membership) -> str | None:
    found = await requests.of_membership(await office.town.house.store.read(), office.contoso.id, who.user_id)
    return found[Kind.ERASURE].answer


async def test_the_most_pressing_comes_first_and_answered_ones_last(office: Office):
    assert "Nobody has asked for anything." in (await office.open(paths.REQUESTS)).text
    ada = await gone(office, "Ada")
    await office.days_pass(25)
    await kept(office, "Ben")
    page = await office.open(paths.REQUESTS)
    assert names_of(page) == ["Ada", "Ben"]
    assert "Due soon" in page.text
    assert ">Overdue</span>" not in page.response.text
    assert names_of(await office.open(f"{paths.REQUESTS}?due=7")) == ["Ada"]
    assert names_of(await office.open(f"{paths.REQUESTS}?kind=removal")) == ["Ben"]
    overview = (await office.open(paths.OVERVIEW)).text
    assert "Ada asks to have their data removed" in overview
    assert "Ben asks to be removed" in overview
    assert "Due soon" in overview
    await office.open(page_of(ada, "refuse"))
    await office.browser.press("Refuse", ground="legalClaims", message="A dispute is open.")
    page = await office.open(paths.REQUESTS)
    assert names_of(page) == ["Ben", "Ada"]
    assert "Refused" in page.text
    assert names_of(await office.open(f"{paths.REQUESTS}?state=answered")) == ["Ada"]
    await office.days_pass(32)
    page = await office.open(f"{paths.REQUESTS}?due=late")
    assert names_of(page) == ["Ben"]
    assert ">Overdue</span>" in page.response.text
    file = await office.open(f"{paths.REQUESTS_CSV}?headers=keys")
    head, first = file.response.text.lstrip("\ufeff").split("\r\n")[:2]
    assert head == "id,displayName,mail,kind,askedDateTime,dueDateTime,extended,state,answeredDateTime,ground,byAddress"
    assert first.split(",")[1:4] == ["Ben", "ben@elsewhere.example", "removal"]


async def test_granting_asks_first_and_deletes_for_good(office: Office):
    who = await gone(office, "Ada")
    page = await office.open(page_of(who))
    assert page.h1 == "Removal of data: Ada"
    assert {"Grant", "Extend", "Refuse"} <= set(page.links)
    assert "They left, and asked for it as they left." in page.text
    page = await office.browser.follow("Grant")
    assert page.h1 == "Delete Ada permanently?"
    page = await office.browser.press("Delete permanently")
    assert (page.path, "Ada was permanently deleted." in page.text) == (paths.REQUESTS, True)
    assert isinstance((await office.again(who)).stage, Purged)
    [letter] = [one for one in await office.town.letters() if one.kind == LetterKind.PURGED]
    assert (letter.recipient, letter.facts["cause"]) == ("ada@elsewhere.example", "askedFor")


async def test_a_page_that_was_open_before_a_restore_deletes_nobody(office: Office):
    who = await gone(office, "Ada")
    stale = await office.open(page_of(who, "grant"))
    await restoring.restore(
        office.town.house, tenant_id=office.contoso.id, user_id=who.user_id, by=office.contoso.admin
    )
    office.browser.page = stale
    page = await office.browser.press("Delete permanently")
    assert "This request has changed in the meantime, so nothing was done." in page.text
    assert isinstance((await office.again(who)).stage, Present)
    assert await answer_of(office, who) is None


async def test_what_was_withdrawn_is_not_answered(office: Office):
    who = await gone(office, "Ada")
    forms = {act: await office.open(page_of(who, act)) for act in ("grant", "refuse", "extend")}
    await asking_erasure.withdraw_erasure(
        office.town.house, tenant_id=office.contoso.id, user_id=who.user_id, by=world.at_portal(who)
    )
    for button, act, typed in (
        ("Delete permanently", "grant", {}),
        ("Refuse", "refuse", {"ground": "excessive"}),
        ("Extend", "extend", {"months": "1", "message": "Holidays."}),
    ):
        office.browser.page = forms[act]
        page = await office.browser.press(button, **typed)
        assert "This request has changed in the meantime, so nothing was done." in page.text
        assert (await office.open(page_of(who, act))).path == page_of(who)
    assert await answer_of(office, who) == "withdrawn"
    assert isinstance((await office.again(who)).stage, Deleted)


async def test_refusing_needs_a_ground_of_the_law(office: Office):
    who = await gone(office, "Ada")
    await office.open(page_of(who))
    await office.browser.follow("Refuse")
    page = await office.browser.press("Refuse", ground="inconvenient")
    assert (page.status, page.problem) == (400, "There is a problem Choose one of the grounds.")
    page = await office.browser.press("Refuse", ground="legalObligation", message="x" * 1001)
    assert (page.status, page.problem) == (400, "There is a problem Enter a message of at most 1,000 characters.")
    page = await office.browser.press("Refuse", ground="legalObligation", message="Invoices stay.")
    assert "Ada was told that you refuse." in page.text
    assert "The law obliges the organization to keep the data" in page.text
    assert "Grant" not in page.links
    [letter] = [one for one in await office.town.letters() if one.kind == LetterKind.ERASURE_REFUSED]
    assert (letter.facts["ground"], letter.facts["message"]) == ("legalObligation", "Invoices stay.")


async def test_more_time_is_taken_once(office: Office):
    who = await gone(office, "Ada")
    await office.open(page_of(who))
    await office.browser.follow("Extend")
    page = await office.browser.press("Extend", months="3", message="Holidays.")
    assert (page.status, page.problem) == (400, "There is a problem Choose one or two months.")
    page = await office.browser.press("Extend", months="2", message=" ")
    assert (page.status, page.problem) == (
        400,
        "There is a problem Say why you need more time, in at most 1,000 characters.",
    )
    page = await office.browser.press("Extend", months="2", message="We look through the archive.")
    assert "Ada was told that the answer takes longer." in page.text
    assert "Open, extended" in page.text
    assert "Extend" not in page.links
    [letter] = [one for one in await office.town.letters() if one.kind == LetterKind.REQUEST_EXTENDED]
    assert letter.facts["message"] == "We look through the archive."


async def test_a_request_to_be_removed_is_answered_from_its_page(office: Office):
    who = await kept(office, "Ben")
    page = await office.open(paths.request(who.user_id, Kind.REMOVAL))
    assert page.h1 == "Removal: Ben"
    assert {"Remove", "Keep", "Extend"} <= set(page.links)
    assert {"Grant", "Refuse"}.isdisjoint(page.links)
    await office.open(paths.request(who.user_id, Kind.REMOVAL, "extend"))
    page = await office.browser.press("Extend", months="1", message="Holidays.")
    assert "Open, extended" in page.text
    await office.browser.follow("Keep")
    await office.browser.press("Keep")
    page = await office.open(paths.request(who.user_id, Kind.REMOVAL))
    assert "Kept" in page.text
    assert "Extend" not in page.links


async def test_who_is_still_here_takes_the_right_to_remove_too(office: Office):
    who = await kept(office, "Ben")
    here: dict[str, Any] = {"tenant_id": office.contoso.id, "user_id": who.user_id}
    await asking_erasure.ask_erasure(office.town.house, by=world.at_portal(who), **here)
    await only(office, EXTERNAL_IDP_ADMINISTRATOR)
    page = await office.open(page_of(who))
    assert ("Grant" in page.links, "Refuse" in page.links) == (False, True)
    await office.open(page_of(who, "grant"))
    assert (await office.browser.press("Delete permanently")).status == 403
    assert isinstance((await office.again(who)).stage, Present)
    await office.role(office.boss, USER_ADMINISTRATOR)
    await office.open(page_of(who, "grant"))
    await office.browser.press("Delete permanently")
    assert isinstance((await office.again(who)).stage, Purged)


async def test_readers_read_and_answer_nothing(office: Office):
    who = await gone(office, "Ada")
    for role in (GLOBAL_READER, PRIVACY_READER):
        await only(office, role)
        page = await office.open(page_of(who))
        assert page.status == 200
        assert {"Grant", "Extend", "Refuse"}.isdisjoint(page.links)
        for act, button, typed in (
            ("grant", "Delete permanently", {}),
            ("refuse", "Refuse", {"ground": "excessive"}),
            ("extend", "Extend", {"months": "1", "message": "Holidays."}),
        ):
            await office.open(page_of(who, act))
            assert (await office.browser.press(button, **typed)).status == 403
        await office.role(office.boss, GLOBAL_ADMINISTRATOR)
        await office.role(office.boss, role, gives=False)
    assert await answer_of(office, who) is None
    assert timedelta() < (await office.again(who)).stage.purge_due - office.town.clock().now()  # type: ignore[union-attr]


async def test_nothing_is_found_of_others(office: Office):
    other = await world.organization(office.town.house, "Litware")
    who = await world.guest(other, "ada@elsewhere.example", "Ada")
    await leaving.leave(office.town.house, tenant_id=other.id, by=world.at_portal(who), key="k", erase=True)
    assert (await office.open(page_of(who))).status == 404
    assert "Ada" not in (await office.open(paths.REQUESTS)).text
    assert (await office.open(page_of(office.boss))).status == 404


async def test_whoever_is_on_hold_cannot_be_granted_it_and_the_page_says_why(office: Office):
    ada = await gone(office, "Ada")
    here: dict[str, Any] = {"tenant_id": office.contoso.id, "user_id": ada.user_id}
    await holding.set_hold(office.town.house, **here, reason="A claim", by=world.at_portal(office.boss))
    await office.open(page_of(ada, "grant"))
    page = await office.browser.press("Delete permanently")
    assert page.status == 409
    assert "They're on hold" in page.text
    assert isinstance((await office.again(ada)).stage, Deleted)
