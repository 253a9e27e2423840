"""*All identity providers*: emailed codes with their effect, providers added, changed, disabled and deleted."""

from collections.abc import AsyncIterator

import pytest

from tests.doors.portal.admin.conftest import Office
from tests.support import world
from tests.support.provider import CLIENT, SECRET, ForeignProvider, served_provider
from tests.support.saml import served_saml_provider
from vestibule.actions import emailed_codes
from vestibule.doors.portal.admin import paths
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.roles import EXTERNAL_IDP_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, GLOBAL_READER
from vestibule.store import memberships, providers
from vestibule.store.memberships import Membership
from vestibule.store.providers import IdentityProvider

CODES = "Save email one-time passcode"


@pytest.fixture
async def foreign(office: Office) -> AsyncIterator[ForeignProvider]:
    """A provider that speaks OpenID Connect."""
    office.town.house.outgoing = Outgoing(allow_loopback=True)
    async with served_provider(office.town.house.clock) as served:
        yield served


async def kept(office: Office) -> list[IdentityProvider]:
    return await providers.everyone(await office.town.house.store.read(), office.contoso.id)


async def test_codes_are_turned_off_after_a_question_that_counts_whom_it_concerns(office: Office):
    await world.guest(office.contoso, "ann@elsewhere.example", "Ann")
    await world.invited(office.contoso, "waiting@elsewhere.example", "Waiting")
    page = await office.open(paths.PROVIDERS)
    assert page.h1 == "All identity providers"
    page = await office.browser.press(CODES, codes="no")
    assert page.h1 == "Turn off one-time passcodes?"
    assert "1 guest signs in with a code" in page.text
    assert (await emailed_codes.count_by_code(await office.town.house.store.read(), office.contoso.id)) == 1
    page = await office.browser.press("Turn off")
    assert "Saved." in page.text
    page = await office.browser.press(CODES, codes="yes")  # nothing to ask
    assert "Saved." in page.text
    page = await office.browser.press(CODES, codes="perhaps")
    assert page.status == 400


async def test_without_codes_a_guest_is_out_at_once_and_comes_back_with_them(office: Office):
    await world.guest(office.contoso, "ann@elsewhere.example", "Ann")
    ann = office.town.browser()
    at = f"/signin?tenantId={office.contoso.id}&next=/myaccount/organizations"
    page = await office.town.sign_in_by_code(ann, "ann@elsewhere.example", at)
    assert page.h1 == "Organizations"
    house, here, by = office.town.house, office.contoso.id, world.at_portal(office.boss)
    await emailed_codes.switch_emailed_codes(house, tenant_id=here, on=False, by=by)
    assert not (await world.again(house, here, (await _ann(office)).user_id)).standing.enabled_at_home
    page = await ann.open("/myaccount/organizations")
    assert "Account disabled" in page.text
    page = await office.town.sign_in_by_code(office.town.browser(), "ann@elsewhere.example", at)
    assert (page.status, page.h1) == (403, "Your account is disabled")
    await emailed_codes.switch_emailed_codes(house, tenant_id=here, on=True, by=by)
    page = await office.town.sign_in_by_code(office.town.browser(), "ann@elsewhere.example", at)
    assert page.h1 == "Organizations"


async def _ann(office: Office) -> Membership:
    found = await memberships.by_mail(await office.town.house.store.read(), office.contoso.id, "ann@elsewhere.example")
    return found[0]


async def test_without_codes_nobody_accepts_an_invitation_by_one(office: Office):
    _, ticket = await world.invited(office.contoso, "new@elsewhere.example", "New")
    by = world.at_portal(office.boss)
    await emailed_codes.switch_emailed_codes(office.town.house, tenant_id=office.contoso.id, on=False, by=by)
    browser = office.town.browser()
    await browser.open(f"/invitations/{ticket}")
    page = await browser.press("Accept invitation")
    await browser.press("Send code")
    page = await browser.press("Sign in", code=await office.town.code())
    if page.h1 == "Review permissions":
        page = await browser.press("Accept")
    assert page.status == 403


async def test_an_openid_connect_provider_is_added_changed_disabled_and_deleted(office: Office, foreign):
    await office.open(paths.ADD_OIDC)
    typed = {
        "name": "Partner",
        "metadata": foreign.metadata_url,
        "client_id": CLIENT,
        "secret": SECRET,
        "domains": "partner.example\r\nother.example",
    }
    page = await office.browser.press("Add", **typed)
    assert page.h1 == "All identity providers"
    assert "Partner was added." in page.text
    made = (await kept(office))[0]
    page = await office.open(paths.provider(made.provider_id))
    assert page.h1 == "Partner"
    assert SECRET not in page.response.text
    page = await office.browser.press("Save", name="Partners", domains="partner.example")
    assert "Saved." in page.text
    assert [one.display_name for one in await kept(office)] == ["Partners"]
    page = await office.browser.press("Disable")
    assert "Partners was disabled." in page.text
    assert not (await kept(office))[0].enabled
    page = await office.browser.press("Enable")
    assert (await kept(office))[0].enabled
    page = await office.open(f"{paths.provider(made.provider_id)}/delete")
    assert "0 guests come from this provider" in page.text
    page = await office.browser.press("Delete")
    assert "Partners was deleted." in page.text
    assert await kept(office) == []
    page = await office.open(paths.provider(made.provider_id))
    assert page.status == 404


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Enter a name"),
        ("metadata", "http://partner.example/", "https address of the provider's metadata"),
        ("domains", "contoso.example", "Enter domains, one per line"),
        ("client_id", "", "Enter the client ID"),
        ("secret", "", "Enter the client secret"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(office: Office, foreign, field, typed, said):
    await office.open(paths.ADD_OIDC)
    right = {
        "name": "Partner",
        "metadata": foreign.metadata_url,
        "client_id": CLIENT,
        "secret": SECRET,
        "domains": "",
    }
    page = await office.browser.press("Add", **{**right, field: typed})
    assert page.status == 400
    assert said in page.text
    assert await kept(office) == []


async def test_a_saml_provider_from_its_metadata_with_the_end_of_its_certificate(office: Office):
    office.town.house.outgoing = Outgoing(allow_loopback=True)
    async with served_saml_provider(office.town.house.clock) as foreign:
        await office.open(paths.ADD_SAML)
        page = await office.browser.press("Add", name="Partner", metadata=foreign.metadata_url)
        assert "Partner was added." in page.text
        made = (await kept(office))[0]
        assert made.kind == "saml"
        page = await office.open(paths.provider(made.provider_id))
        assert "Certificate ends" in page.text
        page = await office.browser.press("Save", name="Partner", certificates="no certificate")
        assert (page.status, "Enter a certificate" in page.text) == (400, True)
        page = await office.browser.press("Save", name="SAML partner", metadata=foreign.metadata_url)
        assert "Saved." in page.text
    page = await office.open(paths.PROVIDERS)
    assert f"/signin/federated/{office.contoso.id}/saml/metadata" in page.text
    assert "SAML partner" in page.text


async def test_who_reads_sees_no_buttons_and_who_manages_providers_may_switch_codes(office: Office):
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    await office.role(office.boss, GLOBAL_READER)
    page = await office.open(paths.PROVIDERS)
    assert "not change it" in page.text
    assert CODES not in page.response.text
    await office.role(office.boss, EXTERNAL_IDP_ADMINISTRATOR)
    await office.open(paths.PROVIDERS)
    page = await office.browser.press(CODES, codes="no", confirmed="yes")
    assert "Saved." in page.text
