"""Legal holds in the Admin center: who sees why, setting one, lifting one, and what other pages say of it."""

from functools import partial
from urllib.parse import urlencode

import pytest

from tests.doors.portal.admin.conftest import Office
from tests.doors.portal.admin.test_exports import lines
from tests.support import world
from vestibule.actions import due, erasing, holding
from vestibule.doors.portal.admin import paths
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import Deleted, Purged
from vestibule.rules.roles import COMPLIANCE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, PRIVACY_READER, USER_ADMINISTRATOR
from vestibule.store import erasure_lists, erasures, holds
from vestibule.store.erasures import Erasure
from vestibule.store.holds import Hold
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit

WHY = "Claim 17 <of> the landlord"


async def held(office: Office, who: Membership, reason: str = WHY) -> Hold:
    """A hold that the administrator set."""
    at = {"tenant_id": office.contoso.id, "user_id": who.user_id}
    return await holding.set_hold(office.town.house, reason=reason, by=world.at_portal(office.boss), **at)


async def every(office: Office, who: Membership) -> list[Hold]:
    """All holds on somebody."""
    return await holds.of_user(await office.town.house.store.read(), office.contoso.id, who.user_id)


async def test_setting_and_lifting_from_the_users_page(office: Office):
    ada = await world.guest(office.contoso, "ada@elsewhere.example", "Ada")
    page = await office.open(paths.user(ada.user_id))
    assert "On hold" not in page.text
    page = await office.browser.follow("Set legal hold")
    assert page.h1 == "Set a legal hold on Ada?"
    page = await office.press("Set legal hold", reason=" ", reference="2027-17")
    assert page.response.status_code == 400
    assert "Say why, in one line of at most 500 characters." in page.text
    page = await office.press("Set legal hold", reason="Claim 17", reference="x" * 101)
    assert "Enter a reference in one line of at most 100 characters." in page.text
    page = await office.press("Set legal hold", reason=WHY, reference="2027-17")
    assert page.h1 == "Legal holds on Ada"
    assert "Ada is on hold. Nothing about them is deleted." in page.text
    assert WHY in page.text
    assert "2027-17" in page.text
    assert "by Boss." in page.text
    [one] = await every(office, ada)
    assert (one.reason, one.reference, one.set_by) == (WHY, "2027-17", office.boss.user_id)

    page = await office.open(paths.user(ada.user_id))
    assert "On hold: nothing about them is deleted until every legal hold is lifted." in page.text
    assert WHY in page.text
    assert "Legal hold set" in (await office.open(paths.user_tab(ada.user_id, "lifecycle"))).text
    await office.open(paths.holds(ada.user_id))
    page = await office.browser.follow(f"Lift hold: {WHY}")
    assert page.h1 == "Lift a legal hold on Ada?"
    assert "No other legal hold stands" in page.text
    assert (await office.press("Lift hold", reason="")).response.status_code == 400
    page = await office.press("Lift hold", reason="Settled out of court")
    assert "A legal hold on Ada was lifted." in page.text
    assert "Settled out of court" in page.text
    assert not (await office.again(ada)).standing.held
    page = await office.open(f"{paths.holds(ada.user_id, 'lift')}?{urlencode({'hold': one.hold_id})}")
    assert page.h1 == "Legal holds on Ada"


async def test_a_deleted_user_on_hold_is_not_deleted_for_good(office: Office):
    ada, ben = await office.deleted("Ada", "Ben")
    await held(office, ada)
    page = await office.open(paths.DELETED_USERS)
    assert page.text.count("On hold") >= 1
    assert WHY in page.text
    page = await office.open(f"{paths.PURGE}?{urlencode({'id': ada.user_id})}")
    assert page.response.status_code == 400
    assert "They're on hold: nothing about them can be deleted until every legal hold is lifted." in page.text

    await office.open(f"{paths.PURGE}?{urlencode([('id', ada.user_id), ('id', ben.user_id)])}")
    page = await office.press("Delete permanently", ada.user_id, ben.user_id, number="2")
    assert "Not deleted: a legal hold keeps their data." in page.text
    assert isinstance((await office.again(ada)).stage, Deleted)
    assert isinstance((await office.again(ben)).stage, Purged)
    page = await office.open(paths.user(ada.user_id))
    assert "Can be restored until" in page.text
    assert "Permanent deletion on" not in page.text
    [heads, row] = await lines(office, paths.DELETED_USERS_CSV)
    assert (heads[-1], row[-1]) == ("On hold", "true")


async def test_past_the_date_they_are_on_hold_and_not_late(office: Office):
    [ada] = await office.deleted("Ada")
    await held(office, ada)
    await office.days_pass(31)
    await due.run_due(office.town.house)
    assert "Ada" not in (await office.open(paths.DELETED_USERS)).text
    assert (
        "The data of 1 person would be removed by now, and is on hold." in (await office.open(paths.DATA_REMOVAL)).text
    )
    assert "1 person is on hold past the date" in (await office.open(paths.OVERVIEW)).text
    page = await office.browser.open(paths.HOLDS)
    assert "Deletion waits for the hold" in page.text
    assert WHY in page.text
    page = await office.open(paths.holds(ada.user_id))
    assert "Show user" not in page.links
    await office.browser.follow(f"Lift hold: {WHY}")
    await office.press("Lift hold", reason="Settled")
    await due.run_due(office.town.house)
    assert [each.verb.value for each in await due.run_due(office.town.house)] == []
    page = await office.open(paths.DATA_REMOVAL)
    assert "would be removed by now" not in page.text
    assert "Done" in page.text
    assert (await every(office, ada)) == []
    page = await office.open(paths.holds(ada.user_id, "set"))
    assert page.h1 == f"Set a legal hold on {ada.audit_tag[:12]}?"
    page = await office.press("Set legal hold", reason="Too late")
    assert page.response.status_code == 409
    assert "It's too late for a legal hold: their data is being removed, or is gone." in page.text


async def test_a_data_removal_on_hold_says_so(office: Office):
    [ada] = await office.deleted("Ada")
    await erasing.purge(office.town.house, tenant_id=office.contoso.id, user_id=ada.user_id, by=operator())
    await held(office, ada)
    await office.days_pass(40)
    await due.run_due(office.town.house)
    page = await office.open(f"{paths.DATA_REMOVAL}?state=held")
    assert ada.audit_tag[:12] in page.text
    assert "chip-danger" not in page.response.text
    assert ada.audit_tag[:12] not in (await office.open(f"{paths.DATA_REMOVAL}?due=late")).text
    page = await office.open(paths.removal(ada.user_id))
    assert "On hold: nothing about them is deleted" in page.text
    assert WHY in page.text
    found, late = await erasure_lists.unfinished(await office.town.house.store.read(), office.contoso.id)
    assert (found, late) == (1, 0)
    waiting = await erasures.find(await office.town.house.store.read(), office.contoso.id, ada.user_id)
    assert waiting is not None
    await office.town.house.store.change(partial(_waits, waiting))
    assert ada.audit_tag[:12] in (await office.open(f"{paths.DATA_REMOVAL}?state=waiting")).text


async def _waits(waiting: Erasure, unit: Unit) -> None:
    erasures.become(unit, waiting, erasures.WAITING)


@pytest.mark.parametrize(
    ("role", "sees", "sets"),
    [(COMPLIANCE_ADMINISTRATOR, True, True), (PRIVACY_READER, True, False), (USER_ADMINISTRATOR, False, False)],
)
async def test_who_sees_why_and_who_sets(office: Office, role: str, sees: bool, sets: bool):
    [ada] = await office.deleted("Ada")
    await held(office, ada)
    await office.role(office.boss, role)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    page = await office.open(paths.holds(ada.user_id))
    assert (page.response.status_code == 200) is sees
    assert (WHY in page.text) is sees
    assert ("Set legal hold" in page.links) is sets
    if role == USER_ADMINISTRATOR:
        page = await office.open(paths.DELETED_USERS)
        assert "On hold" in page.text
        assert WHY not in page.text
