"""*Deleted users*: the list, restoring, deleting for good."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.doors.portal.admin.conftest import Office, rows
from tests.support import world
from vestibule.actions import asking, group_members, grouping, leaving, removing
from vestibule.doors.portal.admin import paths
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import Deleted, Present, Purged
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, GLOBAL_READER
from vestibule.store import hanging


def chosen(path: str, *ids: str) -> str:
    return f"{path}?{urlencode([('id', one) for one in ids])}"


async def test_who_is_there_why_and_until_when(office: Office):
    [ada] = await office.deleted("Ada")
    ben = await world.guest(office.contoso, "ben@elsewhere.example", "Ben")
    await office.days_pass(3)
    await leaving.leave(office.town.house, tenant_id=office.contoso.id, by=world.at_portal(ben), key="k")
    page = await office.open(paths.DELETED_USERS)
    assert page.h1 == "Deleted users"
    assert rows(page) == ["Ada", "Ben"]  # fewest days left first
    assert "Deleted by an admin" in page.text
    assert "Left on their own" in page.text
    assert "Boss" in page.text
    assert "1–2 of 2" in page.text
    assert f"/admin/users/{ada.user_id}" in page.links.values()


async def test_filters_stand_in_the_address_and_can_be_taken_away(office: Office):
    await office.deleted("Ada")
    ben = await world.guest(office.contoso, "ben@elsewhere.example", "Ben")
    await leaving.leave(office.town.house, tenant_id=office.contoso.id, by=world.at_portal(ben), key="k")
    assert rows(await office.open(f"{paths.DELETED_USERS}?why=left")) == ["Ben"]
    assert "Remove filter: Why Left on their own" in office.browser.here.links
    assert rows(await office.browser.follow("Clear all filters")) == ["Ada", "Ben"]
    assert rows(await office.open(f"{paths.DELETED_USERS}?search=ADA")) == ["Ada"]
    assert rows(await office.open(f"{paths.DELETED_USERS}?search=elsewhere&why=removed")) == ["Ada"]
    assert "No users match these filters." in (await office.open(f"{paths.DELETED_USERS}?days=3")).text
    await office.days_pass(27.001)
    assert rows(await office.open(f"{paths.DELETED_USERS}?days=3")) == ["Ada", "Ben"]


async def test_who_asks_to_come_back_is_marked(office: Office):
    ben = await world.guest(office.contoso, "ben@elsewhere.example", "Ben")
    done = await leaving.leave(office.town.house, tenant_id=office.contoso.id, by=world.at_portal(ben), key="k")
    await asking.ask_restore(office.town.house, receipt_id=done.receipt.receipt_id, by=world.at_portal(ben))
    await office.deleted("Ada")
    assert rows(await office.open(f"{paths.DELETED_USERS}?asked=yes")) == ["Ben"]
    assert rows(await office.open(f"{paths.DELETED_USERS}?asked=no")) == ["Ada"]


async def test_paging_on_and_back_repeats_and_hides_nobody(office: Office):
    await office.deleted(*(f"G{number:02}" for number in range(30)))
    first = rows(await office.open(f"{paths.DELETED_USERS}?sort=name"))
    second = rows(await office.browser.follow("Next page"))
    assert [*first, *second] == [f"G{number:02}" for number in range(30)]
    assert "26–30 of 30" in office.browser.here.text
    assert "Next page" not in office.browser.here.links
    assert rows(await office.browser.follow("Previous page")) == first
    assert "1–25 of 30" in office.browser.here.text
    down = rows(await office.open(f"{paths.DELETED_USERS}?sort=-name"))
    assert down == sorted(down, reverse=True)


async def test_a_forged_position_is_as_if_it_were_not_there(office: Office):
    await office.deleted("Ada")
    assert rows(await office.open(f"{paths.DELETED_USERS}?after=WzEsMl0.{'A' * 43}&at=99&size=7&sort=nonsense")) == [
        "Ada"
    ]


async def test_restoring_one(office: Office):
    [ada] = await office.deleted("Ada")
    page = await office.open(chosen(paths.RESTORE, ada.user_id))
    assert page.h1 == "Restore Ada?"
    page = await office.browser.press("Restore")
    assert page.path == paths.DELETED_USERS
    assert "Ada was restored." in page.text
    assert isinstance((await office.again(ada)).stage, Present)
    assert "was restored" not in (await office.open(paths.DELETED_USERS)).text  # said once


async def test_restoring_a_part(office: Office):
    ada = await world.guest(office.contoso, "ada@elsewhere.example", "Ada")
    house = office.town.house
    here: dict[str, Any] = {"tenant_id": office.contoso.id, "by": operator()}
    ids = {}
    for name in ("North", "South", "Gone"):
        new = NewGroup(name, name.lower())
        ids[name] = (await grouping.create_group(house, new, **here, member_ids=[ada.user_id])).group_id
    await removing.remove(house, user_id=ada.user_id, **here)
    await group_members.remove_member(house, group_id=ids["Gone"], user_id=ada.user_id, **here)
    page = await office.open(chosen(paths.RESTORE, ada.user_id))
    assert "Gone (taken away meanwhile)" in page.text
    ticked = re.findall(r'name="back" value="(group:[^"]+)" checked', page.response.text)
    assert sorted(ticked) == sorted(f"group:{ids[name]}:" for name in ("North", "South"))
    page = await office.press("Restore", ada.user_id, back=f"group:{ids['North']}:")
    assert "Ada was restored. Not restored: Gone (taken away meanwhile) and South (left out)." in page.text
    held = await hanging.everything(await house.store.read(), office.contoso.id, ada.user_id)
    assert [one.name for one in held] == ["North"]


async def test_restoring_several(office: Office):
    found = await office.deleted("Ada", "Ben")
    await office.open(chosen(paths.RESTORE, *(one.user_id for one in found)))
    assert office.browser.here.h1 == "Restore 2 users?"
    page = await office.press("Restore", *(one.user_id for one in found))
    assert page.h1 == "Restored users"
    assert page.text.count("Restored") >= 2
    assert {type((await office.again(one)).stage) for one in found} == {Present}


async def test_deleting_one_for_good(office: Office):
    [ada] = await office.deleted("Ada")
    page = await office.open(chosen(paths.PURGE, ada.user_id))
    assert page.h1 == "Delete Ada permanently?"
    assert "Type" not in page.text
    page = await office.browser.press("Delete permanently")
    assert "Ada was permanently deleted." in page.text
    assert isinstance((await office.again(ada)).stage, Purged)


@pytest.mark.parametrize("typed", ["", "1", "3", "two"])
async def test_a_wrong_number_deletes_nobody(office: Office, typed: str):
    found = await office.deleted("Ada", "Ben")
    await office.open(chosen(paths.PURGE, *(one.user_id for one in found)))
    assert office.browser.here.h1 == "Delete 2 users permanently?"
    page = await office.press("Delete permanently", *(one.user_id for one in found), number=typed)
    assert page.status == 400
    assert "Type 2, the number of selected users." in page.problem
    assert {type((await office.again(one)).stage) for one in found} == {Deleted}


async def test_deleting_several_for_good(office: Office):
    await office.deleted("Ada", "Ben")
    # Everybody who matches, as the link above the table picks them.
    await office.open(f"{paths.PURGE}?pick=all&of=")
    page = await office.browser.press("Delete permanently", number="2")
    assert page.h1 == "Permanently deleted users"
    assert rows(page) == ["Ada", "Ben"]
    assert rows(await office.open(paths.DELETED_USERS)) == []


@pytest.mark.parametrize("path", [paths.RESTORE, paths.PURGE])
async def test_nobody_selected(office: Office, path: str):
    await office.deleted("Ada")
    page = await office.open(path)
    assert page.status == 400
    assert page.h1 == "Deleted users"
    assert "Select at least one user." in page.problem


async def test_more_than_two_hundred_are_not_deleted_at_once(office: Office):
    await office.deleted(*(f"G{number}" for number in range(201)))
    page = await office.open(f"{paths.PURGE}?pick=all&of=")
    assert "Select at most 200 users." in page.problem


async def test_another_organizations_deleted_user_is_not_found(office: Office):
    other = await world.guest(office.town.fabrikam, "x@elsewhere.example", "Xen")
    await leaving.leave(office.town.house, tenant_id=office.town.fabrikam.id, by=world.at_portal(other), key="k")
    assert "Select at least one user." in (await office.open(chosen(paths.PURGE, other.user_id))).problem


async def test_a_form_of_another_session_does_nothing(office: Office):
    [ada] = await office.deleted("Ada")
    page = await office.browser.post(paths.PURGE, {"id": ada.user_id, "form_token": "forged"})
    assert page.status == 403
    assert isinstance((await office.again(ada)).stage, Deleted)


async def test_who_only_reads_may_look_and_not_act(office: Office):
    [ada] = await office.deleted("Ada")
    await office.role(office.boss, GLOBAL_READER)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    assert rows(await office.open(paths.DELETED_USERS)) == ["Ada"]
    await office.open(chosen(paths.RESTORE, ada.user_id))
    page = await office.browser.press("Restore")
    assert page.status == 403
    assert page.h1 == "You need the User Administrator role"
    assert isinstance((await office.again(ada)).stage, Deleted)
