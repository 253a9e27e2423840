"""Signing in at another provider, honest and hostile, on both databases."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from soak.sign_in_breakages import (
    audience_of_somebody_else,
    disabled_comes_in,
    nonce_of_another_sign_in,
    state_of_another_browser,
    state_used_again,
)
from soak.sign_in_breakages_invitations import (
    address_says_who,
    any_address_is_vouched_for,
    hint_of_the_caller_passed_on,
    proof_of_anybody,
    providers_cannot_be_switched_off,
    subject_alone_says_who,
    times_of_a_token_forgotten,
)
from soak.sign_in_breakages_protocol import any_kind_of_token, unsigned_tokens_believed
from tests.support import world
from tests.support.broken import broken
from tests.support.provider import CLIENT, SECRET, ForeignProvider, served_provider
from tests.support.world import Place
from vestibule.actions import (
    federating,
    leaving,
    mailbox_codes,
    posting,
    providers,
    redeeming,
    sign_in_methods,
    signing_in,
)
from vestibule.actions.abroad import NOT_AGAIN_BEFORE, Abroad
from vestibule.actions.access import authenticate_session
from vestibule.actions.federating import Arrived
from vestibule.actions.house import House
from vestibule.actions.providers import Changes, NewProvider
from vestibule.actions.switching import disable, enable
from vestibule.ground import signing
from vestibule.ground.clock import StoppedClock
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import Strength, operator
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, outbox, people
from vestibule.store.memberships import Membership
from vestibule.store.providers import IdentityProvider

BROWSER = "the browser's own cookie"
ADDRESS = "pat@partner.example"


@dataclass
class Border:
    """Contoso, and a provider from which its guests come."""

    place: Place
    foreign: ForeignProvider
    known: Abroad
    provider: IdentityProvider

    @property
    def house(self) -> House:
        return self.place.house

    async def flow(self, browser: str = BROWSER) -> str:
        return await signing_in.begin(self.house, browser=browser, target="/myaccount/", tenant_id=self.place.id)

    async def away(self, handle: str = "", *, browser: str = BROWSER, typed: str = "") -> str:
        """Where a browser is sent."""
        handle = handle or await self.flow(browser)
        request = await signing_in.find(self.house, await self.house.store.read(), handle, browser)
        assert request is not None
        provider_id = self.provider.provider_id
        return await federating.begin(self.house, self.known, request, handle, provider_id=provider_id, typed=typed)

    async def back(self, given: dict[str, str], *, browser: str = BROWSER) -> Arrived:
        return await federating.finish(self.house, self.known, given, browser=browser, network="192.0.2.9")

    async def sign_in(self, sub: str = "pat-1", handle: str = "", **claims: Any) -> Arrived:
        return await self.back(self.foreign.sign_in(await self.away(handle), sub, **claims))

    async def refused(self, given: dict[str, str], *, browser: str = BROWSER) -> Refused:
        with pytest.raises(Refused) as caught:
            await self.back(given, browser=browser)
        return caught.value

    async def refused_with(self, **claims: Any) -> Refused:
        """Why a sign-in with other claims than the right ones fails."""
        self.foreign.claims = claims
        return await self.refused(self.foreign.sign_in(await self.away(), "pat-1"))

    async def guest(self, sub: str = "pat-1", address: str = ADDRESS) -> Membership:
        """Somebody from the provider accepts an invitation to an address that it vouches for."""
        waiting, ticket = await world.invited(self.place, address)
        arrived = await self.sign_in(sub, email=address)
        await self.accept(arrived, ticket)
        return await world.again(self.house, self.place.id, waiting.user_id)

    async def accept(self, arrived: Arrived, ticket: str) -> None:
        proof = await signing_in.find(self.house, await self.house.store.read(), arrived.handle, BROWSER)
        person_id = arrived.opened.signed_in.person.person_id
        by = world.person_at_pages(person_id)
        await redeeming.redeem(self.house, person_id=person_id, ticket=ticket, by=by, proof=proof)


@pytest.fixture
async def foreign(house: House) -> AsyncIterator[ForeignProvider]:
    house.outgoing = Outgoing(allow_loopback=True)
    async with served_provider(house.clock) as provider:
        yield provider


def new(foreign: ForeignProvider, *domains: str) -> NewProvider:
    return NewProvider("Partner", foreign.metadata_url, CLIENT, SECRET, domains)


@pytest.fixture
async def border(contoso: Place, foreign: ForeignProvider) -> Border:
    made = await providers.create_provider(
        contoso.house, new(foreign, "partner.example"), tenant_id=contoso.id, by=contoso.admin
    )
    return Border(contoso, foreign, Abroad(contoso.house), made)


def clock_of(house: House) -> StoppedClock:
    assert isinstance(house.clock, StoppedClock)
    return house.clock


# --- The way there ----------------------------------------------------------------------------------------------------


async def test_a_browser_is_sent_with_everything_that_binds_the_answer(border: Border) -> None:
    address = await border.away(typed=ADDRESS)
    assert address.startswith(f"{border.foreign.issuer}/authorize?")
    asked = dict(part.split("=", 1) for part in address.partition("?")[2].split("&"))
    assert asked["code_challenge_method"] == "S256"
    assert asked["login_hint"] == "pat%40partner.example"
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert asked["redirect_uri"] == "https%3A%2F%2Fvestibule.example%2Fsignin%2Ffederated"


@broken(hint_of_the_caller_passed_on)
async def test_nothing_but_what_was_typed_here_goes_along(border: Border) -> None:
    hinted = await signing_in.begin(
        border.house, browser=BROWSER, target="/myaccount/", tenant_id=border.place.id, email="victim@partner.example"
    )
    address = await border.away(hinted)
    assert "victim" not in address
    assert "login_hint" not in address
    assert "prompt" not in address
    assert "acr_values" not in address


async def test_another_organizations_provider_is_none_here(border: Border, house: House) -> None:
    fabrikam = await world.organization(house, "Fabrikam")
    handle = await signing_in.begin(house, browser=BROWSER, target="/myaccount/", tenant_id=fabrikam.id)
    with pytest.raises(Refused) as caught:
        await border.away(handle)
    assert caught.value.reason is Reason.NOT_FOUND


# --- Who it is --------------------------------------------------------------------------------------------------------


async def test_a_person_is_who_the_issuer_calls_by_a_subject(border: Border) -> None:
    first, again = await border.sign_in("pat-1"), await border.sign_in("pat-1", email="else@where.example")
    other = await border.sign_in("pat-2")
    person = first.opened.signed_in.person
    assert person.person_id == again.opened.signed_in.person.person_id != other.opened.signed_in.person.person_id
    assert person.issuer == border.foreign.issuer
    assert "pat-1" not in person.subject
    assert first.opened.signed_in.strength is Strength.FEDERATED


@broken(subject_alone_says_who)
async def test_two_providers_with_the_same_subject_are_two_people(border: Border, house: House) -> None:
    async with served_provider(house.clock) as second:
        made = await providers.create_provider(house, new(second), tenant_id=border.place.id, by=operator())
        other = Border(border.place, second, border.known, made)
        one, two = await border.sign_in("same"), await other.sign_in("same")
    assert one.opened.signed_in.person.person_id != two.opened.signed_in.person.person_id


@pytest.mark.parametrize("verified", [True, False, None])
@broken(address_says_who)
async def test_an_address_links_nobody(border: Border, verified: bool | None) -> None:
    victim = await world.guest(border.place, "victim@elsewhere.example")
    arrived = await border.sign_in("hostile", email="victim@elsewhere.example", email_verified=verified)
    assert arrived.opened.signed_in.person.person_id != victim.person_id
    assert arrived.opened.signed_in.open_in == {}


async def test_credentials_go_as_the_provider_takes_them(border: Border) -> None:
    await border.sign_in()
    border.foreign.metadata["token_endpoint_auth_methods_supported"] = None
    await Border(border.place, border.foreign, Abroad(border.house), border.provider).sign_in()
    assert [form["client_secret"] for form in border.foreign.asked] == [SECRET, SECRET]


# --- What is not believed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "another-client"}, "audience"),
        ({"aud": [CLIENT, "another"], "azp": None}, "audience"),
        ({"azp": "another-client"}, "audience"),
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"sub": None}, "claims"),
        ({"sub": ""}, "claims"),
        ({"sub": "s" * 256}, "claims"),
        ({"iat": None}, "claims"),
        ({"exp": None}, "claim"),
        ({"exp": 1}, "expired"),
        ({"iat": 99999999999}, "notYet"),
    ],
)
@broken(audience_of_somebody_else, case="claims0-")
@broken(nonce_of_another_sign_in, case="claims4-")
@broken(times_of_a_token_forgotten, case="expired")
async def test_an_id_token_that_is_not_for_us_now(border: Border, claims: dict[str, Any], why: str) -> None:
    refused = await border.refused_with(**claims)
    assert (refused.reason, refused.facts["why"]) == (Reason.PROVIDER_REFUSED, why)


async def test_a_signature_of_another_key_under_the_same_name(border: Border) -> None:
    published = border.foreign.keys[0]
    border.foreign.keys[0] = signing.generate_es256("first")
    signed = border.foreign.keys[0]
    border.foreign.keys[0] = published
    now = int(border.house.clock.now().timestamp())
    claims = {"iss": border.foreign.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "sub": "pat-1"}
    border.foreign.raw = signing.sign(signed, claims, "JWT")
    refused = await border.refused_with()
    assert refused.facts["why"] == "signature"


@broken(unsigned_tokens_believed, any_kind_of_token)
async def test_an_unsigned_token_and_one_of_another_kind(border: Border) -> None:
    border.foreign.raw = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwYXQifQ."
    assert (await border.refused_with()).facts["why"] == "algorithm"
    border.foreign.raw, border.foreign.typ = "", "at+jwt"
    assert (await border.refused_with()).facts["why"] == "type"


async def test_keys_change_and_are_read_again_but_not_at_every_call(border: Border) -> None:
    await border.sign_in()
    border.foreign.keys.insert(0, signing.generate_es256("second"))
    assert (await border.refused_with()).facts["why"] == "key"
    assert border.foreign.fetched == 1
    clock_of(border.house).advance(NOT_AGAIN_BEFORE)
    await border.sign_in()
    assert border.foreign.fetched == 2


async def test_an_answer_says_who_gives_it(border: Border) -> None:
    given = border.foreign.sign_in(await border.away(), "pat-1")
    assert (await border.refused({**given, "iss": "https://mix.example"})).facts["why"] == "issuer"
    given = border.foreign.sign_in(await border.away(), "pat-1")
    del given["iss"]
    assert (await border.refused(given)).facts["why"] == "noIssuer"
    assert border.foreign.asked == []


@broken(state_used_again, state_of_another_browser)
async def test_a_state_is_good_once_in_one_browser(border: Border) -> None:
    given = border.foreign.sign_in(await border.away(), "pat-1")
    assert (await border.refused(given, browser="another browser")).reason is Reason.CODE_EXPIRED
    assert (await border.refused({**given, "state": "made up"})).reason is Reason.CODE_EXPIRED
    await border.back(given)
    assert (await border.refused(given)).reason is Reason.CODE_EXPIRED
    assert len(border.foreign.asked) == 1


async def test_a_state_dies_with_its_hour_and_with_a_failed_try(border: Border) -> None:
    late = border.foreign.sign_in(await border.away(), "pat-1")
    clock_of(border.house).advance(timedelta(minutes=60))
    assert (await border.refused(late)).reason is Reason.CODE_EXPIRED
    given = border.foreign.sign_in(await border.away(), "pat-1")
    assert (await border.refused({**given, "error": "access_denied"})).facts["why"] == "declined"
    assert (await border.refused(given)).reason is Reason.CODE_EXPIRED


async def test_a_code_that_the_provider_refuses(border: Border) -> None:
    given = border.foreign.sign_in(await border.away(), "pat-1")
    assert (await border.refused({**given, "code": "stolen"})).facts["why"] == "code"


@broken(providers_cannot_be_switched_off)
async def test_a_provider_that_is_switched_off_meanwhile(border: Border) -> None:
    guest = await border.guest()
    given = border.foreign.sign_in(await border.away(), "pat-1")
    handle, arrived = await border.flow(), await border.sign_in()
    opened = await signing_in.open_organization(border.house, arrived.opened.signed_in, border.place.id)
    off = Changes(enabled=False)
    where = {"tenant_id": border.place.id, "provider_id": border.provider.provider_id}
    await providers.update_provider(border.house, off, **where, by=border.place.admin)
    assert (await border.refused(given)).facts["why"] == "off"
    with pytest.raises(Refused):
        await border.away(handle)
    signed_in = await authenticate_session(await border.house.store.read(), opened.token)
    assert signed_in is not None
    assert signed_in.open_in == {}
    assert not (await world.again(border.house, guest.tenant_id, guest.user_id)).standing.enabled_at_home
    await providers.update_provider(border.house, Changes(enabled=True), **where, by=border.place.admin)
    assert (await world.again(border.house, guest.tenant_id, guest.user_id)).standing.enabled_at_home


@broken(disabled_comes_in)
async def test_a_guest_who_is_disabled_here_gets_no_session(border: Border) -> None:
    guest = await border.guest()
    await disable(border.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=border.place.admin)
    refused = await border.refused(border.foreign.sign_in(await border.away(), "pat-1"))
    assert refused.reason is Reason.ACCOUNT_DISABLED
    await enable(border.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=border.place.admin)
    assert (await border.sign_in()).opened.signed_in.person.person_id == guest.person_id


async def test_nobody_adds_a_way_in_that_goes_past_their_home(border: Border) -> None:
    guest = await border.guest()
    arrived = await border.sign_in()
    by = world.at_portal(guest, Strength.FEDERATED)
    proven = sign_in_methods.proven_by(arrived.opened.signed_in)
    with pytest.raises(Refused) as caught:
        await sign_in_methods.insist(await border.house.store.read(), Verb.ADD_SIGN_IN_METHOD, proven, by=by)
    assert caught.value.reason is Reason.NOT_ALLOWED


# --- Accepting an invitation ------------------------------------------------------------------------------------------


async def test_an_address_that_the_provider_answers_for_accepts(border: Border) -> None:
    guest = await border.guest()
    person = await people.find(await border.house.store.read(), guest.person_id or "")
    assert person is not None
    assert person.is_federated
    assert guest.provider == border.foreign.issuer
    told = next(one for one in await world.events(border.place) if one.type == "membership.redeem")
    assert told.record["facts"]["source"] == "federated"
    assert await people.mailboxes(await border.house.store.read(), person.person_id) == []


@pytest.mark.parametrize(
    ("invited", "claims"),
    [
        (ADDRESS, {"email": "other@partner.example"}),
        (ADDRESS, {"email": ADDRESS, "email_verified": False}),
        (ADDRESS, {}),
        ("pat@elsewhere.example", {"email": "pat@elsewhere.example", "email_verified": True}),
    ],
)
@broken(any_address_is_vouched_for, case="claims3")
async def test_any_other_address_has_to_be_proved_by_a_code(
    border: Border, invited: str, claims: dict[str, Any]
) -> None:
    _, ticket = await world.invited(border.place, invited)
    arrived = await border.sign_in(**claims)
    with pytest.raises(Refused) as caught:
        await border.accept(arrived, ticket)
    assert caught.value.reason is Reason.WRONG_PERSON
    request = await signing_in.find(border.house, await border.house.store.read(), arrived.handle, BROWSER)
    assert request is not None
    await mailbox_codes.send_code(border.house, request, email=invited, languages=[])
    letters = [
        posting.open_letter(border.house, one) for one in await outbox.waiting(await border.house.store.read(), 9)
    ]
    code = next(str(one.facts["code"]) for one in letters if one.kind == "passcode")
    person_id = arrived.opened.signed_in.person.person_id
    with pytest.raises(Refused):
        await mailbox_codes.prove_mailbox(border.house, request, person_id=person_id, email=invited, typed="00000000")
    await mailbox_codes.prove_mailbox(border.house, request, person_id=person_id, email=invited, typed=code)
    await border.accept(arrived, ticket)
    mine = await memberships.of_person_here(await border.house.store.read(), border.place.id, person_id)
    assert [one.mail for one in mine] == [invited]


@broken(proof_of_anybody)
async def test_a_proof_is_one_persons_in_one_sign_in(border: Border) -> None:
    _, ticket = await world.invited(border.place, ADDRESS)
    proved = await border.sign_in("pat-1", email=ADDRESS)
    other = await border.sign_in("pat-2")
    stranger = Arrived(other.opened, proved.handle)
    with pytest.raises(Refused):
        await border.accept(stranger, ticket)
    later = Arrived(proved.opened, await border.flow())
    with pytest.raises(Refused):
        await border.accept(later, ticket)


async def test_a_provider_vouches_for_nothing_in_another_organization(border: Border, house: House) -> None:
    fabrikam = await world.organization(house, "Fabrikam")
    arrived = await border.sign_in(email=ADDRESS)
    _, ticket = await world.invited(fabrikam, ADDRESS)
    with pytest.raises(Refused) as caught:
        await border.accept(arrived, ticket)
    assert caught.value.reason is Reason.WRONG_PERSON
    request = await signing_in.find(house, await house.store.read(), arrived.handle, BROWSER)
    assert request is not None
    person = arrived.opened.signed_in.person
    invitation = await redeeming._asked(await house.store.read(), ticket, "", "")
    assert invitation is not None
    assert not await redeeming.needs_mailbox(await house.store.read(), invitation, person)


async def test_a_guest_from_elsewhere_leaves_like_any_other(border: Border) -> None:
    guest = await border.guest()
    arrived = await border.sign_in()
    await signing_in.open_organization(border.house, arrived.opened.signed_in, border.place.id)
    by = world.at_portal(guest, Strength.FEDERATED)
    await leaving.leave(border.house, tenant_id=guest.tenant_id, by=by, key="k")
    with pytest.raises(Refused):
        await signing_in.open_organization(border.house, (await border.sign_in()).opened.signed_in, border.place.id)


# --- The providers themselves -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({"issuer": "https://elsewhere.example"}, "issuer"),
        ({"token_endpoint": None}, "endpoints"),
        ({"jwks_uri": "file:///etc/passwd"}, "endpoints"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "endpoints"),
    ],
)
async def test_metadata_that_does_not_fit(
    contoso: Place, foreign: ForeignProvider, metadata: dict[str, Any], why: str
) -> None:
    foreign.metadata = metadata
    with pytest.raises(Refused) as caught:
        await providers.create_provider(contoso.house, new(foreign), tenant_id=contoso.id, by=contoso.admin)
    assert (caught.value.reason, caught.value.facts["why"]) == (Reason.PROVIDER_REFUSED, why)


async def test_loopback_and_plain_http_are_for_who_switched_them_on(contoso: Place, foreign: ForeignProvider) -> None:
    contoso.house.outgoing = Outgoing()
    with pytest.raises(Refused) as caught:
        await providers.create_provider(contoso.house, new(foreign), tenant_id=contoso.id, by=contoso.admin)
    assert (caught.value.reason, caught.value.facts["property"]) == (Reason.BAD_VALUE, "metadataUrl")


async def test_nobody_makes_us_ask_who_may_not(contoso: Place, foreign: ForeignProvider) -> None:
    member = await world.member(contoso)
    with pytest.raises(Refused) as caught:
        await providers.create_provider(contoso.house, new(foreign), tenant_id=contoso.id, by=world.at_portal(member))
    assert caught.value.reason is Reason.NOT_ALLOWED
    assert foreign.fetched == 0
    assert (await world.last_event(contoso)).type == "provider.create"


async def test_an_issuer_once_and_a_domain_once(border: Border, house: House) -> None:
    again = new(border.foreign)
    with pytest.raises(Refused) as caught:
        await providers.create_provider(house, again, tenant_id=border.place.id, by=border.place.admin)
    assert caught.value.reason is Reason.DUPLICATE_VALUE
    async with served_provider(house.clock) as second:
        for domain, reason in (("partner.example", Reason.DUPLICATE_VALUE), ("contoso.example", Reason.BAD_VALUE)):
            with pytest.raises(Refused) as caught:
                await providers.create_provider(
                    house, new(second, domain), tenant_id=border.place.id, by=border.place.admin
                )
            assert caught.value.reason is reason


async def test_changes_are_told_and_the_secret_is_in_no_event(border: Border) -> None:
    where = {"tenant_id": border.place.id, "provider_id": border.provider.provider_id}
    changes = Changes(display_name="Partners", client_secret="another secret", domains=("b.example", "a.example"))
    saved = await providers.update_provider(border.house, changes, **where, by=border.place.admin)
    assert (saved.version, saved.display_name) == (2, "Partners")
    assert providers.secret_of(border.house, saved) == "another secret"
    told = await world.last_event(border.place)
    assert told.record["changes"] == ["client_secret", "display_name", "domains"]
    assert "another secret" not in str(told)
    same = await providers.update_provider(border.house, Changes(display_name="Partners"), **where, by=operator())
    assert same.version == 2
    await providers.delete_provider(border.house, **where, by=border.place.admin)
    assert (await world.last_event(border.place)).type == "provider.delete"
    with pytest.raises(Refused) as caught:
        await providers.delete_provider(border.house, **where, by=border.place.admin)
    assert caught.value.reason is Reason.NOT_FOUND
