from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import connecting
from vestibule.actions.apps import create_app
from vestibule.actions.assigning import assign_role
from vestibule.actions.cross_tenant import (
    delete_partner,
    effective_settings,
    reset_default,
    set_default,
    set_partner,
)
from vestibule.actions.house import House
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import SECURITY_ADMINISTRATOR
from vestibule.store import cross_tenant
from vestibule.store.cross_tenant import GUESTS_IN, GUESTS_OUT, INBOUND, OUTBOUND


def setting(people: str, apps: str, *, user: str = "AllUsers", app: str = "AllApplications") -> dict[str, Any]:
    return {
        "usersAndGroups": {"accessType": people, "targets": [{"target": user, "targetType": "user"}]},
        "applications": {"accessType": apps, "targets": [{"target": app, "targetType": "application"}]},
    }


OPEN, SHUT = setting("allowed", "allowed"), setting("blocked", "blocked")


async def directions(house: House, place: Place, partner: Place) -> list[Any]:
    found = await effective_settings(await house.store.read(), place.id, partner.id)
    return [found[INBOUND], found[OUTBOUND]]


@pytest.fixture
async def fabrikam(house: House) -> Place:
    return await world.organization(house, "Fabrikam")


async def test_nobody_connects_until_somebody_says_so(house: House, contoso: Place, fabrikam: Place):
    found = await effective_settings(await house.store.read(), contoso.id, fabrikam.id)
    assert found == {INBOUND: SHUT, OUTBOUND: SHUT, GUESTS_IN: OPEN, GUESTS_OUT: OPEN}


async def test_a_partners_settings_win_over_the_default_and_inherit_what_they_leave_out(
    house: House, contoso: Place, fabrikam: Place
):
    here: dict[str, Any] = {"tenant_id": contoso.id, "by": contoso.admin}
    await set_default(house, changes={INBOUND: OPEN, OUTBOUND: OPEN}, **here)
    await set_partner(house, partner_id=fabrikam.id.upper(), changes={INBOUND: SHUT}, **here)
    assert await directions(house, contoso, fabrikam) == [SHUT, OPEN]
    await set_partner(house, partner_id=fabrikam.id, changes={INBOUND: None}, **here)
    reading = await house.store.read()
    assert (await effective_settings(reading, contoso.id, fabrikam.id))[INBOUND] == OPEN
    assert [one.partner_id for one in await cross_tenant.partners(reading, contoso.id)] == [fabrikam.id]
    await delete_partner(house, partner_id=fabrikam.id, **here)
    await reset_default(house, **here)
    await reset_default(house, **here)
    assert await directions(house, contoso, fabrikam) == [SHUT, SHUT]
    types = [told.type for told in await world.events(contoso) if told.type.startswith("policy.")]
    assert [of_type.rpartition(".")[2] for of_type in types] == [
        "updateDefault",
        "addPartner",
        "updatePartner",
        "deletePartner",
        "resetDefault",
    ]


async def test_what_is_written_back_unchanged_changes_nothing(house: House, contoso: Place, fabrikam: Place):
    here: dict[str, Any] = {"tenant_id": contoso.id, "partner_id": fabrikam.id, "by": contoso.admin}
    first = await set_partner(house, changes={INBOUND: setting("allowed", "blocked")}, **here)
    events = len(await world.events(contoso))
    assert await set_partner(house, changes=first.setting, **here) == first
    assert len(await world.events(contoso)) == events
    with pytest.raises(Refused) as again:
        await set_partner(house, changes={INBOUND: OPEN}, must_be_new=True, **here)
    assert again.value.reason is Reason.ALREADY_THERE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"b2bCollaborationSideways": OPEN}, Reason.BAD_VALUE),
        ({INBOUND: {}}, Reason.BAD_VALUE),
        ({INBOUND: {**OPEN, "extra": 1}}, Reason.BAD_VALUE),
        ({INBOUND: setting("maybe", "allowed")}, Reason.BAD_VALUE),
        ({INBOUND: setting("allowed", "allowed", user="nobody")}, Reason.BAD_VALUE),
        ({INBOUND: setting("allowed", "allowed", app="AllUsers")}, Reason.BAD_VALUE),
        ({INBOUND: setting("blocked", "allowed")}, Reason.BAD_VALUE),
        ({INBOUND: {**OPEN, "applications": {"accessType": "allowed", "targets": []}}}, Reason.MISSING_VALUE),
        ({INBOUND: "open"}, Reason.BAD_VALUE),
    ],
)
async def test_what_cannot_be_said(
    house: House, contoso: Place, fabrikam: Place, changes: dict[str, Any], reason: Reason
):
    with pytest.raises(Refused) as refused:
        await set_partner(house, tenant_id=contoso.id, partner_id=fabrikam.id, changes=changes, by=contoso.admin)
    assert refused.value.reason is reason
    assert await cross_tenant.find(await house.store.read(), contoso.id, fabrikam.id) is None


async def test_partners_have_to_be_other_organizations_here(house: House, contoso: Place):
    for partner, reason in (
        (contoso.id, Reason.BAD_VALUE),
        ("x", Reason.BAD_VALUE),
        (house.chance.guid(), Reason.NOT_FOUND),
    ):
        with pytest.raises(Refused) as refused:
            await set_partner(
                house, tenant_id=contoso.id, partner_id=partner, changes={INBOUND: OPEN}, by=contoso.admin
            )
        assert refused.value.reason is reason


async def test_security_administrators_decide(house: House, contoso: Place, fabrikam: Place):
    adele = await world.member(contoso)
    by = world.at_portal(adele)
    with pytest.raises(Refused) as refused:
        await set_default(house, tenant_id=contoso.id, changes={INBOUND: OPEN}, by=by)
    assert refused.value.reason is Reason.NOT_ALLOWED
    await assign_role(house, tenant_id=contoso.id, role_id=SECURITY_ADMINISTRATOR, user_id=adele.user_id, by=operator())
    await set_default(house, tenant_id=contoso.id, changes={INBOUND: OPEN}, by=by)
    with pytest.raises(Refused) as unknown:
        await delete_partner(house, tenant_id=contoso.id, partner_id=fabrikam.id, by=by)
    assert unknown.value.reason is Reason.NOT_FOUND


async def test_both_sides_have_to_let_somebody_connect(house: House, contoso: Place, fabrikam: Place):
    megan = await world.member(contoso, "Megan Bowen")
    app = (await create_app(house, NewApp("Shared"), tenant_id=fabrikam.id, by=operator())).app

    async def connect() -> Any:
        return await connecting.connect(
            house,
            tenant_id=fabrikam.id,
            person_id=megan.person_id or "",
            client_id=app.client_id,
            by=world.at_portal(megan),
        )

    only_megan = setting("allowed", "allowed", user=megan.user_id)
    for place, changes in ((contoso, {OUTBOUND: only_megan}), (fabrikam, {INBOUND: OPEN})):
        with pytest.raises(Refused) as refused:
            await connect()
        assert refused.value.reason is Reason.CONNECT_FORBIDDEN
        other = fabrikam if place is contoso else contoso
        await set_partner(house, tenant_id=place.id, partner_id=other.id, changes=changes, by=place.admin)
    connected = await connect()
    assert connected.person_id == megan.person_id
