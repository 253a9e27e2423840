"""What connected apps answered: written down for the connection, the delivery and the removal that waits for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from vestibule.actions.house import House
from vestibule.rules import connections as rules
from vestibule.rules.connections import State
from vestibule.store import connections, deliveries, recipients
from vestibule.store.connections import Connection
from vestibule.store.deliveries import Delivery
from vestibule.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of telling an app one thing.

    Attributes:
        state: where it stands now. answer: in a few words, without anything personal and nothing of the answer's body.
        asked_for: how long it wants to be left alone; None when it did not say.
    """

    state: State
    answer: str
    asked_for: timedelta | None = None

    @property
    def is_settled(self) -> bool:
        """It answered for good; else it is asked again later."""
        return self.state in rules.SETTLED


async def claim(house: House, one: Connection, token: str, until: datetime) -> Connection:
    """Take a connection for telling. Raises Stale when somebody else has it."""

    async def work(unit: Unit) -> Connection:
        return connections.claim(unit, one, token, until)

    return await house.store.change(work)


async def settle(house: House, one: Connection, told: Delivery, outcome: Outcome) -> None:
    """It answered. Raises Stale when the lease was lost: whoever has it now writes down what they are answered."""

    async def work(unit: Unit) -> None:
        connections.told(unit, one)
        await note(unit, told, outcome.state.value, outcome)

    await house.store.change(work)


async def learn(house: House, one: Connection) -> None:
    """An app said what it supports. Raises Stale when the lease was lost."""

    async def work(unit: Unit) -> None:
        connections.learn(unit, one)

    await house.store.change(work)


async def put_off(house: House, one: Connection, told: Delivery, outcome: Outcome) -> None:
    """It did not answer as it has to: it is left alone for a while, and what is too old is not offered any more."""

    async def work(unit: Unit) -> None:
        chance = int.from_bytes(house.chance.octets(2), "big") / 65536
        connections.put_off(unit, one, unit.now + rules.wait(one.tries + 1, chance, outcome.asked_for))
        given_up = rules.is_given_up(told.written_at, unit.now)
        await note(unit, told, outcome.state.value if given_up else State.WAITING.value, outcome)

    await house.store.change(work)


async def release(house: House, one: Connection) -> None:
    """Nobody is telling a connection any more."""

    async def work(unit: Unit) -> None:
        connections.release(unit, one)

    await house.store.change(work)


async def note(unit: Unit, told: Delivery, state: str, outcome: Outcome) -> None:
    """Write down what was answered to one thing.

    What was answered about something that a newer thing has replaced, or an erasure, is of no use to anybody.
    """
    where = (told.tenant_id, told.app_id, told.kind, told.user_id)
    now = await deliveries.find(unit, *where)
    if now is None or now.delivery_id != told.delivery_id:
        return
    deliveries.answered(unit, told, state, outcome.answer)
    event = rules.Event(told.event)
    found = outcome.state
    if event in rules.ENDS and found is State.CONFIRMED:
        found = State.DISABLED_ONLY  # it knows that they are gone, and was not asked yet to delete anything
    if event in rules.ENDS or event is rules.Event.PURGED:
        of = (told.tenant_id, told.user_id, told.app_id, told.kind)
        recipients.answered(unit, of, found.value, outcome.answer)
