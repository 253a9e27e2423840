from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions.house import House
from vestibule.actions.organizing import (
    FirstAdministrator,
    NewOrganization,
    add_domain,
    create_organization,
    update_organization,
)
from vestibule.rules.actors import operator
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import hanging, organizations, people
from vestibule.store.memberships import GLOBAL_ADMINISTRATOR


async def test_an_organization_begins_with_domain_key_and_administrator(house: House, contoso: Place):
    reading = await house.store.read()
    found = await organizations.find_by_domain(reading, "contoso.example")
    assert found == contoso.organization
    assert await house.keys.find(found.subject_key_id) is not None
    admin = contoso.administrator
    assert admin.user_principal_name == "admin@contoso.example"
    assert await hanging.roles(reading, contoso.id, admin.user_id) == {GLOBAL_ADMINISTRATOR}
    person = await people.find_by_identity(reading, f"https://vestibule.example/{contoso.id}/v2.0", admin.user_id)
    assert person is not None
    assert person.home_user == admin.user_id
    credential = await people.find_credential(reading, person.person_id, "password")
    assert credential is not None
    assert credential.secret == world.PASSWORD.encoded
    assert await world.again(house, contoso.id, admin.user_id) == admin


async def test_its_log_begins_with_its_creation(contoso: Place):
    told = await world.events(contoso)
    assert [(event.record["object"]["kind"], event.record["actor"]["kind"]) for event in told] == [
        ("organization", "operator"),
        ("membership", "operator"),
        ("membership", "operator"),
    ]
    assert told[0].subject["displayName"] == "Contoso"
    assert told[1].subject["userPrincipalName"] == "admin@contoso.example"
    assert "contoso" not in str(told[1].record).lower()
    assert told[2].record["facts"] == {"roleId": GLOBAL_ADMINISTRATOR}


async def test_an_administrator_of_another_domain_gets_a_name_in_this_one(house: House):
    made = await create_organization(
        house,
        NewOrganization("Fabrikam", "fabrikam.example"),
        by=operator(),
        administrator=FirstAdministrator("grace@mail.example", world.PASSWORD),
    )
    assert made.administrator is not None
    assert made.administrator.user_principal_name == "grace@fabrikam.example"
    assert made.administrator.mail == "grace@mail.example"


async def test_only_the_operator_makes_organizations(house: House, contoso: Place):
    with pytest.raises(Refused) as refused:
        await create_organization(house, NewOrganization("Fabrikam", "fabrikam.example"), by=contoso.admin)
    assert refused.value.reason is Reason.NOT_ALLOWED
    assert len(await organizations.everyone(await house.store.read())) == 1


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"domain": "contoso.example"}, Reason.DUPLICATE_VALUE),
        ({"domain": "common"}, Reason.BAD_VALUE),
        ({"domain": "admin"}, Reason.BAD_VALUE),
        ({"display_name": " "}, Reason.BAD_VALUE),
        ({"country": "Netherlands"}, Reason.BAD_VALUE),
        ({"notification_language": "de"}, Reason.BAD_VALUE),
        ({"time_zone": "Mars/Olympus"}, Reason.BAD_VALUE),
        ({"time_zone": "../../etc/passwd"}, Reason.BAD_VALUE),
        ({"technical_contact": "nobody"}, Reason.BAD_VALUE),
        ({"guests_may_leave": False}, Reason.PRIVACY_INFORMATION_MISSING),
        ({"privacy_contact": "p@x.example", "guests_may_leave": False}, Reason.PRIVACY_INFORMATION_MISSING),
    ],
)
async def test_what_no_organization_is_made_from(house: House, contoso: Place, wrong: dict[str, Any], reason: Reason):
    given = {"display_name": "Fabrikam", "domain": "fabrikam.example", **wrong}
    with pytest.raises(Refused) as refused:
        await create_organization(house, NewOrganization(**given), by=operator())
    assert refused.value.reason is reason
    assert await organizations.everyone(await house.store.read()) == [contoso.organization]


async def test_update_writes_what_changed_and_tells_it_once(house: House, contoso: Place):
    changes: dict[str, Any] = {
        "technicalNotificationMails": ["it@contoso.example", "ops@contoso.example"],
        "timeZone": "Europe/Amsterdam",
        "city": "Utrecht",
        "displayName": "Contoso",
    }
    after = await update_organization(house, tenant_id=contoso.id, changes=changes, by=contoso.admin)
    assert after.technical_contact == "it@contoso.example"
    assert after.settings["technicalNotificationMails"] == ["it@contoso.example", "ops@contoso.example"]
    assert after.version == 2
    told = await world.last_event(contoso)
    assert told.record["changes"] == ["city", "technicalNotificationMails", "timeZone"]
    assert told.record["object"]["ver_before"] == 1
    again = await update_organization(house, tenant_id=contoso.id, changes=changes, by=contoso.admin)
    assert again == after
    assert len(await world.events(contoso)) == 4
    cleared = await update_organization(
        house, tenant_id=contoso.id, changes={"technicalNotificationMails": [], "city": None}, by=contoso.admin
    )
    assert cleared.technical_contact is None
    assert cleared.settings == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "x"}, Reason.READ_ONLY),
        ({"verifiedDomains": []}, Reason.READ_ONLY),
        ({"privacyProfile": {}}, Reason.BAD_VALUE),
        ({"technicalNotificationMails": None}, Reason.BAD_VALUE),
        ({"technicalNotificationMails": ["a\r\nBcc: b@c.example"]}, Reason.BAD_VALUE),
        ({"city": 3}, Reason.BAD_VALUE),
        ({"displayName": "Con\u202etoso"}, Reason.BAD_VALUE),
    ],
)
async def test_what_an_organization_cannot_say(house: House, contoso: Place, changes: dict[str, Any], reason: Reason):
    with pytest.raises(Refused) as refused:
        await update_organization(house, tenant_id=contoso.id, changes=changes, by=contoso.admin)
    assert refused.value.reason is reason
    told = await world.last_event(contoso)
    assert told.reason == reason.value
    assert await organizations.find(await house.store.read(), contoso.id) == contoso.organization


async def test_a_member_may_not_update_the_organization(house: House, contoso: Place):
    adele = await world.member(contoso)
    with pytest.raises(Refused) as refused:
        await update_organization(house, tenant_id=contoso.id, changes={"city": "Utrecht"}, by=world.at_portal(adele))
    assert refused.value.reason is Reason.NOT_ALLOWED


async def test_domains_are_added_by_the_operator_once(house: House, contoso: Place):
    added = await add_domain(house, tenant_id=contoso.id, name="Contoso.TEST", by=operator())
    assert added.name == "contoso.test"
    assert added.verified_at == house.clock.now()
    names = [domain.name for domain in await organizations.domains(await house.store.read(), contoso.id)]
    assert names == ["contoso.example", "contoso.test"]
    with pytest.raises(Refused) as again:
        await add_domain(house, tenant_id=contoso.id, name="contoso.test", by=operator())
    assert again.value.reason is Reason.DUPLICATE_VALUE
    with pytest.raises(Refused) as refused:
        await add_domain(house, tenant_id=contoso.id, name="other.example", by=contoso.admin)
    assert refused.value.reason is Reason.NOT_ALLOWED
