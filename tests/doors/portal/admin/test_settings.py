"""*Properties* and *External collaboration settings*."""

import pytest

from tests.doors.portal.admin.conftest import Office
from tests.support import world
from vestibule.actions import digests, guest_settings, policies
from vestibule.doors.portal import paths as portal_paths
from vestibule.doors.portal.admin import paths
from vestibule.rules.actors import operator
from vestibule.rules.digests import DigestPeriod
from vestibule.rules.roles import (
    AUTHENTICATION_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
)
from vestibule.store import organizations
from vestibule.store.organizations import Organization

LEAVE = "Save external user leave settings"


async def place(office: Office) -> Organization:
    found = await organizations.find(await office.town.house.store.read(), office.contoso.id)
    assert found is not None
    return found


async def forget_privacy(office: Office) -> None:
    await policies.change_privacy(
        office.town.house, tenant_id=office.contoso.id, contact=None, statement=None, by=operator()
    )


async def test_properties_are_shown_and_saved(office: Office):
    page = await office.open(paths.PROPERTIES)
    assert page.h1 == "Properties"
    assert office.contoso.id in page.text
    assert "contoso.example" in page.text
    page = await office.browser.press("Save", name="Contoso Ltd", technical="help@contoso.example", zone="Europe/Paris")
    assert "Saved." in page.text
    now = await place(office)
    assert (now.display_name, now.technical_contact, now.time_zone) == (
        "Contoso Ltd",
        "help@contoso.example",
        "Europe/Paris",
    )


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Enter a name"),
        ("country", "Nederland", "two letters of a country"),
        ("zone", "Mars/Olympus", "Enter a time zone"),
        ("technical", "nobody", "Enter an email address"),
        ("privacy_contact", "nobody", "Enter an email address"),
        ("statement", "http://contoso.example/privacy", "begins with https://"),
        ("statement", "javascript:alert(1)", "begins with https://"),
    ],
)
async def test_what_cannot_be_saved_is_said_at_its_field_and_nothing_is(office: Office, field, typed, said):
    before = await place(office)
    await office.open(paths.PROPERTIES)
    sent = {"name": "Changed", field: typed}
    page = await office.browser.press("Save", **sent)
    assert page.status == 400
    assert said in page.problem
    assert await place(office) == before
    assert 'value="Changed"' in page.response.text or field == "name"  # what was typed is still there


async def test_privacy_information_stays_while_guests_may_not_leave(office: Office):
    await policies.change_leave_setting(
        office.town.house, tenant_id=office.contoso.id, guests_may_leave=False, by=operator()
    )
    await office.open(paths.PROPERTIES)
    page = await office.browser.press("Save", privacy_contact="")
    assert page.status == 409
    assert "Guests who can't leave on their own need a contact." in page.problem
    assert (await place(office)).privacy_contact


async def test_stopping_guests_from_leaving_asks_once(office: Office):
    await world.guest(office.contoso, "ada@elsewhere.example", "Ada")
    await office.open(paths.COLLABORATION)
    page = await office.browser.press(LEAVE, leave="no")
    assert page.h1 == "Stop guests from leaving on their own?"
    assert "This concerns 1 guest." in page.text
    assert (await place(office)).guests_may_leave
    page = await office.browser.press("Stop")
    assert "Saved." in page.text
    assert not (await place(office)).guests_may_leave
    page = await office.browser.press(LEAVE, leave="yes")
    assert "Saved." in page.text
    assert (await place(office)).guests_may_leave


async def test_the_leave_setting_is_locked_without_privacy_information(office: Office):
    await forget_privacy(office)
    page = await office.open(paths.COLLABORATION)
    assert "Add your privacy information first." in page.text
    assert page.links["Add privacy information"] == "/admin/properties#privacy"
    assert page.response.text.count("disabled") >= 3  # both radios and the button
    # Whoever sends it anyway is told the same.
    page = await office.browser.press(LEAVE, leave="no", confirmed="yes")
    assert page.status == 409
    assert "Add your privacy information first." in page.problem
    assert (await place(office)).guests_may_leave


async def test_every_group_is_saved_alone(office: Office):
    for button, typed in [
        ("Save guest user access", {"access": "2af84b1e-32c8-42b7-82bc-daa82404023b"}),
        ("Save guest invite settings", {"invites": "none"}),
        ("Save collaboration restrictions", {"mode": "allowed", "domains": "fabrikam.example\r\nbücher.example"}),
        ("Save leave details", {"asks_why": "yes", "digest": "yes", "digest_every": "day"}),
        ("Save device sign-in for guests", {"device_sign_in": "yes"}),
    ]:
        await office.open(paths.COLLABORATION)
        assert "Saved." in (await office.browser.press(button, **typed)).text
    now = await place(office)
    assert now.guest_access == "2af84b1e-32c8-42b7-82bc-daa82404023b"
    assert now.allow_invites_from == "none"
    assert now.asks_why
    assert digests.period_of(now) is DigestPeriod.DAY
    assert guest_settings.allows_device_sign_in(now)
    restriction = guest_settings.restriction_of(now)
    assert sorted(one.shown for one in restriction.domains) == ["bücher.example", "fabrikam.example"]
    assert "bücher.example" in (await office.open(paths.COLLABORATION)).response.text


@pytest.mark.parametrize(
    ("button", "typed", "said"),
    [
        ("Save collaboration restrictions", {"mode": "blocked", "domains": "not a domain"}, "This is not a domain"),
        ("Save collaboration restrictions", {"mode": "blocked", "domains": ""}, "Enter at least one domain"),
        ("Save collaboration restrictions", {"mode": "perhaps", "domains": "a.example"}, "Choose one of the options."),
        ("Save guest user access", {"access": "all"}, "Choose one of the options."),
        (LEAVE, {"leave": "maybe"}, "Choose one of the options."),
    ],
)
async def test_a_choice_that_is_none(office: Office, button, typed, said):
    before = await place(office)
    await office.open(paths.COLLABORATION)
    page = await office.browser.press(button, **typed)
    assert page.status == 400
    assert said in page.problem
    assert await place(office) == before


async def test_all_sign_ins_end_after_it_was_asked_once_more(office: Office):
    await office.open(paths.PROPERTIES)
    page = await office.browser.follow("End all sign-ins")
    assert page.h1 == "End all sign-ins to Contoso?"
    page = await office.browser.press("End sign-ins")
    assert (page.path, (await place(office)).epoch) == (portal_paths.SIGNED_OUT, 1)
    assert (await office.open(paths.PROPERTIES)).path.startswith("/signin")
    assert (await world.last_event(office.contoso)).type == "organization.endSignIns"


@pytest.mark.parametrize(
    ("role", "may"), [(PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, True), (AUTHENTICATION_ADMINISTRATOR, False)]
)
async def test_who_may_end_all_sign_ins(office: Office, role: str, may: bool):
    await office.role(office.boss, role)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    office.holds = False
    assert ("End all sign-ins" in (await office.open(paths.PROPERTIES)).text) is may
    await office.open(paths.END_SIGN_INS)
    page = await office.browser.press("End sign-ins")
    assert (page.status, (await place(office)).epoch) == ((200, 1) if may else (403, 0))
