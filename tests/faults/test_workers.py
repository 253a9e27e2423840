"""Several workers at once: each effect happens once, and one that wakes up late finds nothing left to do."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from soak import laws
from tests.faults.ground import Ground, worker_of
from tests.faults.lines import ADDRESS, BACK
from tests.faults.pausing import Pause, pausing
from tests.support import world
from tests.support.smtp import MailServer
from tests.support.world import Place
from vestibule.actions import grouping, inviting, leaving
from vestibule.actions.due import Done
from vestibule.actions.house import House
from vestibule.doors.letters.delivery import LEASE, Delivery
from vestibule.ground.mail import Envelope, SmtpTransport, TemporaryFailure, Transport
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.verbs import Verb
from vestibule.store import captured, outbox

GUESTS = 12
MOST_CHANGES = 60


@pytest.fixture
async def houses(ground: Ground, house: House) -> AsyncIterator[list[House]]:
    """Two houses on one database, as two processes have them."""
    async with ground.another("the other worker") as other:
        yield [house, other]


async def _fill(place: Place, guests: int = GUESTS) -> None:
    """Guests who left, invitations that nobody answers, and a deleted group: all due after thirty days."""
    for number in range(guests):
        guest = await world.guest(place, f"guest{number}@elsewhere.example")
        await leaving.leave(place.house, tenant_id=place.id, by=world.at_portal(guest), key=guest.user_id)
        await world.invited(place, f"waiting{number}@elsewhere.example")
    made = await grouping.create_group(place.house, NewGroup("Partners", "partners"), tenant_id=place.id, by=operator())
    await grouping.delete_group(place.house, tenant_id=place.id, group_id=made.group_id, by=operator())


async def _in_order(house: House, guests: int = GUESTS) -> None:
    """Everything that was due happened, each thing once, and was told of once."""
    facts = await laws.look(house)
    assert [*laws.of_stages(facts), *laws.when_all_is_done(facts)] == []
    happened = laws.totals(facts)
    assert happened["membership.purge"] == happened["membership.erase"] == happened["invitation.expire"] == guests
    assert happened["group.purge"] == 1


async def test_four_workers_do_everything_once(ground: Ground, houses: list[House], contoso: Place):
    await _fill(contoso)
    ground.push(timedelta(days=31))
    workers = [worker_of(house) for house in (*houses, *houses)]
    done: list[list[Done]] = await asyncio.gather(*(worker.tick() for worker in workers))
    await worker_of(houses[0]).tick()
    said = Counter((one.verb, one.object_id) for part in done for one in part)
    assert set(said.values()) == {1}
    assert Counter(verb for verb, _ in said) == {
        Verb.PURGE: GUESTS,
        Verb.ERASE: GUESTS,
        Verb.EXPIRE_INVITATION: GUESTS,
        Verb.PURGE_GROUP: 1,
    }
    await _in_order(houses[0])


async def test_a_worker_that_wakes_up_late_does_nothing_again(ground: Ground, houses: list[House], contoso: Place):
    """It stands still before each of its changes in turn, while another does everything, letters included."""
    for before in range(1, MOST_CHANGES):
        address = f"late{before}@elsewhere.example"
        guest = await world.guest(contoso, address)
        await leaving.leave(houses[0], tenant_id=contoso.id, by=world.at_portal(guest), key=guest.user_id)
        ground.push(timedelta(days=31))
        sleepy, pause = pausing(houses[1], before)
        asleep = asyncio.create_task(worker_of(sleepy).tick())
        fell_asleep = await _until_asleep(asleep, pause)
        ground.push(LEASE + timedelta(seconds=1))
        await worker_of(houses[0]).tick()
        pause.over.set()
        await asleep
        facts = await laws.look(houses[0])
        assert [*laws.of_stages(facts), *laws.when_all_is_done(facts)] == [], before
        happened = laws.totals(facts)
        assert happened["membership.purge"] == happened["membership.erase"] == before
        assert len(await captured.newest(await houses[0].store.read(), None, 1_000)) == 3 * before
        if not fell_asleep:
            assert before > 8, "purge, the removal and three letters, each taken and sent"
            return
    raise AssertionError("there is no end of changes")


async def _until_asleep(task: "asyncio.Task[list[Done]]", pause: Pause) -> bool:
    """Whether it stands still before it is done."""
    reached = asyncio.create_task(pause.reached.wait())
    await asyncio.wait([task, reached], return_when=asyncio.FIRST_COMPLETED)
    reached.cancel()
    return pause.reached.is_set()


# --- Letters that go to a mail server ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Sleepy:
    """A way to the mail server that stands still before it sends, and may find the server in trouble then."""

    real: Transport
    pause: Pause
    in_trouble: bool = False

    async def send(self, envelope: Envelope) -> None:
        await self.pause.come_by()
        if self.in_trouble:
            raise TemporaryFailure("it is in trouble")
        await self.real.send(envelope)


async def _write(place: Place, *addresses: str) -> None:
    for address in addresses:
        asked = inviting.check(address, BACK, sends=True)
        await inviting.invite(place.house, asked, tenant_id=place.id, by=place.admin)


async def test_four_workers_send_every_letter_once(houses: list[House], contoso: Place, mail_server: MailServer):
    await _write(contoso, *(f"guest{number}@elsewhere.example" for number in range(40)))
    for house in houses:
        house.emulator = False
    deliveries = [Delivery(house, SmtpTransport(mail_server.url)) for house in (*houses, *houses)]
    sent = await asyncio.gather(*(delivery.deliver_waiting() for delivery in deliveries))
    assert sum(sent) == 40
    names = Counter(one.message["Message-ID"] for one in mail_server.received)
    assert (len(names), set(names.values())) == (40, {1})
    assert await outbox.waiting(await houses[0].store.read(), 100) == []


@pytest.mark.parametrize("in_trouble", [False, True], ids=["it sends", "its server is in trouble"])
async def test_a_lease_that_ran_out_is_worth_nothing(
    ground: Ground, houses: list[House], contoso: Place, mail_server: MailServer, *, in_trouble: bool
):
    """The letter is sent by another worker meanwhile; what the late one does changes nothing in the outbox."""
    for house in houses:
        house.emulator = False
    real = SmtpTransport(mail_server.url)
    await _write(contoso, ADDRESS)
    pause = Pause(1)
    asleep = asyncio.create_task(Delivery(houses[1], Sleepy(real, pause, in_trouble)).deliver_waiting())
    await pause.reached.wait()
    assert await Delivery(houses[0], real).deliver_waiting() == 0, "it is leased"
    ground.push(LEASE + timedelta(seconds=1))
    assert await Delivery(houses[0], real).deliver_waiting() == 1
    pause.over.set()
    assert await asleep == (0 if in_trouble else 1)
    mine = _to(mail_server, ADDRESS)
    assert len(mine) == (1 if in_trouble else 2)
    assert len(set(mine)) == 1, "a repeat has the name of the first"
    assert await outbox.waiting(await houses[0].store.read(), 100) == []


def _to(server: MailServer, address: str) -> list[str]:
    """The names of the letters to somebody."""
    return [str(one.message["Message-ID"]) for one in server.received if address in one.recipients]
