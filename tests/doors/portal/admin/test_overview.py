"""*Overview*: the figures, and what needs attention."""

from tests.doors.portal.admin.conftest import Office
from tests.support import asked_by_address as stranger
from tests.support import world
from vestibule.actions import answering_data_requests, asking, leaving, policies
from vestibule.doors.portal.admin import paths
from vestibule.rules.actors import operator
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR


async def test_a_calm_day(office: Office):
    page = await office.open("/admin")
    assert page.path == paths.OVERVIEW
    assert page.h1 == "Overview"
    assert "Nothing needs your attention." in page.text


async def test_the_figures_lead_to_what_they_count(office: Office):
    await world.guest(office.contoso, "cy@elsewhere.example", "Cy")
    await world.invited(office.contoso, "di@elsewhere.example", "Di")
    await office.deleted("Ada", "Ben")
    links = (await office.open(paths.OVERVIEW)).links
    for said, where in [
        ("2Guests now", "/admin/users?type=guest"),
        ("1Waiting to accept", "/admin/users?state=waiting"),
        ("2Deleted and restorable", paths.DELETED_USERS),
        ("0Data removal due", paths.DATA_REMOVAL),
    ]:
        assert links[said] == where


async def test_who_asks_for_something_is_named_until_they_have_an_answer(office: Office):
    ben = await world.guest(office.contoso, "ben@elsewhere.example", "Ben")
    done = await leaving.leave(office.town.house, tenant_id=office.contoso.id, by=world.at_portal(ben), key="k")
    await asking.ask_restore(office.town.house, receipt_id=done.receipt.receipt_id, by=world.at_portal(ben))
    page = await office.open(paths.OVERVIEW)
    assert "Ben asks to be restored" in page.text
    assert page.links["Restore Ben"].endswith(f"restore?id={ben.user_id}")
    await office.browser.follow("Restore Ben")
    await office.browser.press("Restore")
    assert "Nothing needs your attention." in (await office.open(paths.OVERVIEW)).text


async def test_who_asks_to_be_removed_and_what_is_missing(office: Office):
    cy = await world.guest(office.contoso, "cy@elsewhere.example", "Cy")
    await policies.change_leave_setting(
        office.town.house, tenant_id=office.contoso.id, guests_may_leave=False, by=operator()
    )
    await asking.ask_removal(office.town.house, tenant_id=office.contoso.id, user_id=cy.user_id, by=world.at_portal(cy))
    assert "Cy asks to be removed" in (await office.open(paths.OVERVIEW)).text
    await policies.change_leave_setting(
        office.town.house, tenant_id=office.contoso.id, guests_may_leave=True, by=operator()
    )
    await policies.change_privacy(
        office.town.house, tenant_id=office.contoso.id, contact=None, statement=None, by=operator()
    )
    page = await office.open(paths.OVERVIEW)
    assert page.links["Add privacy information"] == "/admin/properties#privacy"


async def test_who_asks_by_a_confirmed_address_is_counted_until_they_have_an_answer(office: Office):
    house, here = office.town.house, office.contoso.id
    filed = [(await stranger.file(office.contoso, f"{name}@nowhere.example")).request for name in ("ana", "ben")]
    page = await office.open(paths.OVERVIEW)
    assert "2 requests by a confirmed address wait for an answer" in page.text
    assert page.links["Show requests"] == "/admin/requests?state=open"
    for asked in filed:
        await answering_data_requests.answer_request(
            house, tenant_id=here, request_id=asked.request_id, by=office.contoso.admin, accounts={}
        )
    assert "Nothing needs your attention." in (await office.open(paths.OVERVIEW)).text


async def test_the_last_ten_events_stand_below(office: Office):
    await office.deleted(*(f"Guest{n}" for n in range(12)))
    page = await office.open(paths.OVERVIEW)
    body = page.response.text.partition('id="events"')[2]
    assert body.count('data-label="Activity"') == 10
    assert "User deleted" in body
    assert page.links["Show all events"] == paths.AUDIT_LOGS


async def test_without_the_right_to_read_the_log_there_are_none(office: Office):
    keeper = await world.member(office.contoso, "Keeper Kay")
    await office.role(keeper, GLOBAL_ADMINISTRATOR)
    await office.role(office.boss, USER_ADMINISTRATOR)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    page = await office.open(paths.OVERVIEW)
    assert page.status == 200
    assert "Last events" not in page.text
