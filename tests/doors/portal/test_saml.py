"""Signing in at a provider that speaks SAML, through the pages, honest and hostile, on both databases."""

import base64
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML as Xml

from tests.doors.portal.conftest import Town
from tests.doors.portal.test_federation import log_of
from tests.support import world
from tests.support.pages import Page, Visitor
from tests.support.saml import (
    SamlProvider,
    assertion_of,
    pair,
    read_request,
    response_of,
    served_saml_provider,
)
from vestibule.actions import providers, saml_providers
from vestibule.actions.federating import subject_of
from vestibule.actions.house import House
from vestibule.actions.providers import Changes
from vestibule.actions.saml_providers import NewSamlProvider, SamlChanges
from vestibule.actions.switching import disable
from vestibule.ground.clock import iso
from vestibule.ground.outgoing import Outgoing
from vestibule.ground.saml import LARGEST
from vestibule.rules.saml import PERSISTENT, UNSPECIFIED, issuer_of
from vestibule.store import memberships, people
from vestibule.store.memberships import Membership
from vestibule.store.providers import IdentityProvider

ADDRESS = "pat@partner.example"
AT = "/signin/federated/saml"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
EMAIL_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
Form = dict[str, str]


@pytest.fixture
async def foreign(house: House) -> AsyncIterator[SamlProvider]:
    house.outgoing = Outgoing(allow_loopback=True)
    async with served_saml_provider(house.clock) as provider:
        yield provider


@pytest.fixture
async def partner(town: Town, foreign: SamlProvider) -> IdentityProvider:
    new = NewSamlProvider("Partner", metadata_url=foreign.metadata_url, domains=("partner.example",))
    return await saml_providers.create_saml_provider(
        town.house, new, tenant_id=town.fabrikam.id, by=town.fabrikam.admin
    )


@dataclass
class Border:
    """Fabrikam, and the provider from which its guests come."""

    town: Town
    foreign: SamlProvider
    provider: IdentityProvider

    async def away(self, browser: Visitor) -> str:
        """Where a browser is sent."""
        await browser.open(f"/signin?tenantId={self.town.fabrikam.id}&next=/myaccount/organizations")
        page = await browser.press("Sign in with Partner")
        assert page.location.startswith(f"{self.foreign.sign_in_url}?SAMLRequest=")
        return page.location

    async def post(self, form: Form) -> Page:
        """The form as a browser posts it from another site: without a cookie. Redirects are not followed."""
        stranger = self.town.browser()
        said = {"origin": self.foreign.origin, "sec-fetch-site": "cross-site"}
        answer = await stranger.http.post(AT, data=form, headers=said)
        assert "set-cookie" not in answer.headers
        return Page(answer)

    async def back(self, browser: Visitor, form: Form) -> Page:
        """Come back with an answer that is taken."""
        page = await self.post(form)
        assert page.status == 303, page.text
        return await browser.open(page.location)

    async def sign_in(self, browser: Visitor, name: str = "pat-1", **said: Any) -> Page:
        return await self.back(browser, self.foreign.sign_in(await self.away(browser), name, **said))

    async def refused(self, form: Form) -> Page:
        """Insist that an answer signs nobody in."""
        page = await self.post(form)
        assert (page.status, page.h1) == (403, "You're not signed in"), page.text
        return page

    async def people(self) -> list[Membership]:
        """Fabrikam's users with Pat's address."""
        reading = await self.town.house.store.read()
        return await memberships.by_mail(reading, self.town.fabrikam.id, ADDRESS)

    async def accepted(self, browser: Visitor) -> Page:
        """Pat accepts an invitation to Fabrikam."""
        path, _ = await self.town.invite(ADDRESS, f"{self.town.house.public_url}/myaccount/organizations")
        await browser.open(path)
        await browser.press("Accept invitation")
        page = await self.back(browser, self.foreign.sign_in(browser.here.location, email=ADDRESS))
        assert page.h1 == "Review permissions"
        return await browser.press("Accept")


@pytest.fixture
def border(town: Town, foreign: SamlProvider, partner: IdentityProvider) -> Border:
    return Border(town, foreign, partner)


# --- There and back -------------------------------------------------------------------------------------------------


async def test_a_request_says_who_asks_and_where_the_answer_goes(border: Border, browser: Visitor) -> None:
    asked = read_request(await border.away(browser))
    origin, tenant = border.town.house.public_url, border.town.fabrikam.id
    assert asked.acs == f"{origin}{AT}"
    assert asked.service == f"{origin}/signin/federated/{tenant}/saml/metadata"
    assert asked.names == PERSISTENT
    assert len(asked.state) <= 80
    again = read_request(await border.away(browser))
    assert {again.request_id, again.state}.isdisjoint({asked.request_id, asked.state})


async def test_an_organization_describes_itself(border: Border, browser: Visitor) -> None:
    answer = await browser.http.get(f"/signin/federated/{border.town.fabrikam.domain}/SAML/metadata")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/samlmetadata+xml")
    assert "set-cookie" not in answer.headers
    document = Xml.to_etree(answer.content)
    assert Xml.validate_xml(document, "saml-schema-metadata-2.0.xsd") is document
    assert document.get("entityID") == str(answer.url).replace(
        border.town.fabrikam.domain, border.town.fabrikam.id
    ).replace("SAML", "saml")
    (role,) = Xml.query(document, "./md:SPSSODescriptor")
    assert (role.get("WantAssertionsSigned"), role.get("AuthnRequestsSigned")) == ("true", "false")
    (service,) = Xml.query(role, "./md:AssertionConsumerService/@Location")
    assert service == f"{border.town.house.public_url}{AT}"
    assert (await browser.http.get("/signin/federated/nowhere.example/saml/metadata")).status_code == 404


async def test_an_invited_person_accepts_with_an_address_the_provider_answers_for(
    border: Border, browser: Visitor
) -> None:
    page = await border.accepted(browser)
    assert page.h1 == "Organizations"
    assert "Fabrikam" in page.text
    (guest,) = await border.people()
    assert guest.provider == border.foreign.entity_id
    page = await browser.open("/myaccount/security-info")
    assert (page.status, page.h1) == (403, "This isn't looked after here")
    other = border.town.browser()
    await other.open(f"/signin?tenantId={border.town.fabrikam.id}&next=/myaccount/organizations")
    page = await other.press("Next", email=ADDRESS)
    page = await border.back(other, border.foreign.sign_in(page.location))
    assert page.h1 == "Organizations"


@pytest.mark.parametrize("email", ["other@partner.example", None, [ADDRESS, "other@partner.example"]])
async def test_any_other_address_has_to_be_proved_by_a_code(
    border: Border, browser: Visitor, email: str | list[str] | None
) -> None:
    path, _ = await border.town.invite(ADDRESS, f"{border.town.house.public_url}/myaccount/organizations")
    await browser.open(path)
    await browser.press("Accept invitation")
    page = await border.back(browser, border.foreign.sign_in(browser.here.location, email=email))
    assert page.h1 == "Get a code by email"
    await browser.press("Send code")
    page = await browser.press("Sign in", code=await border.town.code())
    assert page.h1 == "Review permissions"


async def test_the_attribute_that_holds_the_address_may_be_agreed_upon(border: Border, browser: Visitor) -> None:
    changes = SamlChanges(email_attribute="urn:partner:address")
    await saml_providers.update_saml_provider(
        border.town.house, changes, provider=border.provider, by=border.town.fabrikam.admin
    )
    path, _ = await border.town.invite(ADDRESS)
    await browser.open(path)
    await browser.press("Accept invitation")
    away = browser.here.location
    page = await border.back(browser, border.foreign.sign_in(away, email=ADDRESS))
    assert page.h1 == "Get a code by email"
    border.foreign.edit_assertion = lambda text: text.replace('Name="mail"', 'Name="urn:partner:address"')
    other = border.town.browser()
    await other.open(path)
    await other.press("Accept invitation")
    page = await border.back(other, border.foreign.sign_in(other.here.location, "pat-2", email=ADDRESS))
    assert page.h1 == "Review permissions"


async def test_a_person_is_who_this_provider_calls_by_a_name(
    border: Border, browser: Visitor, foreign: SamlProvider
) -> None:
    await border.accepted(browser)
    (guest,) = await border.people()
    reading = await border.town.house.store.read()
    person = await people.find(reading, guest.person_id or "")
    assert person is not None
    assert "pat-1" not in person.subject
    assert border.town.fabrikam.id in person.issuer
    stranger = border.town.browser()
    page = await border.sign_in(stranger, "pat-2", email=ADDRESS)
    assert page.h1 == "You're not a guest of Fabrikam"


async def test_the_same_entity_id_in_another_organization_brings_other_people(
    border: Border, browser: Visitor, foreign: SamlProvider
) -> None:
    """An entity id is only said: whoever adds a provider under somebody else's gains nobody by it."""
    await border.accepted(browser)
    (guest,) = await border.people()
    town = border.town
    evil = replace(foreign, keys=[pair(town.house.clock.now())])
    new = NewSamlProvider("Partner", foreign.entity_id, foreign.sign_in_url, (evil.keys[0].certificate,))
    await saml_providers.create_saml_provider(town.house, new, tenant_id=town.contoso.id, by=town.contoso.admin)
    hostile = town.browser()
    await hostile.open(f"/signin?tenantId={town.contoso.id}")
    page = await hostile.press("Sign in with Partner")
    page = await border.back(hostile, evil.sign_in(page.location, "pat-1", email=ADDRESS))
    assert page.h1 == "You're not a guest of Contoso"
    page = await hostile.open(f"/myaccount/organizations?tenantId={town.fabrikam.id}")
    assert page.h1 != "Organizations"
    issuer = issuer_of(town.contoso.id, foreign.entity_id)
    person = await people.find_by_identity(
        await town.house.store.read(), issuer, subject_of(town.house, issuer, "pat-1")
    )
    assert person is not None
    assert person.person_id != guest.person_id


async def test_a_guest_who_is_disabled_here_hears_it_and_is_not_signed_in(border: Border, browser: Visitor) -> None:
    await border.accepted(browser)
    (guest,) = await border.people()
    await disable(border.town.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=border.town.fabrikam.admin)
    other = border.town.browser()
    page = await border.sign_in(other)
    assert (page.status, page.h1) == (403, "Your account is disabled")
    assert (await other.open("/myaccount/")).h1 == "Sign in"


# --- One browser, once ----------------------------------------------------------------------------------------------


async def test_an_answer_signs_in_the_browser_that_went_away_and_no_other(border: Border, browser: Visitor) -> None:
    form = border.foreign.sign_in(await border.away(browser))
    page = await border.post(form)
    victim = border.town.browser()
    await victim.open("/signin")
    other = await victim.open(page.location)
    assert (other.status, other.h1) == (410, "This link no longer works")
    nobody = await border.town.browser().open(page.location)
    assert nobody.status == 410
    assert (await browser.open(page.location)).h1 == "You're not a guest of Fabrikam"
    assert (await browser.open(page.location)).status == 410


async def test_an_answer_is_good_once(border: Border, browser: Visitor) -> None:
    form = border.foreign.sign_in(await border.away(browser))
    page = await border.back(browser, form)
    assert page.h1 == "You're not a guest of Fabrikam"
    again = await border.post(form)
    assert (again.status, again.h1) == (410, "This link no longer works")


async def test_an_assertion_is_good_once_whatever_it_answers(border: Border, browser: Visitor) -> None:
    await border.sign_in(browser, id="_the-same")
    other = border.town.browser()
    await border.refused(border.foreign.sign_in(await border.away(other), id="_the-same"))


async def test_an_answer_that_nobody_asked_for(border: Border, browser: Visitor) -> None:
    form = border.foreign.sign_in(await border.away(browser))
    for wrong in ({**form, "RelayState": "made up"}, {"SAMLResponse": form["SAMLResponse"]}):
        page = await border.post(wrong)
        assert (page.status, page.h1) == (410, "This link no longer works")
    page = await browser.open(AT)
    assert page.status == 410
    page = await browser.open(f"{AT}?answer=made-up")
    assert page.status == 410


async def test_a_state_is_good_for_its_own_errand(border: Border, browser: Visitor) -> None:
    form = border.foreign.sign_in(await border.away(browser))
    state = form["RelayState"]
    assert (await browser.open(f"{AT}?answer={state}")).status == 410, "nobody has answered yet"
    assert (await browser.open(f"/signin/federated?state={state}&code=c")).status == 410
    page = await border.post(form)
    handle = page.location.partition("answer=")[2]
    assert (await border.post({**form, "RelayState": handle})).status == 410
    assert (await browser.open(page.location)).h1 == "You're not a guest of Fabrikam"


async def test_a_bad_answer_spoils_nothing_and_a_late_one_comes_too_late(border: Border, browser: Visitor) -> None:
    form = border.foreign.sign_in(await border.away(browser))
    await border.refused({**form, "SAMLResponse": base64.b64encode(b"<no/>").decode()})
    assert (await border.back(browser, form)).h1 == "You're not a guest of Fabrikam"
    other = border.town.browser()
    away = await border.away(other)
    border.town.clock().advance(timedelta(minutes=60))
    assert (await border.post(border.foreign.sign_in(away))).status == 410
    kept = await border.post(border.foreign.sign_in(await border.away(other)))
    border.town.clock().advance(timedelta(minutes=5))
    assert (await other.open(kept.location)).status == 410


async def test_a_provider_that_is_switched_off_meanwhile(border: Border, browser: Visitor) -> None:
    early = border.foreign.sign_in(await border.away(browser))
    late = await border.post(border.foreign.sign_in(await border.away(browser)))
    where = {"tenant_id": border.town.fabrikam.id, "provider_id": border.provider.provider_id}
    await providers.update_provider(border.town.house, Changes(enabled=False), **where, by=border.town.fabrikam.admin)
    await border.refused(early)
    page = await browser.open(late.location)
    assert (page.status, page.h1) == (403, "You're not signed in")


# --- What is not believed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        {"audience": "https://elsewhere.example/sp"},
        {"acs": "https://elsewhere.example/signin/federated/saml"},
        {"destination": "https://elsewhere.example/signin/federated/saml"},
        {"destination": "https://vestibule.example/signin/federated/saml/more"},
        {"request": "_another"},
        {"response_to": "_another"},
        {"issuer": "https://elsewhere.example/idp"},
        {"response_issuer": "https://elsewhere.example/idp"},
        {"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"},
        {"id": "_" + "a" * 3, "session_end": "2000-01-01T00:00:00Z"},
        {"end": "2000-01-01T00:00:00Z"},
        {"begin": "2100-01-01T00:00:00Z"},
        {"now": "2100-01-01T00:00:00Z"},
        {"end": "2100-01-01T00:00:00Z"},
        {"end": "2100-01-01T00:00:00"},
    ],
    ids=str,
)
async def test_an_assertion_that_is_not_for_us_now(border: Border, browser: Visitor, said: dict[str, str]) -> None:
    page = await border.refused(border.foreign.sign_in(await border.away(browser), **said))
    assert re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", page.response.text), "a reference to quote"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"<saml:AudienceRestriction>.*</saml:AudienceRestriction>", ""),
        (r"<saml:Conditions .*</saml:Conditions>", ""),
        (r"cm:bearer", "cm:sender-vouches"),
        (r' NotOnOrAfter="[^"]*"/>', "/>"),
        (r' InResponseTo="[^"]*"', ""),
        (r' Recipient="[^"]*"', ""),
        (r"<saml:AuthnStatement.*</saml:AuthnStatement>", ""),
        (
            r"<saml:AudienceRestriction>",
            (
                '<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="urn:x" '
                'xsi:type="x:odd"/><saml:AudienceRestriction>'
            ),
        ),
        (
            r"</saml:AudienceRestriction>",
            r"\g<0><saml:AudienceRestriction><saml:Audience>urn:x</saml:Audience></saml:AudienceRestriction>",
        ),
    ],
)
async def test_an_assertion_that_leaves_out_what_binds_it(border: Border, browser: Visitor, old: str, new: str) -> None:
    def edit(text: str) -> str:
        changed = re.sub(old, new, text)
        assert changed != text
        return changed

    border.foreign.edit_assertion = edit
    await border.refused(border.foreign.sign_in(await border.away(browser)))


@pytest.mark.parametrize(
    ("seconds", "good"), [(-61, True), (361, False), (359, True)], ids=["a little fast", "too late", "a little late"]
)
async def test_two_clocks_may_be_a_minute_apart(border: Border, browser: Visitor, seconds: int, good: bool) -> None:
    """Begin is a minute before the provider's now, and the end five minutes after it."""
    away = await border.away(browser)
    now = border.town.house.clock.now() - timedelta(seconds=seconds)
    times = {"now": now, "begin": now, "end": now + timedelta(minutes=5)}
    if seconds < 0:
        times["now"] = times["begin"] = border.town.house.clock.now() + timedelta(seconds=60)
    page = await border.post(border.foreign.sign_in(away, **{name: iso(at) for name, at in times.items()}))
    assert (page.status == 303) is good


@pytest.mark.parametrize(
    "said",
    [
        {"format": TRANSIENT},
        {"format": EMAIL_FORMAT},
        {"format": UNSPECIFIED},
        {"name": ""},
        {"name": " pat-1"},
        {"name": "p" * 257},
    ],
    ids=str,
)
async def test_a_name_that_does_not_last(border: Border, browser: Visitor, said: dict[str, str]) -> None:
    page = await border.post(border.foreign.sign_in(await border.away(browser), **said))
    assert (page.status, page.h1) == (403, "We can't tell who you are")
    assert "persistent name" in page.text


@pytest.mark.parametrize(("language", "heading"), [("nl", "niet"), ("sv", "inte")])
async def test_the_page_speaks_the_persons_language(
    border: Border, browser: Visitor, language: str, heading: str
) -> None:
    form = border.foreign.sign_in(await border.away(browser), format=TRANSIENT)
    answer = await border.town.browser().http.post(AT, data=form, headers={"accept-language": language})
    page = Page(answer)
    assert (page.language, heading in page.h1, "persistent" in page.text) == (language, True, True)


async def test_unspecified_names_where_an_administrator_says_that_they_last(
    town: Town, browser: Visitor, foreign: SamlProvider
) -> None:
    new = NewSamlProvider("Partner", metadata_url=foreign.metadata_url, name_id_format=UNSPECIFIED)
    made = await saml_providers.create_saml_provider(
        town.house, new, tenant_id=town.fabrikam.id, by=town.fabrikam.admin
    )
    border = Border(town, foreign, made)
    away = await border.away(browser)
    assert read_request(away).names == UNSPECIFIED
    foreign.edit_assertion = lambda text: re.sub(r'<saml:NameID Format="[^"]*">', "<saml:NameID>", text)
    assert (await border.back(browser, foreign.sign_in(away))).h1 == "You're not a guest of Fabrikam"


# --- Signatures -----------------------------------------------------------------------------------------------------


async def test_an_assertion_has_to_be_signed_itself(border: Border, browser: Visitor) -> None:
    border.foreign.sign_assertion = False
    await border.refused(border.foreign.sign_in(await border.away(browser)))
    border.foreign.sign_response = True
    await border.refused(border.foreign.sign_in(await border.away(browser)))
    border.foreign.sign_assertion = True
    assert (await border.sign_in(browser)).h1 == "You're not a guest of Fabrikam", "both is welcome"


async def test_a_signed_response_says_where_it_goes(border: Border, browser: Visitor) -> None:
    assert (await border.sign_in(browser, destination=None)).h1 == "You're not a guest of Fabrikam"
    border.foreign.sign_response = True
    other = border.town.browser()
    await border.refused(border.foreign.sign_in(await border.away(other), destination=None))


async def test_a_response_that_was_changed_after_it_was_signed(border: Border, browser: Visitor) -> None:
    border.foreign.sign_response = True
    border.foreign.edit_response = lambda text: text.replace("<samlp:Status>", "<samlp:Status >").replace(
        "_response-", "_changed-", 1
    )
    await border.refused(border.foreign.sign_in(await border.away(browser)))


async def test_a_signature_of_somebody_else(border: Border, browser: Visitor) -> None:
    border.foreign.keys = [pair(border.town.house.clock.now())]
    await border.refused(border.foreign.sign_in(await border.away(browser)))


@pytest.mark.parametrize(
    ("signature", "digest"),
    [(Names.RSA_SHA1, Names.SHA1), (Names.RSA_SHA256, Names.SHA1), (Names.RSA_SHA1, Names.SHA256)],
)
async def test_sha_1_signs_nothing(border: Border, browser: Visitor, signature: str, digest: str) -> None:
    border.foreign.signature, border.foreign.digest = signature, digest
    await border.refused(border.foreign.sign_in(await border.away(browser)))


@pytest.mark.parametrize(
    "named",
    [
        ("RSA_SHA224",),
        ("RSA_SHA256", "SHA224"),
        ("RSA_SHA256", "SHA256", "C14N"),
        ("RSA_SHA256", "SHA256", "EXCL_C14N_COMMENTS"),
    ],
    ids=str,
)
async def test_what_is_not_on_the_list_signs_nothing(border: Border, browser: Visitor, named: tuple[str, ...]) -> None:
    """Each of these is a good signature; only nobody agreed to it."""
    border.foreign.named = named
    await border.refused(border.foreign.sign_in(await border.away(browser)))


async def test_a_longer_hash_is_welcome(border: Border, browser: Visitor) -> None:
    border.foreign.signature, border.foreign.digest = Names.RSA_SHA512, Names.SHA384
    assert (await border.sign_in(browser)).h1 == "You're not a guest of Fabrikam"


async def test_a_key_on_a_curve_is_welcome(town: Town, browser: Visitor, foreign: SamlProvider) -> None:
    foreign.keys, foreign.named = [pair(town.house.clock.now(), elliptic=True)], ("ECDSA_SHA256",)
    new = NewSamlProvider("Partner", metadata_url=foreign.metadata_url)
    made = await saml_providers.create_saml_provider(
        town.house, new, tenant_id=town.fabrikam.id, by=town.fabrikam.admin
    )
    border = Border(town, foreign, made)
    assert (await border.sign_in(browser)).h1 == "You're not a guest of Fabrikam"
    foreign.keys = [pair(town.house.clock.now(), elliptic=True)]
    await border.refused(foreign.sign_in(await border.away(town.browser())))


async def test_the_key_changes_after_the_next_certificate_was_given(border: Border, browser: Visitor) -> None:
    old, new = border.foreign.keys[0], pair(border.town.house.clock.now())
    given = SamlChanges(certificates=(old.plain, new.certificate))
    await saml_providers.update_saml_provider(
        border.town.house, given, provider=border.provider, by=border.town.fabrikam.admin
    )
    for key in (old, new):
        border.foreign.keys = [key]
        assert (await border.sign_in(border.town.browser())).h1 == "You're not a guest of Fabrikam"


async def test_a_certificate_counts_until_it_ends(town: Town, browser: Visitor, foreign: SamlProvider) -> None:
    now = town.house.clock.now()
    foreign.keys = [pair(now, timedelta(hours=1))]
    new = NewSamlProvider("Partner", metadata_url=foreign.metadata_url)
    made = await saml_providers.create_saml_provider(
        town.house, new, tenant_id=town.fabrikam.id, by=town.fabrikam.admin
    )
    border = Border(town, foreign, made)
    assert (await border.sign_in(browser)).h1 == "You're not a guest of Fabrikam"
    town.clock().advance(timedelta(hours=1))
    await border.refused(foreign.sign_in(await border.away(town.browser())))


# --- Wrapping (Somorovsky and others, "On Breaking SAML", 2012, figure 5) ---------------------------------------------

Wrap = Callable[[SamlProvider, str, dict[str, Any]], str]


def _parts(genuine: str) -> tuple[str, str]:
    """A signed assertion, and it without its signature."""
    found = re.search(r"<saml:Assertion.*</saml:Assertion>", genuine, re.DOTALL)
    assert found is not None
    return found[0], re.sub(r"<ds:Signature.*</ds:Signature>", "", found[0], flags=re.DOTALL)


def _signature(assertion: str) -> str:
    found = re.search(r"<ds:Signature.*</ds:Signature>", assertion, re.DOTALL)
    assert found is not None
    return found[0]


def _evil(facts: dict[str, Any], number: str = "_evil") -> str:
    return assertion_of({**facts, "name": "victim", "id": number})


def _with_signature(evil: str, signature: str) -> str:
    return evil.replace("</saml:Issuer>", f"</saml:Issuer>{signature}", 1)


def _object(inside: str) -> str:
    return f'<ds:Object xmlns:ds="{Names.NS_DS}">{inside}</ds:Object>'


def xsw1(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    """The signed response inside the signature of a response with the forged assertion."""
    signed = idp.sign(response_of(facts, _parts(genuine)[0]))
    signature = _signature(signed.partition("<samlp:Status>")[0])
    inner = signed.replace(signature, "", 1)
    whole = signature.replace("</ds:Signature>", f"{_object(inner)}</ds:Signature>")
    forged = response_of({**facts, "id": "evil"}, _evil(facts))
    return forged.replace("</saml:Issuer>", f"</saml:Issuer>{whole}", 1)


def xsw2(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    """The signed response beside the detached signature."""
    signed = idp.sign(response_of(facts, _parts(genuine)[0]))
    signature = _signature(signed.partition("<samlp:Status>")[0])
    inner = signed.replace(signature, "", 1)
    forged = response_of({**facts, "id": "evil"}, _evil(facts))
    extensions = f"{signature}<samlp:Extensions>{inner}</samlp:Extensions>"
    return forged.replace("</saml:Issuer>", f"</saml:Issuer>{extensions}", 1)


def xsw3(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    """The forged assertion before the signed one."""
    return response_of(facts, _evil(facts), _parts(genuine)[0])


def xsw4(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    """The signed assertion inside the forged one."""
    signed = _parts(genuine)[0]
    return response_of(facts, _evil(facts).replace("</saml:Assertion>", f"{signed}</saml:Assertion>"))


def xsw5(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    """The signature in the forged assertion, the signed one beside it."""
    signed, bare = _parts(genuine)
    return response_of(facts, _with_signature(_evil(facts), _signature(signed)), bare)


def xsw6(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    """The signature in the forged assertion, the signed one inside the signature."""
    signed, bare = _parts(genuine)
    signature = _signature(signed).replace("</ds:Signature>", f"{_object(bare)}</ds:Signature>")
    return response_of(facts, _with_signature(_evil(facts), signature))


def xsw7(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    """The forged assertion in the extensions, under the same ID."""
    signed = _parts(genuine)[0]
    extensions = f"<samlp:Extensions>{_evil(facts, facts['id'])}</samlp:Extensions>"
    return response_of(facts, signed).replace("</saml:Issuer>", f"</saml:Issuer>{extensions}", 1)


def xsw8(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    """The forged assertion under the ID of the signed one, which lies in an object of the signature."""
    signed, bare = _parts(genuine)
    signature = _signature(signed).replace("</ds:Signature>", f"{_object(bare)}</ds:Signature>")
    return response_of(facts, _with_signature(_evil(facts, facts["id"]), signature))


def two_signed(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    """Two assertions, both signed."""
    return response_of(facts, _parts(genuine)[0], idp.sign(assertion_of({**facts, "id": "_second"})))


def no_assertion(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    return response_of(facts)


def referring_elsewhere(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    """The reference is to the whole document."""
    return re.sub(r'<ds:Reference URI="[^"]*">', '<ds:Reference URI="">', genuine)


def twice_referring(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    return re.sub(r"(<ds:Reference .*</ds:Reference>)", r"\1\1", genuine, flags=re.DOTALL)


def another_transform(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    odd = '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>1</ds:XPath></ds:Transform>'
    return genuine.replace("</ds:Transforms>", f"{odd}</ds:Transforms>")


def by_password(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    """The certificate, which everybody has, as the key of a symmetric signature."""
    return genuine.replace(Names.RSA_SHA256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")


def encrypted(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    data = (
        '<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><xenc:CipherData>'
        "<xenc:CipherValue>AAAA</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>"
    )
    return response_of(facts, f"<saml:EncryptedAssertion>{data}</saml:EncryptedAssertion>")


def doctype(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    return f'<!DOCTYPE r [<!ENTITY e "victim">]>{genuine.replace("pat-1", "&e;")}'


def outside_entity(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    return f'<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>{genuine.replace("pat-1", "&e;")}'


def laughs(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    more = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE r [<!ENTITY e0 "ha">{more}]>{genuine.replace("pat-1", "&e9;")}'


def changed(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    return genuine.replace("pat-1", "victim")


def another_name(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    """Two names, of which the second is forged."""
    return genuine.replace("</saml:NameID>", "</saml:NameID><saml:NameID>victim</saml:NameID>")


def of_another_version(idp: SamlProvider, genuine: str, facts: dict[str, Any]) -> str:
    return genuine.replace('Version="2.0"', 'Version="1.1"', 1)


WRAPPINGS: list[Wrap] = [
    xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8, two_signed, no_assertion, referring_elsewhere, twice_referring,
    another_transform, by_password, encrypted, doctype, outside_entity, laughs, changed, another_name,
    of_another_version,
]  # fmt: skip


@pytest.mark.parametrize("wrap", WRAPPINGS, ids=lambda wrap: wrap.__name__)
async def test_nothing_is_believed_but_what_was_signed(border: Border, browser: Visitor, wrap: Wrap) -> None:
    foreign = border.foreign
    facts = foreign.facts(read_request(away := await border.away(browser)), "pat-1")
    genuine = foreign.response(facts)
    forged = wrap(foreign, genuine, facts)
    assert forged != genuine
    state = read_request(away).state
    await border.refused({"SAMLResponse": base64.b64encode(forged.encode()).decode(), "RelayState": state})
    good = {"SAMLResponse": base64.b64encode(genuine.encode()).decode(), "RelayState": state}
    assert (await border.back(browser, good)).h1 == "You're not a guest of Fabrikam"


async def test_a_comment_cuts_no_name_short(border: Border, browser: Visitor) -> None:
    """CVE-2017-11427 and others: the signature leaves comments out, and a reader stops at one."""
    await border.accepted(browser)
    border.foreign.edit_response = lambda text: text.replace("pat-1.evil", "pat-1<!-- -->.evil")
    stranger = border.town.browser()
    page = await border.sign_in(stranger, "pat-1.evil")
    assert page.h1 == "You're not a guest of Fabrikam"


@pytest.mark.parametrize(
    "sent",
    [
        "not base64 !",
        base64.b64encode(b"not xml").decode(),
        base64.b64encode("<samlp:Response/>".encode("utf-16")).decode(),
        base64.b64encode(b"<a>" + b" " * LARGEST + b"</a>").decode(),
        "",
    ],
    ids=["letters", "text", "utf-16", "large", "nothing"],
)
async def test_what_is_no_document(border: Border, browser: Visitor, sent: str) -> None:
    state = read_request(await border.away(browser)).state
    await border.refused({"SAMLResponse": sent, "RelayState": state})


async def test_a_form_that_is_no_form(border: Border, browser: Visitor) -> None:
    stranger = border.town.browser()
    large = await stranger.http.post(AT, data={"SAMLResponse": "a" * 300_000, "RelayState": "s"})
    assert (large.status_code, Page(large).h1) == (403, "You're not signed in")
    twice = await stranger.http.post(
        AT, content="RelayState=a&RelayState=b", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert twice.status_code == 403


async def test_the_provider_says_no_logout_tokens(border: Border, browser: Visitor) -> None:
    told = await browser.http.post(
        f"/signin/federated/{border.provider.provider_id}/logout", data={"logout_token": "a.b.c"}
    )
    assert told.status_code == 400
    assert (await world.last_event(border.town.fabrikam)).type == "provider.create"


# --- The sign-in log ------------------------------------------------------------------------------------------------


async def test_whoever_is_not_believed_is_in_the_log_of_that_organization_without_a_name(
    border: Border, browser: Visitor
) -> None:
    away, town = await border.away(browser), border.town
    for wrong, number, why in (
        ({"audience": "https://elsewhere.example/sp"}, 50008, "audience"),
        ({"format": TRANSIENT}, 50008, "nameFormat"),
        ({"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"}, 50000, "declined"),
    ):
        assert (await border.post(border.foreign.sign_in(away, **wrong))).status == 403
        assert (await log_of(town))[-1] == (number, why, None)
    await border.back(browser, border.foreign.sign_in(away, id="_once"))
    again = border.foreign.sign_in(await border.away(town.browser()), id="_once")
    await border.refused(again)
    assert (await log_of(town))[-1] == (50008, "used", None)
    assert "pat-1" not in str([event.record for event in await world.events(town.fabrikam)])


async def test_whoever_is_disabled_is_in_the_log_by_their_account(border: Border, browser: Visitor) -> None:
    await border.accepted(browser)
    (guest,) = await border.people()
    await disable(border.town.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=border.town.fabrikam.admin)
    await border.sign_in(border.town.browser())
    assert (await log_of(border.town))[-1] == (500571, "provider", guest.user_id)
