"""Each step of sending a letter fails once: it goes out all the same, and a repeat can be told from another letter."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.faults.failing import failing
from tests.faults.ground import Ground, worker_of
from tests.faults.lines import ADDRESS, BACK
from tests.support.smtp import MailServer
from tests.support.world import Place
from vestibule.actions import inviting
from vestibule.actions.house import House
from vestibule.doors.letters.delivery import LEASE, Delivery
from vestibule.ground.mail import SmtpTransport
from vestibule.ground.sealing import Sealer
from vestibule.store import captured, outbox
from vestibule.store.unit import Unit

MOST_STEPS = 100


async def _write(place: Place, address: str = ADDRESS) -> None:
    asked = inviting.check(address, BACK, sends=True)
    await inviting.invite(place.house, asked, tenant_id=place.id, by=place.admin)


async def _waiting(house: House) -> int:
    return len(await outbox.waiting(await house.store.read(), 100))


async def _kept(house: House) -> int:
    return len(await captured.newest(await house.store.read(), None, 100))


async def _try(delivery: Delivery) -> None:
    """Deliver; whatever breaks on the way, the worker would only write down and go on."""
    try:
        await delivery.deliver_waiting()
    except Exception:  # noqa: BLE001 - each database says in its own way that a statement is broken
        return


async def test_a_captured_letter_is_there_once_whichever_step_failed(ground: Ground, house: House, contoso: Place):
    weak, steps = failing(house)
    for nth in range(1, MOST_STEPS):
        await _write(contoso, f"guest{nth}@elsewhere.example")
        steps.arm(nth)
        await _try(Delivery(weak, None))
        fired = steps.left is None
        steps.left = None
        ground.push(LEASE + timedelta(minutes=2))
        await Delivery(house, None).deliver_waiting()
        assert await _waiting(house) == 0
        assert await _kept(house) == nth
        if not fired:
            assert nth > 5
            return
    raise AssertionError("there is no end of steps")


async def test_a_sent_letter_arrives_under_one_name_whichever_step_failed(
    ground: Ground, house: House, contoso: Place, mail_server: MailServer
):
    house.emulator = False
    weak, steps = failing(house)
    repeated = 0
    for nth in range(1, MOST_STEPS):
        await _write(contoso, f"guest{nth}@elsewhere.example")
        steps.arm(nth)
        await _try(Delivery(weak, SmtpTransport(mail_server.url)))
        fired = steps.left is None
        steps.left = None
        ground.push(LEASE + timedelta(minutes=2))
        await Delivery(house, SmtpTransport(mail_server.url)).deliver_waiting()
        assert await _waiting(house) == 0
        mine = [one for one in mail_server.received if f"guest{nth}@elsewhere.example" in one.recipients]
        assert len({one.message["Message-ID"] for one in mine}) == 1
        repeated += len(mine) - 1
        if not fired:
            assert repeated, "at least the last step, after the server took it, leads to a repeat"
            return
    raise AssertionError("there is no end of steps")


@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_the_house_s_own_fault_at_sending_delays_one_letter_and_no_other(
    ground: Ground, house: House, contoso: Place, nth: int
):
    for number in range(3):
        await _write(contoso, f"guest{number}@elsewhere.example")
    house.faults.arm("send", nth, 503)
    await worker_of(house).deliver()
    assert await _kept(house) == 2
    ground.push(timedelta(seconds=59))
    await worker_of(house).deliver()
    assert await _kept(house) == 2
    ground.push(timedelta(seconds=1))
    await worker_of(house).deliver()
    assert await _kept(house) == 3


async def test_when_delivering_ends_with_a_failure_no_letter_is_still_under_way(house: House, contoso: Place):
    weak, steps = failing(house)
    await _try(Delivery(weak, None))
    before = len(steps.taken)  # so many looks come before the letters
    for number in range(12):
        await _write(contoso, f"guest{number}@elsewhere.example")
    steps.arm(before + 2)  # one of the first letters to be taken
    await _try(Delivery(weak, None))
    kept = await _kept(house)
    taken = len(steps.taken)
    await asyncio.sleep(0.05)
    assert (await _kept(house), len(steps.taken)) == (kept, taken)
    assert kept >= 10


async def test_a_letter_that_nobody_can_open_is_put_off_and_holds_nobody_up(
    ground: Ground, house: House, contoso: Place
):
    await _write(contoso, "first@elsewhere.example")
    for number in range(3):
        await _write(contoso, f"guest{number}@elsewhere.example")
    first = (await outbox.waiting(await house.store.read(), 1))[0]
    other_key = replace(house, sealer=Sealer(bytes(32), house.chance))

    async def work(unit: Unit) -> None:
        outbox.drop_of(unit, first.tenant_id, first.user_id or "")
        sealed = other_key.sealer.seal(other_key.sealer.derive("letters"), b"{}", first.letter_id.encode())
        outbox.insert(unit, replace(first, sealed=sealed))

    await house.store.change(work)
    await worker_of(house).deliver()
    assert await _kept(house) == 3
    ground.push(timedelta(minutes=3))
    again = await outbox.waiting(await house.store.read(), 10)
    assert [(one.letter_id, one.tries) for one in again] == [(first.letter_id, 1)]
    assert again[0].last_error
