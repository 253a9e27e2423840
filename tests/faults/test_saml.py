"""Each step of a sign-in at a SAML provider fails once: an answer is good still, or it is kept, and never half."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.failing import failing
from tests.faults.test_federation import BROWSER, FAILED, MOST_STEPS, failures, flow, rows
from tests.support import world
from tests.support.houses import KINDS, postgres_house, sqlite_house
from tests.support.saml import SamlProvider, served_saml_provider
from tests.support.world import Place
from vestibule.actions import asserting, federating, saml_providers
from vestibule.actions.abroad import Abroad
from vestibule.actions.house import House
from vestibule.actions.saml_providers import NewSamlProvider
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import operator
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.providers import IdentityProvider


@pytest.fixture(params=KINDS)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """An empty house; the test runs once on each database."""
    if request.param == "sqlite":
        async with sqlite_house(tmp_path) as made:
            yield made
    else:
        async with postgres_house(request.getfixturevalue("postgres_server")) as made:
            yield made


@pytest.fixture
async def foreign(house: House) -> AsyncIterator[SamlProvider]:
    house.outgoing = Outgoing(allow_loopback=True)
    async with served_saml_provider(house.clock) as provider:
        yield provider


@pytest.fixture
async def contoso(house: House) -> Place:
    return await world.organization(house, "Contoso")


@pytest.fixture
async def partner(contoso: Place, foreign: SamlProvider) -> IdentityProvider:
    new = NewSamlProvider("Partner", metadata_url=foreign.metadata_url)
    return await saml_providers.create_saml_provider(contoso.house, new, tenant_id=contoso.id, by=operator())


async def away(house: House, contoso: Place, partner: IdentityProvider) -> str:
    """Where a browser is sent."""
    handle, request = await flow(house, contoso)
    return await federating.begin(house, Abroad(house), request, handle, provider_id=partner.provider_id)


async def test_going_there(house: House, contoso: Place, partner: IdentityProvider) -> None:
    handle, request = await flow(house, contoso)
    before = await rows(house)

    async def act(weak: House) -> str:
        return await federating.begin(weak, Abroad(weak), request, handle, provider_id=partner.provider_id)

    async for _ in failures(house, act):
        assert await rows(house) == before
    assert await rows(house) == [before[0] + 1, *before[1:]]


async def test_an_answer_that_is_posted(
    house: House, contoso: Place, foreign: SamlProvider, partner: IdentityProvider
) -> None:
    form = foreign.sign_in(await away(house, contoso, partner))
    before = await rows(house)

    async def act(weak: House) -> str:
        return await asserting.receive(weak, state=form["RelayState"], answer=form["SAMLResponse"])

    async for _ in failures(house, act):
        assert await rows(house) == before, "the request waits still, and nothing is kept"
    assert await rows(house) == before, "the request gave way to the answer"
    with pytest.raises(Refused) as caught:
        await act(house)
    assert caught.value.reason is Reason.CODE_EXPIRED


async def test_the_browser_follows(
    house: House, contoso: Place, foreign: SamlProvider, partner: IdentityProvider
) -> None:
    weak, steps = failing(house)
    before, used, kept = await rows(house), 0, 0
    for number in range(1, MOST_STEPS):
        form = foreign.sign_in(await away(house, contoso, partner))
        handle = await asserting.receive(house, state=form["RelayState"], answer=form["SAMLResponse"])
        steps.arm(number)
        try:
            await asserting.finish(weak, handle, browser=BROWSER, network="192.0.2.7")
        except FAILED:
            if (await rows(house))[0] == 1:  # the handle was not used up
                kept += 1
                await asserting.finish(house, handle, browser=BROWSER, network="192.0.2.7")
                continue
            used += 1
            with pytest.raises(Refused) as caught:
                await asserting.finish(house, handle, browser=BROWSER, network="192.0.2.7")
            assert caught.value.reason is Reason.CODE_EXPIRED
            continue
        break
    assert used
    assert kept
    assert (await rows(house))[1] == before[1] + 1, "a person once"
