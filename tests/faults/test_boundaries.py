"""What ends at a moment ends exactly then, asked of time and state: with the worker on, late, or switched off."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from soak import laws
from tests.faults.ground import Ground
from tests.faults.lines import ADDRESS, BACK
from tests.faults.quiet_lines import client_of, exchange, grant, ring_of, sent_code
from tests.support import world
from tests.support.world import Place
from vestibule.actions import (
    access,
    asking,
    emulating,
    erasing,
    granting,
    inviting,
    leaving,
    mailbox_codes,
    redeeming,
    removing,
    restoring,
    signing_in,
)
from vestibule.actions.house import House
from vestibule.rules import lifecycle
from vestibule.rules.actors import Strength
from vestibule.rules.lifecycle import Deleted, Erased, Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.memberships import Membership

THIRTY_DAYS = timedelta(seconds=30 * 86_400)
MOMENT = timedelta(milliseconds=1)
GUESTS = 36
CALENDARS = (
    datetime(2027, 12, 31, 23, 59, 59, 999_000, UTC),  # over the end of a year
    datetime(2028, 2, 28, 12, 0, tzinfo=UTC),  # over a leap day
    datetime(2028, 3, 26, 0, 59, 59, 999_999, UTC),  # a second before an hour is left out in Europe
    datetime(2028, 10, 29, 0, 30, tzinfo=UTC),  # in the hour that comes twice
)


@pytest.fixture(params=["machine", "emulator"])
def pass_time(request: pytest.FixtureRequest, ground: Ground) -> Callable[[timedelta], Awaitable[None]]:
    """Time passes on the machine's clock, or is pushed in the emulator: both decide alike."""

    async def on_machine(step: timedelta) -> None:
        ground.push(step)

    async def in_emulator(step: timedelta) -> None:
        await emulating.advance(ground.house, step)

    return on_machine if request.param == "machine" else in_emulator


@pytest.mark.parametrize("worker", ["on", "off"])
async def test_thirty_days_to_the_millisecond(
    ground: Ground,
    house: House,
    contoso: Place,
    pass_time: Callable[[timedelta], Awaitable[None]],
    worker: str,
):
    """Guests who went at odd moments are asked for a millisecond early, on the deadline, or later."""
    chance = random.Random(30)  # noqa: S311 - odd moments, the same on every run
    asked_at: list[tuple[datetime, timedelta, Membership]] = []
    for number in range(GUESTS):
        guest = await world.guest(contoso, f"guest{number}@elsewhere.example")
        await pass_time(timedelta(microseconds=chance.randrange(1, 72_000_000_000)))
        gone_at = (await house.store.moment()).now
        if number % 2:
            await leaving.leave(house, tenant_id=contoso.id, by=world.at_portal(guest), key=guest.user_id)
        else:
            await removing.remove(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
        early = chance.choice((MOMENT, -MOMENT, timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1)))
        asked_at.append((gone_at + THIRTY_DAYS - early, early, guest))
    if worker == "off":
        await emulating.switch_worker(house, on=False)
    for moment, early, guest in sorted(asked_at, key=lambda one: one[0]):
        await pass_time(moment - (await house.store.moment()).now)
        await ground.worker.tick()
        restored = await _restored(house, contoso, guest)
        assert restored is (early > timedelta(0)), (moment, early)
    stages = {type((await world.again(house, contoso.id, one.user_id)).stage) for _, _, one in asked_at}
    assert stages == {Present, Deleted if worker == "off" else Erased}
    assert list(laws.of_stages(await laws.look(house))) == []


async def _restored(house: House, place: Place, guest: Membership) -> bool:
    try:
        await restoring.restore(house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
    except Refused as refused:
        return refused.reason is not Reason.NOT_FOUND
    return True


@pytest.mark.parametrize("gone_at", CALENDARS, ids=str)
async def test_the_calendar_does_not_matter(ground: Ground, house: House, contoso: Place, gone_at: datetime):
    guest = await world.guest(contoso, ADDRESS)
    ground.push(gone_at - ground.clock.now())
    gone = await leaving.leave(house, tenant_id=contoso.id, by=world.at_portal(guest), key="key")
    assert gone.receipt.restorable_until == gone_at + THIRTY_DAYS
    ground.push(THIRTY_DAYS)
    assert not await _restored(house, contoso, guest)
    ground.push(-MOMENT)
    assert await _restored(house, contoso, guest)


# --- What is decided at use -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ending:
    """Something that is good until a moment.

    Attributes:
        lasts: how long. use: uses it, or raises Refused. reasons: how it is refused when it is over.
    """

    lasts: timedelta
    use: Callable[[], Awaitable[Any]]
    reasons: tuple[Reason, ...]


Make = Callable[[Place], Awaitable[Ending]]


async def _deleted_guest(place: Place) -> Membership:
    guest = await world.guest(place, ADDRESS)
    await leaving.leave(place.house, tenant_id=place.id, by=world.at_portal(guest), key=place.id)
    return guest


async def _restorable(place: Place) -> Ending:
    guest = await _deleted_guest(place)
    act: dict[str, Any] = {"tenant_id": place.id, "user_id": guest.user_id, "by": place.admin}
    return Ending(THIRTY_DAYS, lambda: restoring.restore(place.house, **act), (Reason.NOT_FOUND,))


async def _purgeable(place: Place) -> Ending:
    guest = await _deleted_guest(place)
    act: dict[str, Any] = {"tenant_id": place.id, "user_id": guest.user_id, "by": place.admin}
    return Ending(THIRTY_DAYS, lambda: erasing.purge(place.house, **act), (Reason.NOT_FOUND,))


async def _askable(place: Place) -> Ending:
    guest = await world.guest(place, ADDRESS)
    by = world.at_portal(guest)
    gone = await leaving.leave(place.house, tenant_id=place.id, by=by, key=place.id)
    receipt_id = gone.receipt.receipt_id
    return Ending(
        THIRTY_DAYS, lambda: asking.ask_restore(place.house, receipt_id=receipt_id, by=by), (Reason.TOO_LATE,)
    )


async def _invitation(place: Place) -> Ending:
    _, ticket = await world.invited(place, ADDRESS)
    person_id = await world.mailbox_person(place.house, ADDRESS)
    by = world.person_at_pages(person_id)
    return Ending(
        THIRTY_DAYS,
        lambda: redeeming.redeem(place.house, person_id=person_id, ticket=ticket, by=by),
        (Reason.INVITATION_EXPIRED,),
    )


async def _declinable(place: Place) -> Ending:
    _, ticket = await world.invited(place, ADDRESS)
    ticket_hash = inviting.ticket_hash(ticket)
    by = world.person_at_pages("somebody")
    return Ending(
        THIRTY_DAYS,
        lambda: removing.decline(place.house, ticket_hash=ticket_hash, by=by),
        (Reason.INVITATION_EXPIRED,),
    )


async def _emailed_code(place: Place) -> Ending:
    await world.invited(place, ADDRESS)
    handle = await signing_in.begin(place.house, browser="b", target="/myaccount/")
    request = await signing_in.find(place.house, await place.house.store.read(), handle, "b")
    assert request is not None
    code = await sent_code(place.house, request)
    return Ending(
        timedelta(minutes=10),
        lambda: mailbox_codes.prove_code(place.house, request, email=ADDRESS, typed=code, network="192.0.2.7"),
        (Reason.CODE_EXPIRED,),
    )


async def _authorization_code(place: Place) -> Ending:
    app, guest = await client_of(place), await world.guest(place, ADDRESS)
    code = await granting.make_code(place.house, app, guest, grant(place.house))
    await ring_of(place.house)
    return Ending(
        granting.CODE_LIFE, lambda: exchange(place.house, app, guest, code), (Reason.CODE_EXPIRED, Reason.CODE_WRONG)
    )


async def _refresh_token(place: Place) -> Ending:
    app, guest = await client_of(place), await world.guest(place, ADDRESS)
    code = await granting.make_code(place.house, app, guest, grant(place.house))
    token = (await exchange(place.house, app, guest, code)).refresh_token or ""
    ring = await ring_of(place.house)
    return Ending(
        granting.REFRESH_LIFE,
        lambda: granting.refresh(place.house, ring, app, tenant_id=place.id, token=token, scope=None),
        (Reason.CODE_EXPIRED, Reason.CODE_WRONG),
    )


async def _session(place: Place) -> Ending:
    person_id = await world.mailbox_person(place.house, ADDRESS)
    opened = await signing_in.open_session(place.house, person_id, Strength.EMAILED_CODE)

    async def use() -> None:
        if await access.authenticate_session(await place.house.store.read(), opened.token) is None:
            raise Refused(Reason.NOT_SIGNED_IN)

    return Ending(access.IDLE, use, (Reason.NOT_SIGNED_IN,))


ENDINGS: dict[str, Make] = {
    "restore": _restorable,
    "permanent deletion by an administrator": _purgeable,
    "a request to be restored": _askable,
    "accepting an invitation": _invitation,
    "declining an invitation": _declinable,
    "a code by mail": _emailed_code,
    "an authorization code": _authorization_code,
    "a refresh token": _refresh_token,
    "a browser session": _session,
}


@pytest.mark.parametrize("worker", ["on", "off"])
@pytest.mark.parametrize("what", sorted(ENDINGS))
async def test_it_is_good_until_the_moment_and_no_longer(
    ground: Ground,
    house: House,
    contoso: Place,
    pass_time: Callable[[timedelta], Awaitable[None]],
    what: str,
    worker: str,
):
    for early in (MOMENT, timedelta(0)):
        place = contoso if early else await world.organization(house, "Fabrikam")
        ending = await ENDINGS[what](place)
        await emulating.switch_worker(house, on=worker == "on")
        await pass_time(ending.lasts - early)
        await ground.worker.tick()
        if early:
            await ending.use()
            continue
        with pytest.raises(Refused) as refused:
            await ending.use()
        assert refused.value.reason in ending.reasons


@pytest.mark.parametrize("worker", ["on", "off"])
async def test_whoever_is_invited_again_on_the_deadline_is_somebody_new(
    ground: Ground, house: House, contoso: Place, worker: str
):
    guest = await _deleted_guest(contoso)
    asked = inviting.check(ADDRESS, BACK)
    await emulating.switch_worker(house, on=worker == "on")
    ground.push(THIRTY_DAYS - MOMENT)
    await ground.worker.tick()
    with pytest.raises(Refused) as refused:
        await inviting.invite(house, asked, tenant_id=contoso.id, by=contoso.admin)
    assert (refused.value.reason, refused.value.facts["objectId"]) == (Reason.STILL_DELETED, guest.user_id)
    ground.push(MOMENT)
    await ground.worker.tick()
    fresh = await inviting.invite(house, asked, tenant_id=contoso.id, by=contoso.admin)
    assert fresh.user_id != guest.user_id
    old = await world.again(house, contoso.id, guest.user_id)
    assert type(lifecycle.stage_at(old.standing, ground.clock.now())) is not Deleted
