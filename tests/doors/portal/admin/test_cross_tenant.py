"""*Cross-tenant access settings*: organizations added, set, removed, and the default."""

from typing import Any

import pytest

from tests.doors.portal.admin.conftest import Office
from vestibule.actions import cross_tenant as acting
from vestibule.doors.portal.admin import paths
from vestibule.rules.actors import operator
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, GLOBAL_READER
from vestibule.store import cross_tenant
from vestibule.store.cross_tenant import CONSENT, GUESTS_IN, INBOUND, TRUST, Settings

SOMEBODY = "11111111-1111-4111-8111-111111111111"
GROUP = "22222222-2222-4222-8222-222222222222"

SAME = dict.fromkeys(("guests_in", "guests_out", "connect_in", "connect_out", "trust"), "inherit")


async def kept(office: Office, partner_id: str = cross_tenant.DEFAULT) -> Settings | None:
    return await cross_tenant.find(await office.town.house.store.read(), office.contoso.id, partner_id)


async def settings(office: Office, partner_id: str = cross_tenant.DEFAULT) -> dict[str, Any]:
    found = await kept(office, partner_id)
    assert found is not None
    return found.setting


async def test_an_organization_is_found_by_domain_set_and_removed(office: Office):
    fabrikam = office.town.fabrikam
    page = await office.open(paths.CROSS_TENANT)
    assert "No organization has settings of its own." in page.text
    page = await office.browser.press("Add organization", organization=" Fabrikam.example ")
    assert page.h1 == "Fabrikam"
    assert "Fabrikam was added." in page.text
    page = await office.browser.press(
        "Save", guests_in="nobody", connect_in="these", connect_in_people=f"{SOMEBODY}\r\ngroup {GROUP}", trust="yes"
    )
    assert "Saved." in page.text
    now = await settings(office, fabrikam.id)
    assert now[GUESTS_IN]["usersAndGroups"]["accessType"] == "blocked"
    assert now[INBOUND] == {
        "usersAndGroups": {
            "accessType": "allowed",
            "targets": [{"target": GROUP, "targetType": "group"}, {"target": SOMEBODY, "targetType": "user"}],
        },
        "applications": {
            "accessType": "allowed",
            "targets": [{"target": "AllApplications", "targetType": "application"}],
        },
    }
    assert now[TRUST] == {"isMfaAccepted": True}
    page = await office.browser.press(
        "Save", **{**SAME, "connect_in": "these", "connect_in_people": SOMEBODY}, consent_in="yes", consent_out=""
    )
    now = await settings(office, fabrikam.id)
    assert GUESTS_IN not in now
    assert now[CONSENT] == {"inboundAllowed": True, "outboundAllowed": False}
    page = await office.open(paths.CROSS_TENANT)
    assert "Only these people and apps" in page.text
    await office.open(f"{paths.partner(fabrikam.id)}/remove")
    page = await office.browser.press("Remove")
    assert "The default holds for it again." in page.text
    assert await kept(office, fabrikam.id) is None


@pytest.mark.parametrize("typed", ["", "nowhere.example", "contoso.example", SOMEBODY])
async def test_what_is_no_other_organization_is_not_added(office: Office, typed):
    await office.open(paths.CROSS_TENANT)
    page = await office.browser.press("Add organization", organization=typed)
    assert (page.status, "No other organization here" in page.text) == (400, True)


async def test_twice_and_by_id(office: Office):
    await office.open(paths.CROSS_TENANT)
    await office.browser.press("Add organization", organization=office.town.fabrikam.id)
    await office.open(paths.CROSS_TENANT)
    page = await office.browser.press("Add organization", organization=office.town.fabrikam.domain)
    assert (page.status, "in the list already" in page.text) == (400, True)


async def test_the_default_is_set_and_reset_and_what_is_no_id_is_said(office: Office):
    await office.open(paths.CROSS_TENANT_DEFAULT)
    page = await office.browser.press("Save", guests_out="these", guests_out_apps="an app")
    assert (page.status, "Enter object IDs" in page.text) == (400, True)
    assert await kept(office) is None
    page = await office.browser.press("Save", guests_out="nobody", guests_out_apps="", trust="yes")
    assert "Saved." in page.text
    assert (await settings(office))[TRUST] == {"isMfaAccepted": True}
    await office.open(paths.RESET_DEFAULT)
    page = await office.browser.press("Reset")
    assert "Saved." in page.text
    assert await kept(office) is None


async def test_what_a_program_set_otherwise_stays_until_something_else_is_chosen(office: Office):
    listed = {
        "usersAndGroups": {"accessType": "blocked", "targets": [{"target": SOMEBODY, "targetType": "user"}]},
        "applications": {
            "accessType": "allowed",
            "targets": [{"target": "AllApplications", "targetType": "application"}],
        },
    }
    await acting.set_default(office.town.house, tenant_id=office.contoso.id, changes={GUESTS_IN: listed}, by=operator())
    page = await office.open(paths.CROSS_TENANT_DEFAULT)
    assert "As a program set it" in page.text
    await office.browser.press("Save", trust="yes")
    assert (await settings(office))[GUESTS_IN] == listed


async def test_who_only_reads_changes_nothing(office: Office):
    await office.open(paths.CROSS_TENANT)
    form, _ = office.browser.here.button("Add organization")
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    await office.role(office.boss, GLOBAL_READER)
    page = await office.browser.post(form.action, {**form.fields, "organization": "fabrikam.example"})
    assert page.status == 403
    page = await office.open(paths.CROSS_TENANT_DEFAULT)
    assert "not change it" in page.text
    assert await kept(office, office.town.fabrikam.id) is None
