"""Who may open the Admin center, and what everybody else sees there."""

import pytest

from tests.doors.portal.admin.conftest import Office
from tests.doors.portal.conftest import Town
from tests.support import world
from vestibule.doors.portal.admin import paths
from vestibule.rules.roles import DIRECTORY_READERS, GLOBAL_ADMINISTRATOR, GUEST_INVITER

BUILT = [paths.DELETED_USERS, paths.PROPERTIES, paths.COLLABORATION]


@pytest.mark.parametrize("address", BUILT)
async def test_an_administrator_opens_it_and_nobody_else(office: Office, town: Town, address: str):
    page = await office.open(address)
    assert page.status == 200
    assert page.title.endswith("- Admin center - Vestibule")
    stranger = town.browser()
    assert (await stranger.open(address)).h1 == "Sign in"
    member = town.browser()
    await town.sign_in(member)
    refused = await member.open(address)
    assert refused.status == 403
    assert refused.h1.startswith("You need the ")
    assert "Deleted users" in refused.links  # what there is stays visible


async def test_it_names_the_least_role(town: Town, browser):
    await town.sign_in(browser)
    assert (await browser.open(paths.DELETED_USERS)).h1 == "You need the User Administrator role"


@pytest.mark.parametrize("role", [DIRECTORY_READERS, GUEST_INVITER])
async def test_a_role_that_does_not_reach_the_page(office: Office, role: str):
    await office.role(office.boss, role)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    assert (await office.open(paths.DELETED_USERS)).status == 403


async def test_a_role_has_no_effect_on_an_emailed_code(office: Office, town: Town):
    """Holding it is not enough: the code proves a mailbox."""
    guest = await world.guest(office.contoso, "sam@mailbox.example", "Sam")
    await office.role(guest, GLOBAL_ADMINISTRATOR)
    browser = town.browser()
    await town.sign_in_by_code(browser, "sam@mailbox.example", "/signin?next=/admin/users/deleted")
    page = await browser.open(paths.DELETED_USERS)
    assert page.status == 403
    assert "emailed code" in page.text


async def test_a_refused_form_is_written_down(office: Office, town: Town):
    browser = town.browser()
    await town.sign_in(browser)
    before = len(await world.events(office.contoso))
    page = await browser.post(paths.PURGE, {"id": office.boss.user_id})
    assert page.status == 403
    told = await world.events(office.contoso)
    assert len(told) == before + 1
    assert (told[-1].type, told[-1].reason) == ("membership.purge", "notAllowed")


async def test_a_role_that_is_taken_counts_on_the_next_request(office: Office):
    assert (await office.open(paths.PROPERTIES)).status == 200
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    assert (await office.open(paths.PROPERTIES)).status == 403
