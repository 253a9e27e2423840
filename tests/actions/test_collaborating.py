"""Cross-tenant access settings for guests are obeyed: when somebody is invited, accepts, and signs in to an app."""

from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import collaborating, inviting, leaving, redeeming, resources, signing_in
from vestibule.actions.apps import create_app
from vestibule.actions.cross_tenant import set_default, set_partner
from vestibule.actions.group_members import add_member
from vestibule.actions.grouping import create_group
from vestibule.actions.house import House
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import NewGroup
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import people
from vestibule.store.cross_tenant import CONSENT, GUESTS_IN, GUESTS_OUT, REDEMPTION, TRUST
from vestibule.store.memberships import Membership


def lists(people_: str, apps_: str, *, who: str = "AllUsers", kind: str = "user", app: str = "AllApplications") -> Any:
    return {
        "usersAndGroups": {"accessType": people_, "targets": [{"target": who, "targetType": kind}]},
        "applications": {"accessType": apps_, "targets": [{"target": app, "targetType": "application"}]},
    }


SHUT = lists("blocked", "blocked")


@pytest.fixture
async def fabrikam(house: House) -> Place:
    return await world.organization(house, "Fabrikam")


@pytest.fixture
async def adele(contoso: Place) -> Membership:
    return await world.member(contoso, "Adele Vance")


async def say(place: Place, partner: Place, **changes: Any) -> None:
    await set_partner(place.house, tenant_id=place.id, partner_id=partner.id, changes=changes, by=place.admin)


async def invite(place: Place, who: Membership) -> None:
    asked = inviting.check(who.user_principal_name, "https://apps.example/")
    await inviting.invite(place.house, asked, tenant_id=place.id, by=place.admin)


async def forbidden(attempt: Any) -> None:
    with pytest.raises(Refused) as refused:
        await attempt
    assert refused.value.reason is Reason.COLLABORATION_FORBIDDEN


@pytest.mark.parametrize("side", ["home", "here"])
async def test_nobody_is_invited_against_the_settings_of_either_side(
    contoso: Place, fabrikam: Place, adele: Membership, side: str
):
    if side == "home":
        await say(contoso, fabrikam, **{GUESTS_OUT: SHUT})
    else:
        await say(fabrikam, contoso, **{GUESTS_IN: SHUT})
    await forbidden(invite(fabrikam, adele))
    assert (await world.last_event(fabrikam)).reason == "collaborationForbidden"
    await world.guest(fabrikam, "robin@elsewhere.example")  # who has no organization here is no matter of settings


async def test_the_default_holds_towards_organizations_that_have_no_settings(
    contoso: Place, fabrikam: Place, adele: Membership
):
    await set_default(fabrikam.house, tenant_id=fabrikam.id, changes={GUESTS_IN: SHUT}, by=fabrikam.admin)
    await forbidden(invite(fabrikam, adele))
    await say(fabrikam, contoso, **{GUESTS_IN: lists("allowed", "allowed")})
    await invite(fabrikam, adele)


async def test_single_people_and_groups_of_the_home_organization_may_be_named(
    house: House, contoso: Place, fabrikam: Place, adele: Membership
):
    alex = await world.member(contoso, "Alex Wilber")
    buyers = await create_group(house, NewGroup("Buyers", "buyers"), tenant_id=contoso.id, by=operator())
    await say(contoso, fabrikam, **{GUESTS_OUT: lists("allowed", "allowed", who=buyers.group_id, kind="group")})
    await forbidden(invite(fabrikam, adele))
    await add_member(house, tenant_id=contoso.id, group_id=buyers.group_id, user_id=adele.user_id, by=operator())
    await invite(fabrikam, adele)
    await forbidden(invite(fabrikam, alex))
    await say(contoso, fabrikam, **{GUESTS_OUT: lists("blocked", "allowed", who=adele.user_id)})
    await invite(fabrikam, alex)


async def test_an_invitation_is_not_accepted_once_the_settings_forbid_it(
    house: House, contoso: Place, fabrikam: Place, adele: Membership
):
    _, ticket = await world.invited(fabrikam, adele.user_principal_name)
    await say(contoso, fabrikam, **{GUESTS_OUT: SHUT})
    person = adele.person_id or ""
    await forbidden(redeeming.redeem(house, person_id=person, ticket=ticket, by=world.person_at_pages(person)))
    await say(contoso, fabrikam, **{GUESTS_OUT: None})
    await redeeming.redeem(house, person_id=person, ticket=ticket, by=world.person_at_pages(person))


async def test_a_guest_gets_to_the_apps_that_both_sides_allow_and_can_always_leave(
    house: House, contoso: Place, fabrikam: Place, adele: Membership
):
    guest = await world.visitor(fabrikam, adele)
    boards = (await create_app(house, NewApp("Boards"), tenant_id=fabrikam.id, by=operator())).app
    other = (await create_app(house, NewApp("Other"), tenant_id=fabrikam.id, by=operator())).app
    await say(fabrikam, contoso, **{GUESTS_IN: lists("allowed", "allowed", app=boards.client_id)})
    reading = await house.store.read()
    await resources.insist_admitted(reading, boards, guest)
    await forbidden(resources.insist_admitted(reading, other, guest))
    await say(contoso, fabrikam, **{GUESTS_OUT: SHUT})
    await forbidden(resources.insist_admitted(await house.store.read(), boards, guest))
    person = await people.find(await house.store.read(), adele.person_id or "")
    assert person is not None
    assert (await signing_in.entry(await house.store.read(), person, fabrikam.id)).user_id == guest.user_id
    await leaving.leave(house, tenant_id=fabrikam.id, user_id=guest.user_id, by=world.at_portal(guest), key="a key")


async def test_one_list_of_a_direction_may_be_changed_alone(house: House, contoso: Place, fabrikam: Place):
    people_only = {"usersAndGroups": {"accessType": "blocked", "targets": [{"target": contoso.administrator.user_id,
                                                                           "targetType": "user"}]}}  # fmt: skip
    await say(contoso, fabrikam, **{GUESTS_OUT: people_only})
    kept = await set_partner(
        house, tenant_id=contoso.id, partner_id=fabrikam.id, changes={TRUST: {"isMfaAccepted": True}}, by=contoso.admin
    )
    assert kept.setting[GUESTS_OUT]["applications"] == lists("allowed", "allowed")["applications"]
    assert kept.setting[GUESTS_OUT]["usersAndGroups"]["accessType"] == "blocked"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({TRUST: {"isCompliantDeviceAccepted": True}}, Reason.BAD_VALUE),
        ({TRUST: {"isMfaAccepted": "yes"}}, Reason.BAD_VALUE),
        ({TRUST: {"isPolite": True}}, Reason.BAD_VALUE),
        ({CONSENT: {"inboundAllowed": True}}, Reason.READ_ONLY),
        ({"tenantRestrictions": SHUT}, Reason.BAD_VALUE),
        ({REDEMPTION: {"fallbackIdentityProvider": "microsoftAccount"}}, Reason.BAD_VALUE),
        ({REDEMPTION: {"primaryIdentityProviderPrecedenceOrder": ["azureActiveDirectory"]}}, Reason.BAD_VALUE),
    ],
)
async def test_what_cannot_mean_anything_here_is_refused(
    house: House, contoso: Place, changes: dict[str, Any], reason: Reason
):
    with pytest.raises(Refused) as refused:
        await set_default(house, tenant_id=contoso.id, changes=changes, by=contoso.admin)
    assert refused.value.reason is reason


async def test_nobody_is_asked_to_agree_where_both_sides_said_so(
    house: House, contoso: Place, fabrikam: Place, adele: Membership
):
    person = await people.find(await house.store.read(), adele.person_id or "")
    assert person is not None

    async def skips() -> bool:
        return await collaborating.skips_consent(await house.store.read(), fabrikam.id, person)

    assert not await skips()
    await say(contoso, fabrikam, **{CONSENT: {"outboundAllowed": True}})
    assert not await skips()
    await say(fabrikam, contoso, **{CONSENT: {"inboundAllowed": True}})
    assert await skips()
    await say(contoso, fabrikam, **{CONSENT: {"outboundAllowed": False}})
    assert not await skips()


async def test_a_second_factor_at_home_counts_where_it_is_trusted(
    house: House, contoso: Place, fabrikam: Place, adele: Membership
):
    guest = await world.visitor(fabrikam, adele)

    async def trusts(account: Membership) -> bool:
        return await collaborating.trusts_second_factor(await house.store.read(), account)

    assert await trusts(adele)
    assert not await trusts(guest)
    await set_default(house, tenant_id=fabrikam.id, changes={TRUST: {"isMfaAccepted": True}}, by=fabrikam.admin)
    assert await trusts(guest)
    await say(fabrikam, contoso, **{TRUST: {"isMfaAccepted": False}})
    assert not await trusts(guest)
