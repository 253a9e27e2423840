"""Each step of a sign-in at another provider fails once; what was begun is as it was, or done, and never half."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import apsw
import asyncpg
import pytest
from sqlalchemy import literal_column, select

from tests.faults.failing import Steps, failing
from tests.faults.lines import ADDRESS
from tests.faults.quiet_lines import sent_code
from tests.support import world
from tests.support.houses import KINDS, postgres_house, sqlite_house
from tests.support.provider import CLIENT, SECRET, ForeignProvider, served_provider
from tests.support.world import Place
from vestibule.actions import being_told, federating, mailbox_codes, proofs, providers, signing_in
from vestibule.actions.abroad import Abroad
from vestibule.actions.house import House
from vestibule.actions.providers import NewProvider
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import operator
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import sessions
from vestibule.store.providers import IdentityProvider
from vestibule.store.schema import browser_session, federation_request, person
from vestibule.store.sessions import SignInRequest
from vestibule.store.statements import Query
from vestibule.store.unit import Unavailable

BROWSER = "a browser"
MOST_STEPS = 100
FAILED = (Unavailable, apsw.Error, asyncpg.PostgresError)
TABLES = (federation_request, person, browser_session)
COUNTS = [Query(select(literal_column("1")).select_from(table)) for table in TABLES]


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
async def foreign(house: House) -> AsyncIterator[ForeignProvider]:
    house.outgoing = Outgoing(allow_loopback=True)
    async with served_provider(house.clock) as provider:
        yield provider


@pytest.fixture
async def contoso(house: House) -> Place:
    return await world.organization(house, "Contoso")


@pytest.fixture
async def partner(contoso: Place, foreign: ForeignProvider) -> IdentityProvider:
    new = NewProvider("Partner", foreign.metadata_url, CLIENT, SECRET)
    return await providers.create_provider(contoso.house, new, tenant_id=contoso.id, by=operator())


async def rows(house: House) -> list[int]:
    """How many requests, people and sessions there are."""
    reading = await house.store.read()
    return [len(await reading.all(query)) for query in COUNTS]


async def flow(house: House, place: Place) -> tuple[str, SignInRequest]:
    handle = await signing_in.begin(house, browser=BROWSER, target="/myaccount/", tenant_id=place.id)
    request = await signing_in.find(house, await house.store.read(), handle, BROWSER)
    assert request is not None
    return handle, request


async def failures(house: House, act: Callable[[House], Awaitable[Any]]) -> AsyncIterator[tuple[int, Steps]]:
    """Do the act with its first step failing, then its second, until it is done without a failure."""
    weak, steps = failing(house)
    for number in range(1, MOST_STEPS):
        steps.arm(number)
        try:
            await act(weak)
        except FAILED:
            yield number, steps
            continue
        assert steps.left is not None, "a failure was swallowed"
        return
    raise AssertionError("the act does not end")


async def test_going_there(house: House, contoso: Place, foreign: ForeignProvider, partner: IdentityProvider) -> None:
    handle, request = await flow(house, contoso)
    before = await rows(house)

    async def act(weak: House) -> str:
        return await federating.begin(weak, Abroad(weak), request, handle, provider_id=partner.provider_id)

    async for _ in failures(house, act):
        assert await rows(house) == before
    after = await rows(house)
    assert after == [before[0] + 1, *before[1:]]


async def test_coming_back(house: House, contoso: Place, foreign: ForeignProvider, partner: IdentityProvider) -> None:
    before, used, kept = await rows(house), 0, 0
    weak, steps = failing(house)
    for number in range(1, MOST_STEPS):
        handle, request = await flow(house, contoso)
        address = await federating.begin(house, Abroad(house), request, handle, provider_id=partner.provider_id)
        given = foreign.sign_in(address, "pat-1")
        steps.arm(number)
        try:
            await federating.finish(weak, Abroad(weak), given, browser=BROWSER, network="192.0.2.7")
        except FAILED:
            there = await rows(house)
            if there[0] == 1:  # the state was not used up
                kept += 1
                await federating.finish(house, Abroad(house), given, browser=BROWSER, network="192.0.2.7")
                assert (await rows(house))[0] == 0
                continue
            used += 1
            with pytest.raises(Refused) as caught:
                await federating.finish(house, Abroad(house), given, browser=BROWSER, network="192.0.2.7")
            assert caught.value.reason is Reason.CODE_EXPIRED
            assert there[1] <= before[1] + 1, "a person once"
            continue
        break
    assert used
    assert kept


async def test_being_told(house: House, contoso: Place, foreign: ForeignProvider, partner: IdentityProvider) -> None:
    handle, request = await flow(house, contoso)
    address = await federating.begin(house, Abroad(house), request, handle, provider_id=partner.provider_id)
    given = foreign.sign_in(address, "pat-1")
    await federating.finish(house, Abroad(house), given, browser=BROWSER, network="192.0.2.7")
    token = foreign.logout_token("pat-1")

    async def act(weak: House) -> None:
        await being_told.sign_out(weak, Abroad(weak), provider_id=partner.provider_id, token=token)

    async for _ in failures(house, act):
        assert (await rows(house))[2] == 1, "nobody is out before all of it is written"
    assert (await rows(house))[2] == 0


async def test_proving_a_mailbox(house: House, contoso: Place) -> None:
    await world.invited(contoso, ADDRESS)
    _, request = await flow(house, contoso)
    code = await sent_code(house, request)
    person_id = "somebody"

    async def act(weak: House) -> None:
        await mailbox_codes.prove_mailbox(weak, request, person_id=person_id, email=ADDRESS, typed=code)

    async for _ in failures(house, act):
        assert await proved(house, request, contoso) is None
    assert await proved(house, request, contoso) is not None


async def proved(house: House, request: SignInRequest, place: Place) -> str | None:
    """What the sign-in knows of the proof."""
    kept = await sessions.find_request(await house.store.read(), request.request_hash)
    assert kept is not None
    return proofs.proven(signing_in.unsealed(house, kept), person_id="somebody", tenant_id=place.id)
