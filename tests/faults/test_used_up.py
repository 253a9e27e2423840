"""What is used up stays so: fifty at once, after a restart, and whichever way the clock is moved.

Each thing is used by fifty at once over two processes, as far as it can be used at all. Then the house stands up anew
on the same database, an hour later, an hour earlier, and with its clock pushed by thirty days, and each time nothing of
it is good any more.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count, cycle
from typing import Any

import pytest

from soak.sign_in_breakages import code_used_again, session_goes_on, tries_not_counted
from tests.faults.ground import KEY, Ground
from tests.faults.lines import ADDRESS
from tests.faults.quiet_lines import at_browser, client_of, exchange, grant, on_device, ring_of, sent_code
from tests.faults.test_races import MANY, at_once, said
from tests.support import world
from tests.support.broken import broken
from tests.support.world import Place
from vestibule.actions import (
    device_signing_in,
    emulating,
    granting,
    mailbox_codes,
    redeeming,
    signing_in,
    signing_out,
)
from vestibule.actions.access import authenticate_session
from vestibule.actions.house import House
from vestibule.ground.chance import SeededChance
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.rules.actors import Strength
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.opening import open_store

HOUR = timedelta(hours=1)
THIRTY_DAYS = timedelta(days=30)
Use = Callable[[House], Awaitable[Any]]
_numbers = count()


@dataclass(frozen=True)
class Thing:
    """Something that is good for a while.

    Attributes:
        use: use it; refused when it is not good. once: how often fifty uses at once may work.
        ended_by: what ends it before, where no use does.
    """

    use: Use
    once: int = 1
    ended_by: Use | None = None


async def _code(place: Place) -> Thing:
    app, guest = await client_of(place), await world.guest(place, ADDRESS)
    code = await granting.make_code(place.house, app, guest, grant(place.house))
    await ring_of(place.house)
    return Thing(lambda house: exchange(house, app, guest, code))


async def _refresh_token(place: Place) -> Thing:
    app, guest = await client_of(place), await world.guest(place, ADDRESS)
    code = await granting.make_code(place.house, app, guest, grant(place.house))
    token = (await exchange(place.house, app, guest, code)).refresh_token or ""

    async def use(house: House) -> Any:
        return await granting.refresh(house, await ring_of(house), app, tenant_id=place.id, token=token, scope=None)

    return Thing(use)


async def _device_code(place: Place) -> Thing:
    app, begun = await on_device(place)
    await device_signing_in.approve(place.house, await at_browser(place), begun.user_code, network="192.0.2.7")
    await ring_of(place.house)

    async def use(house: House) -> Any:
        return await device_signing_in.redeem(house, await ring_of(house), app, device_code=begun.device_code)

    return Thing(use)


async def _request(house: House) -> Any:
    handle = await signing_in.begin(house, browser="b", target="/myaccount/")
    request = await signing_in.find(house, await house.store.read(), handle, "b")
    assert request is not None
    return request


async def _passcode(place: Place) -> Thing:
    await world.invited(place, ADDRESS)
    request = await _request(place.house)
    code = await sent_code(place.house, request)
    how = {"email": ADDRESS, "typed": code, "network": "192.0.2.7"}
    return Thing(lambda house: mailbox_codes.prove_code(house, request, **how))


async def _burnt_passcode(place: Place) -> Thing:
    await world.invited(place, ADDRESS)
    request = await _request(place.house)
    code = await sent_code(place.house, request)
    wrong = f"{(int(code) + 1) % 10**8:08}"

    async def try_it(house: House, typed: str) -> Any:
        return await mailbox_codes.prove_code(house, request, email=ADDRESS, typed=typed, network="192.0.2.7")

    return Thing(lambda house: try_it(house, code), 0, lambda house: try_it(house, wrong))


async def _link(place: Place) -> Thing:
    _, ticket = await world.invited(place, ADDRESS)
    person_id = await world.mailbox_person(place.house, ADDRESS)
    by = replace(world.person_at_pages(person_id), strength=Strength.EMAILED_CODE)
    return Thing(lambda house: redeeming.redeem(house, person_id=person_id, ticket=ticket, by=by))


async def _session(place: Place) -> Thing:
    guest = await world.guest(place, ADDRESS)
    opened = await signing_in.open_session(place.house, guest.person_id or "", Strength.EMAILED_CODE)
    return Thing(
        lambda house: _is_signed_in(house, opened.token), 0, lambda house: signing_in.sign_out(house, opened.token)
    )


async def _session_ended_everywhere(place: Place) -> Thing:
    guest = await world.guest(place, ADDRESS)
    person_id = guest.person_id or ""
    opened = await signing_in.open_session(place.house, person_id, Strength.EMAILED_CODE)
    by = world.person_at_pages(person_id)
    return Thing(
        lambda house: _is_signed_in(house, opened.token),
        0,
        lambda house: signing_out.sign_out_everywhere(house, person_id=person_id, by=by),
    )


async def _is_signed_in(house: House, token: str) -> None:
    if await authenticate_session(await house.store.read(), token) is None:
        raise Refused(Reason.NOT_SIGNED_IN)


THINGS: dict[str, Callable[[Place], Awaitable[Thing]]] = {
    "authorization code": _code,
    "rotated refresh token": _refresh_token,
    "device code": _device_code,
    "emailed code": _passcode,
    "burnt emailed code": _burnt_passcode,
    "link of an invitation": _link,
    "signed-out session": _session,
    "session that was ended everywhere": _session_ended_everywhere,
}


@asynccontextmanager
async def anew(ground: Ground, moved: timedelta) -> AsyncIterator[House]:
    """The house after a restart on a machine whose clock stands elsewhere."""
    clock, chance = StoppedClock(ground.clock.now() + moved), SeededChance(f"anew {next(_numbers)}")
    opened = await open_store(ground.url, ground.folder, clock, sealer=Sealer(KEY, chance))
    try:
        yield replace(ground.house, store=opened.store, keys=opened.keys, clock=clock, chance=chance)
    finally:
        await opened.close()


@pytest.mark.parametrize("name", list(THINGS))
@broken(code_used_again, case="authorization code")
@broken(session_goes_on, case="signed-out session")
@broken(tries_not_counted, case="burnt emailed code")
async def test_fifty_at_once_then_never_again(ground: Ground, house: House, contoso: Place, name: str) -> None:
    thing = await THINGS[name](contoso)
    async with ground.another("the other house") as other:
        doors = cycle([house, other])
        if thing.ended_by is not None:
            await at_once(thing.ended_by(next(doors)) for _ in range(MANY))
        outcomes = await at_once(thing.use(next(doors)) for _ in range(MANY))
    assert said(outcomes).get("done", 0) == thing.once
    for moved in (timedelta(0), HOUR, -HOUR):
        async with anew(ground, moved) as later:
            assert said(await at_once([thing.use(later) for _ in range(3)])).get("done", 0) == 0, moved
    await emulating.advance(house, THIRTY_DAYS)
    assert said(await at_once([thing.use(house)])).get("done", 0) == 0
    async with anew(ground, timedelta(0)) as later:
        assert said(await at_once([thing.use(later)])).get("done", 0) == 0


@pytest.mark.parametrize("name", ["authorization code", "rotated refresh token", "device code", "signed-out session"])
async def test_what_is_good_outlives_a_restart(ground: Ground, contoso: Place, name: str) -> None:
    """Otherwise the test above would prove nothing: unused, it is good in a house that stands up anew."""
    thing = await THINGS[name](contoso)
    async with anew(ground, timedelta(seconds=1)) as later:
        assert said(await at_once([thing.use(later)])) == {"done": 1}
