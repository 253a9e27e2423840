"""Connected apps are told what becomes of people, each beside the others.

One worker at a time tells one connection, in a task of its own: an app that hangs holds up nobody but itself, not even
for the seconds of a round. After an answer that does not count the connection is left alone for a while that grows; the
rest of what it is to be told waits with it. Each thing keeps its id until it is taken.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Final

import structlog

from vestibule.actions import delivering
from vestibule.actions.delivering import Outcome
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.telling_connected import Told, open_delivery
from vestibule.doors.letters import provider_commands, pushed_signals, scim_target, webhooks
from vestibule.ground.sealing import CannotOpen
from vestibule.rules.connections import Kind, State
from vestibule.rules.signals import Status
from vestibule.store import connections, deliveries
from vestibule.store.connections import Connection
from vestibule.store.deliveries import Delivery
from vestibule.store.unit import Stale, Unavailable

AT_ONCE: Final = 200
"""So many connections are told at the same time."""
IN_A_TURN: Final = 20
LONGEST_TURN: Final = timedelta(seconds=60)
LEASE: Final = timedelta(minutes=5)

log = structlog.get_logger(__name__)

Key = tuple[str, str, str]
Tell = Callable[[House, Connection, Delivery, Told], Awaitable[Outcome]]
TELL: Final[Mapping[Kind, Tell]] = MappingProxyType({Kind.WEBHOOK: webhooks.tell, Kind.SCIM: scim_target.tell})


@dataclass(slots=True)
class Connected:
    """How connected apps are told.

    Attributes:
        house: the house. going: which connections are being told in this process, each with its task.
        ring: signs what streams and provider commands say; one of its own when none is given.
    """

    house: House
    going: dict[Key, asyncio.Task[int]] = field(default_factory=dict)
    ring: KeyRing | None = None

    async def begin(self) -> int:
        """Begin to tell every app that something waits for and that is not being told. Returns how many."""
        self.going = {key: task for key, task in self.going.items() if not task.done()}
        room = AT_ONCE - len(self.going)
        if room <= 0:
            return 0
        begun = 0
        for one in await connections.waiting(await self.house.store.read(), AT_ONCE):
            key = (one.tenant_id, one.app_id, one.kind)
            if key not in self.going and begun < room:
                self.going[key] = asyncio.create_task(self._serve(one))
                begun += 1
        return begun

    async def deliver_waiting(self) -> int:
        """Tell every app what waits for it now. Returns how many things were answered for good."""
        answered = 0
        while await self.begin() or self.going:
            done = await asyncio.gather(*self.going.values())
            answered += sum(done)
            if not any(done):
                break
        return answered

    async def let_be(self, seconds: float) -> None:
        """Whoever is being told has so long to answer; the rest is done by whoever works next."""
        tasks = [task for task in self.going.values() if not task.done()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()

    async def _serve(self, one: Connection) -> int:
        """One turn of one connection. Returns how many things it answered for good; never raises."""
        try:
            return await self._turn(one)
        except (Stale, Unavailable):
            return 0  # another worker has it, or the database is away: the next round finds out
        except Exception as failure:
            log.exception("connection_failed", app_id=one.app_id, kind=one.kind, failure=type(failure).__name__)
            return 0

    async def _turn(self, one: Connection) -> int:
        began = self.house.clock.now()
        held = await delivering.claim(self.house, one, self.house.chance.token(12), began + LEASE)
        answered = 0
        for told in await self._waiting(held):
            outcome = await self._tell(held, told)
            if not outcome.is_settled:
                log.warning("app_not_told", app_id=one.app_id, kind=one.kind, answer=outcome.answer)
                await delivering.put_off(self.house, held, told, outcome)
                return answered
            await delivering.settle(self.house, held, told, outcome)
            answered += 1
            if self.house.clock.now() - began >= LONGEST_TURN:
                break
        await delivering.release(self.house, held)
        return answered

    async def _waiting(self, one: Connection) -> list[Delivery]:
        """What it is to be told now; a stream that does not tell at the moment says no more than that it does not."""
        reading = await self.house.store.read()
        if one.status in {None, Status.ENABLED.value}:
            return await deliveries.waiting(reading, one.tenant_id, one.app_id, one.kind, IN_A_TURN)
        found = await deliveries.find(reading, one.tenant_id, one.app_id, one.kind, deliveries.UPDATED)
        return [] if found is None or found.state != State.WAITING.value else [found]

    def _signing(self) -> KeyRing:
        if self.ring is None:
            self.ring = KeyRing(self.house)
        return self.ring

    async def _tell(self, one: Connection, told: Delivery) -> Outcome:
        try:
            opened = open_delivery(self.house, told)
            if one.kind == Kind.SSF.value:
                return await pushed_signals.tell(self.house, self._signing(), one, told, opened)
            if one.kind == Kind.COMMANDS.value:
                return await provider_commands.tell(self.house, self._signing(), one, told, opened)
            return await TELL[Kind(one.kind)](self.house, one, told, opened)
        except CannotOpen:
            # Without the key it was sealed under nobody can say any more what it was.
            return Outcome(State.REFUSED, "what was to be told cannot be opened")
