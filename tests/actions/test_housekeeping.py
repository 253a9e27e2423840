"""What is over is swept away; what lives, or could still be used twice, stays."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support import world
from tests.support.world import Place
from vestibule.actions import apps, granting, group_members, grouping, housekeeping, signing_in
from vestibule.actions.granting import Grant, Tokens
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import Strength, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import NewGroup
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.apps import App
from vestibule.store.schema import (
    authorization_code,
    browser_session,
    organization_session,
    refresh_token,
    sign_in_request,
    token_family,
    vanished,
)
from vestibule.store.statements import Query

CALLBACK = "https://app.example/cb"
TABLES = (browser_session, organization_session, sign_in_request, authorization_code, refresh_token, token_family)
_ROWS = {table.name: Query(select(next(iter(table.primary_key)))) for table in TABLES}


async def counted(house: House) -> dict[str, int]:
    """How many rows each of the tables has that are swept, where it has any."""
    reading = await house.store.read()
    found = {name: len(await reading.all(query)) for name, query in _ROWS.items()}
    return {name: rows for name, rows in found.items() if rows}


def push(house: House, step: timedelta) -> None:
    """Time passes."""
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


@pytest.fixture
async def app(contoso: Place) -> App:
    """An app that may get refresh tokens."""
    new = NewApp(display_name="Notes", redirect_uris=(CALLBACK,))
    return (await apps.create_app(contoso.house, new, tenant_id=contoso.id, by=operator())).app


async def sign_in(contoso: Place, app: App) -> tuple[str, Tokens]:
    """A code that was used, and what it gave."""
    house = contoso.house
    grant = Grant(
        scope="offline_access User.Read",
        permissions=("User.Read",),
        nonce=None,
        auth_time=house.clock.now(),
        strength=Strength.PASSWORD,
        redirect_uri=CALLBACK,
    )
    code = await granting.make_code(house, app, contoso.administrator, grant)
    return code, await exchange(contoso, app, code)


async def exchange(contoso: Place, app: App, code: str) -> Tokens:
    """What a code gives."""
    ring = KeyRing(contoso.house)
    return await granting.exchange_code(
        contoso.house, ring, app, tenant_id=contoso.id, code=code, redirect_uri=CALLBACK, verifier=None
    )


async def refresh(contoso: Place, app: App, token: str | None) -> Tokens:
    """The next tokens."""
    ring = KeyRing(contoso.house)
    return await granting.refresh(contoso.house, ring, app, tenant_id=contoso.id, token=token or "", scope=None)


async def test_sessions_and_sign_ins_that_are_over_go(contoso: Place) -> None:
    house = contoso.house
    await signing_in.begin(house, browser="browser", target="/myaccount/")
    guest = await world.guest(contoso)
    opened = await signing_in.open_session(house, guest.person_id or "", Strength.EMAILED_CODE)
    await signing_in.open_organization(house, opened.signed_in, contoso.id)
    there = {"browser_session": 1, "organization_session": 1, "sign_in_request": 1}
    assert await counted(house) == there

    push(house, timedelta(minutes=59))
    await housekeeping.sweep(house)
    assert await counted(house) == there

    push(house, timedelta(minutes=2))
    await housekeeping.sweep(house)
    assert await counted(house) == {"browser_session": 1, "organization_session": 1}

    push(house, timedelta(hours=23))
    await housekeeping.sweep(house)
    assert await counted(house) == {}


async def test_a_used_code_is_remembered_for_half_a_day_and_its_second_use_noticed(contoso: Place, app: App) -> None:
    code, given = await sign_in(contoso, app)
    push(contoso.house, timedelta(hours=12))
    await housekeeping.sweep(contoso.house)

    with pytest.raises(Refused) as refused:
        await exchange(contoso, app, code)
    assert refused.value.reason is Reason.ALREADY_THERE
    with pytest.raises(Refused) as ended:
        await refresh(contoso, app, given.refresh_token)
    assert ended.value.reason is Reason.ALREADY_THERE


async def test_a_family_lives_as_long_as_it_is_refreshed_and_goes_half_a_day_after(contoso: Place, app: App) -> None:
    _, given = await sign_in(contoso, app)
    push(contoso.house, timedelta(days=29))
    given = await refresh(contoso, app, given.refresh_token)
    push(contoso.house, timedelta(days=29))
    await housekeeping.sweep(contoso.house)
    assert await counted(contoso.house) == {"refresh_token": 1, "token_family": 1}

    given = await refresh(contoso, app, given.refresh_token)
    push(contoso.house, timedelta(days=31))
    await housekeeping.sweep(contoso.house)  # the family goes one round after its last token
    await housekeeping.sweep(contoso.house)
    assert await counted(contoso.house) == {}


async def test_keys_of_nobody_are_swept(house: House, contoso: Place) -> None:
    await world.guest(contoso, "guest@elsewhere.example")
    used = await house.keys.all_ids()
    await world.invited(contoso, "guest@elsewhere.example")  # they are there already: the key made for them is not used
    assert len(await house.keys.all_ids() - used) == 1
    await housekeeping.sweep_keys(house)
    assert len(await house.keys.all_ids() - used) == 1, "it is young"
    push(house, timedelta(hours=1))
    push(house, timedelta(seconds=1))
    await housekeeping.sweep_keys(house)
    assert await house.keys.all_ids() == used


async def test_what_vanished_is_known_for_thirty_days(contoso: Place):
    house = contoso.house
    sam = await world.member(contoso, "Sam")
    new = NewGroup("Readers", "readers")
    made = await grouping.create_group(house, new, tenant_id=contoso.id, by=operator(), member_ids=[sam.user_id])
    await group_members.remove_member(
        house, tenant_id=contoso.id, group_id=made.group_id, user_id=sam.user_id, by=operator()
    )
    gone = Query(select(vanished.c.object_id, vanished.c.user_id))
    push(house, housekeeping.VANISHED_KNOWN)
    await housekeeping.sweep(house)
    assert [tuple(row) for row in await (await house.store.read()).all(gone)] == [(made.group_id, sam.user_id)]
    push(house, timedelta(milliseconds=1))
    await housekeeping.sweep(house)
    assert await (await house.store.read()).all(gone) == []
