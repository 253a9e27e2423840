"""*All users*: the list, its filters, and what is done to several at once."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.doors.portal.admin.conftest import Office, rows
from tests.support import world
from tests.support.pages import Page
from vestibule.actions import group_members, grouping, inviting, removing, switching
from vestibule.actions.posting import LetterKind
from vestibule.doors.portal.admin import paths
from vestibule.rules import filters
from vestibule.rules.actors import operator
from vestibule.rules.filters import Filter, Path
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import Deleted, Invited, Present
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, GLOBAL_READER, USER_ADMINISTRATOR
from vestibule.store import user_leads, user_rows, users, words
from vestibule.store.holdings import OWNING
from vestibule.store.listing import Scope
from vestibule.store.unit import Reading
from vestibule.store.user_rows import ROWS

TOKEN = "form_token"
HOME = ["Adele", "Administrator", "Boss"]


async def press(office: Office, address: str, *ids: str, **more: str):
    """Press a button of the toolbar that acts at once: it brings the form's token itself."""
    page = office.browser.here.response.text
    token = page.partition(f'name="{TOKEN}" value="')[2].partition('"')[0]
    return await office.browser.post(address, {TOKEN: token, "id": list(ids), **more})


def headings(page: Page) -> list[str]:
    """What stands above the columns, but for the checkbox."""
    found = re.findall(r'role="columnheader" scope="col"[^>]*>(?:<a[^>]*>)?([^<]*)', page.response.text)
    return [one for one in found if one]


async def crowd(office: Office) -> dict[str, str]:
    """Three guests: one active, one disabled, one waiting. Their ids by name."""
    ada = await world.guest(office.contoso, "ada@elsewhere.example", "Ada")
    ben = await world.guest(office.contoso, "ben@other.example", "Ben")
    await switching.disable(office.town.house, tenant_id=office.contoso.id, user_id=ben.user_id, by=operator())
    asked = inviting.check("cy@elsewhere.example", "https://app.example/", display_name="Cy")
    sent = await inviting.invite(office.town.house, asked, tenant_id=office.contoso.id, by=world.at_portal(office.boss))
    return {"Ada": ada.user_id, "Ben": ben.user_id, "Cy": sent.user_id}


async def test_who_is_here_and_how(office: Office):
    ids = await crowd(office)
    page = await office.open(f"{paths.USERS}?type=guest")
    assert page.h1 == "All users"
    assert rows(page) == ["Ada", "Ben", "Cy"]
    assert page.links["Ada"] == paths.user(ids["Ada"])
    assert "Code by email" in page.text
    assert "1–3 of 3" in page.text
    assert {"Invite external user", "New user", "Export CSV", "Deleted users (0)"} <= set(page.links)


WAYS = ("few are looked up first", "found on the way among many", "everybody is asked")


def go(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages go about a filter as they do where so many fit it."""
    bounds = {
        WAYS[0]: (user_leads.RARE, words.RARE, words.COUNTED),
        WAYS[1]: (-1, -1, words.COUNTED),
        WAYS[2]: (-1,) * 3,
    }
    leads, rare, counted = bounds[way]
    monkeypatch.setattr(user_leads, "RARE", leads)
    monkeypatch.setattr(words, "RARE", rare)
    monkeypatch.setattr(words, "COUNTED", counted)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=active&type=guest", ["Ada"]),
        ("state=disabled", ["Ben"]),
        ("state=waiting", ["Cy"]),
        ("origin=external", ["Ada", "Ben", "Cy"]),
        ("type=guest&provider=email", ["Ada", "Ben"]),
        ("type=guest&domain=other.example", ["Ben"]),
        ("type=guest&domain=@elsewhere.example", ["Ada", "Cy"]),
        ("type=guest&domain=ther.example", []),
        ("search=CY", ["Cy"]),
        ("sponsor=me", ["Cy"]),
        ("type=guest&sponsor=nobody", ["Ada", "Ben"]),
        ("type=guest&last=never", ["Ada", "Ben", "Cy"]),
        ("type=guest&last=30", ["Ada", "Ben", "Cy"]),
        ("type=guest&sort=-name", ["Cy", "Ben", "Ada"]),
        ("origin=internal", HOME),
        ("provider=here", HOME),
        ("type=member", HOME),
        ("type=member&origin=external", []),
        ("provider=email&search=ada", ["Ada"]),
        ("domain=OTHER.example", ["Ben"]),
        ("domain=two-words.other.example", []),
        ("domain=other.example&search=ada", []),
        ("domain=other example", []),
        ("sponsor=me&sort=-last", ["Cy"]),
    ],
)
@pytest.mark.parametrize("way", WAYS)
async def test_filters(office: Office, monkeypatch: pytest.MonkeyPatch, query: str, found: list[str], way: str):
    go(way, monkeypatch)
    await crowd(office)
    page = await office.open(f"{paths.USERS}?{query}")
    assert rows(page) == found
    assert found or "No users match these filters." in page.text


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("search", ["e", "o other", "b", "a elsewhere"])
async def test_a_search_has_the_same_order_whichever_way(
    office: Office, monkeypatch: pytest.MonkeyPatch, search: str, way: str
):
    await crowd(office)
    sorts = ("name", "email", "type", "origin", "invited", "last")
    addresses = [f"{paths.USERS}?search={search}&sort={sign}{sort}" for sort in sorts for sign in ("", "-")]
    wanted = [rows(await office.open(address)) for address in addresses]
    go(way, monkeypatch)
    assert [rows(await office.open(address)) for address in addresses] == wanted
    assert {len(found) for found in wanted} != {0}


async def test_a_domain_with_hyphens_is_found_as_a_whole(office: Office):
    await world.guest(office.contoso, "dee@north-south.example", "Dee")
    assert rows(await office.open(f"{paths.USERS}?domain=north-south.example")) == ["Dee"]
    assert rows(await office.open(f"{paths.USERS}?domain=south.example")) == []


async def test_who_signed_in_lately_is_not_among_those_who_did_not(office: Office):
    assert "Boss" in rows(await office.open(f"{paths.USERS}?type=member"))
    assert "Boss" not in rows(await office.open(f"{paths.USERS}?type=member&last=30"))
    assert "Boss" not in rows(await office.open(f"{paths.USERS}?type=member&last=never"))


async def test_somebody_named_as_sponsor_in_the_address_is_a_choice(office: Office):
    await crowd(office)
    page = await office.open(f"{paths.USERS}?sponsor={office.boss.user_id}")
    assert rows(page) == ["Cy"]
    assert "Remove filter: Sponsor Boss" in page.links


async def test_counting_stops_where_nobody_pages_any_more(office: Office):
    await crowd(office)
    reading = await office.town.house.store.read()
    everybody = await user_rows.count(reading, office.contoso.id)
    assert await user_rows.count_up_to(2, reading, office.contoso.id, None) == 2
    assert await user_rows.count_up_to(100, reading, office.contoso.id, None) == everybody


async def test_who_fits_a_search_is_counted_from_those_who_come_first(office: Office, monkeypatch: pytest.MonkeyPatch):
    await crowd(office)
    reading = await office.town.house.store.read()
    asked: list[frozenset[Path]] = []
    whole = ROWS.count_up_to

    async def count(most: int, reading: Reading, scope: Scope, wanted: Filter | None, **given: Any) -> int:
        asked.append(filters.paths(wanted) if wanted is not None else frozenset())
        return await whole(most, reading, scope, wanted, **given)

    monkeypatch.setattr(ROWS, "count_up_to", count)
    wanted = words.found_by(("elsewhere",), often=words.COUNTED)
    assert await user_rows.count_up_to(1, reading, office.contoso.id, wanted) == 1
    assert asked == [{users.FIRST_WORDS}]
    assert await user_rows.count_up_to(3, reading, office.contoso.id, wanted) == 2
    assert asked[1:] == [{users.FIRST_WORDS}, {users.WORDS}]


async def test_an_organization_without_guests_is_told_how_to_begin(office: Office):
    assert "No external users yet. Invite the first one." in (await office.open(paths.USERS)).text
    await crowd(office)
    assert "No external users yet" not in (await office.open(paths.USERS)).text


async def test_disabling_can_be_taken_back(office: Office):
    ids = await crowd(office)
    await office.open(paths.USERS)
    page = await press(office, paths.DISABLE_USERS, ids["Ada"])
    assert "Ada was disabled." in page.text
    ada = await world.again(office.town.house, office.contoso.id, ids["Ada"])
    assert not ada.standing.enabled_here
    page = await office.browser.press("Undo")
    assert "Ada was enabled." in page.text
    assert (await world.again(office.town.house, office.contoso.id, ids["Ada"])).standing.enabled_here


async def test_several_at_once_and_who_is_beyond_reach(office: Office):
    ids = await crowd(office)
    other = await office.town.member("Other", "other@contoso.example")
    await office.role(other, GLOBAL_ADMINISTRATOR)
    await office.open(paths.USERS)
    page = await press(office, paths.ENABLE_USERS, ids["Ada"], ids["Ben"])
    assert "2 users were enabled." in page.text
    await office.role(office.boss, USER_ADMINISTRATOR)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    page = await press(office, paths.DISABLE_USERS, ids["Ada"], other.user_id)
    assert page.h1 == "Disabled users"
    assert "Not done: your role doesn't reach this user." in page.text
    assert not (await world.again(office.town.house, office.contoso.id, ids["Ada"])).standing.enabled_here
    assert (await world.again(office.town.house, office.contoso.id, other.user_id)).standing.enabled_here


async def test_nobody_ticked(office: Office):
    await office.open(paths.USERS)
    page = await press(office, paths.DISABLE_USERS)
    assert (page.status, page.problem) == (400, "There is a problem Select at least one user.")


async def test_everybody_who_matches(office: Office):
    ids = await crowd(office)
    await office.open(paths.USERS)
    page = await press(office, paths.DISABLE_USERS, pick="all", of="type=guest&state=active")
    assert "Ada was disabled." in page.text
    assert isinstance((await world.again(office.town.house, office.contoso.id, ids["Cy"])).stage, Invited)


async def test_an_invitation_is_sent_again_only_to_who_waits(office: Office):
    ids = await crowd(office)
    await office.open(paths.USERS)
    page = await press(office, paths.RESEND_INVITATIONS, ids["Cy"])
    assert "Cy was invited again." in page.text
    sent = [one for one in await office.town.letters() if one.kind == LetterKind.INVITATION]
    assert [one.recipient for one in sent] == ["cy@elsewhere.example"]
    await office.open(paths.USERS)
    page = await press(office, paths.RESEND_INVITATIONS, ids["Ada"])
    assert "Not sent: no invitation waits to be accepted." in page.text


async def test_deleting_says_what_goes_and_until_when(office: Office):
    ids = await crowd(office)
    made = NewGroup("Readers", mail_nickname="readers")
    group = await grouping.create_group(office.town.house, made, tenant_id=office.contoso.id, by=operator())
    await office.open(f"{paths.ADD_TO_GROUP}?id={ids['Ada']}")
    page = await office.browser.press("Add")
    assert page.problem == "There is a problem Choose a group."
    page = await office.browser.press("Add", group=group.group_id)
    assert "Ada was added to the group." in page.text
    page = await office.open(f"{paths.DELETE_USERS}?{urlencode({'id': ids['Ada']})}")
    assert page.h1 == "Delete Ada?"
    assert "1 April 2026" in page.text or "April 1, 2026" in page.text
    assert "Readers" in page.text
    page = await office.browser.press("Delete")
    assert "Ada was deleted." in page.text
    assert "Deleted users (1)" in page.links
    assert isinstance((await world.again(office.town.house, office.contoso.id, ids["Ada"])).stage, Deleted)


async def test_what_nobody_else_owns_is_named_before_deleting(office: Office):
    ids = await crowd(office)
    group = await grouping.create_group(
        office.town.house, NewGroup("Project", mail_nickname="project"), tenant_id=office.contoso.id, by=operator()
    )
    here: dict[str, Any] = {"tenant_id": office.contoso.id, "group_id": group.group_id, "by": operator()}
    await group_members.add_owner(office.town.house, user_id=ids["Ada"], **here)
    page = await office.open(f"{paths.DELETE_USERS}?id={ids['Ada']}")
    assert "Nobody else owns this." in page.text
    assert "New owner of Project" in page.text
    await group_members.add_owner(office.town.house, user_id=ids["Cy"], **here)
    assert "Nobody else owns" not in (await office.open(f"{paths.DELETE_USERS}?id={ids['Ada']}")).text


async def test_what_nobody_else_owns_is_handed_over_with_the_deletion(office: Office):
    ids = await crowd(office)
    group = await grouping.create_group(
        office.town.house,
        NewGroup("Project", mail_nickname="project"),
        tenant_id=office.contoso.id,
        by=operator(),
        owner_ids=[ids["Ada"]],
        member_ids=[ids["Cy"]],
    )
    await office.open(f"{paths.DELETE_USERS}?id={ids['Ada']}")
    await removing.remove(office.town.house, tenant_id=office.contoso.id, user_id=ids["Cy"], by=operator())
    field = f"heir-{group.group_id}"
    page = await office.browser.press("Delete", **{field: ids["Cy"]})
    assert (page.status, page.h1) == (409, "Delete Ada?")
    assert "Choose again." in page.problem
    page = await office.browser.press("Delete", **{field: office.boss.user_id})
    assert "Ada was deleted." in page.text
    owners = await OWNING.of_thing(await office.town.house.store.read(), office.contoso.id, group.group_id)
    assert [one.user_id for one in owners] == [office.boss.user_id]


async def test_a_reader_sees_no_buttons_and_changes_nothing(office: Office):
    ids = await crowd(office)
    await office.role(office.boss, GLOBAL_READER)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    page = await office.open(paths.USERS)
    assert "New user" not in page.links
    assert all("Disable" not in form.buttons for form in page.forms)
    page = await press(office, paths.DISABLE_USERS, ids["Ada"])
    assert "Not done: your role doesn't reach this user." in page.text
    assert isinstance((await world.again(office.town.house, office.contoso.id, ids["Ada"])).stage, Present)
    refused = await world.last_event(office.contoso)
    assert (refused.type, refused.reason) == ("membership.disable", "notAllowed")


async def test_without_the_forms_token_nothing_happens(office: Office):
    ids = await crowd(office)
    page = await office.browser.post(paths.DISABLE_USERS, {"id": ids["Ada"]})
    assert page.status == 403
    assert (await world.again(office.town.house, office.contoso.id, ids["Ada"])).standing.enabled_here


async def test_the_figures_of_the_overview_lead_to_their_rows(office: Office):
    await crowd(office)
    links = (await office.open(paths.OVERVIEW)).links
    guests, waiting = (next(url for name, url in links.items() if word in name) for word in ("Guests now", "Waiting"))
    assert rows(await office.open(guests)) == ["Ada", "Ben", "Cy"]
    assert rows(await office.open(waiting)) == ["Cy"]


async def test_the_columns_that_are_chosen_stand_in_the_address_and_stay(office: Office):
    await crowd(office)
    page = await office.open(paths.USERS)
    assert ("Sponsor" in headings(page), "Email" in headings(page)) == (True, True)
    page = await office.open(f"{paths.USERS}?columns=&column=email&column=groups&type=guest&column=nonsense")
    assert headings(page) == ["Name", "Email", "Groups"]
    assert "columns=email%2Cgroups" in page.links["Name"]
    page = await office.open(page.links["Name"])
    assert headings(page) == ["Name", "Email", "Groups"]
    assert 'data-label="Sponsor"' not in page.response.text
    assert "columns=email%2Cgroups" in page.links["Clear all filters"]
    assert headings(await office.open(f"{paths.USERS}?columns=")) == ["Name"]
    assert "Sponsor" in headings(
        await office.open(f"{paths.USERS}?columns=email,type,origin,state,provider,sponsor,invited,last,groups")
    )
