"""Broken builds: each breaks one promise on purpose, in the process that is killed, so that a test sees it found.

A check that has never failed proves nothing. ``--broken NAME`` runs one by hand.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import update

from vestibule.actions import erasing, journal
from vestibule.actions.house import House
from vestibule.doors.letters.delivery import Delivery
from vestibule.store import captured, erasures, memberships, tokens
from vestibule.store.erasures import Erasure
from vestibule.store.memberships import Membership
from vestibule.store.outbox import Letter
from vestibule.store.schema import membership
from vestibule.store.statements import Change, given
from vestibule.store.unit import Stale, Unit, Write

# ruff: noqa: SLF001 - what is broken here is broken from outside, on purpose
GAP_S = 0.02
ONE_IN = 10
Work = Callable[[Unit], Awaitable[Any]]


class _NotYet(Exception):
    pass


def split_transaction() -> None:
    """Half of what a verb writes is committed, and the other half a little later."""

    async def change(self: House, work: Work) -> Any:
        rest: list[Write] = []

        async def first_half(unit: Unit) -> Any:
            result = await work(unit)
            half = len(unit.writes) // 2
            rest[:] = unit.writes[half:]
            del unit.writes[half:]
            return result

        result = await self.store.change(first_half)
        await asyncio.sleep(GAP_S)
        await self.store.change(_putting(rest))
        return result

    House.change = change  # type: ignore[method-assign]


def said_before_the_commit() -> None:
    """The caller is answered first, and the change is committed a little later."""
    running: set[asyncio.Task[Any]] = set()

    def ended(task: asyncio.Task[Any]) -> None:
        running.discard(task)
        task.exception()

    async def change(self: House, work: Work) -> Any:
        results: list[Any] = []
        writes: list[Write] = []

        async def look(unit: Unit) -> None:
            results.append(await work(unit))
            writes[:] = unit.writes
            raise _NotYet

        async def later() -> None:
            await asyncio.sleep(GAP_S)
            await self.store.change(_putting(writes))

        try:
            await self.store.change(look)
        except _NotYet:
            task = asyncio.get_running_loop().create_task(later())
            running.add(task)
            task.add_done_callback(ended)
        return results[-1]

    House.change = change  # type: ignore[method-assign]


def no_event() -> None:
    """One change in ten leaves no event."""
    write, chance = journal.write, random.Random(1)

    async def sometimes(house: House, unit: Unit, event: journal.Event, *, by: Any) -> str:
        return "" if chance.randrange(ONE_IN) == 0 else await write(house, unit, event, by=by)

    journal.write = sometimes


def event_twice() -> None:
    """One change in ten leaves two events."""
    write, chance = journal.write, random.Random(1)

    async def twice(house: House, unit: Unit, event: journal.Event, *, by: Any) -> str:
        if chance.randrange(ONE_IN) == 0:
            await write(house, unit, event, by=by)
        return await write(house, unit, event, by=by)

    journal.write = twice


def no_guard() -> None:
    """A step of a life is saved whatever happened to the membership since it was read (PostgreSQL: SQLite has one
    writer, which reads what it changes)."""

    @lru_cache
    def saving(names: tuple[str, ...]) -> Change:
        this = (membership.c.tenant_id == given("in_tenant"), membership.c.user_id == given("of_user"))
        return Change(update(membership).where(*this).values({name: given(name) for name in names}))

    def save_move(unit: Unit, before: Membership, after: Membership) -> None:
        facts = memberships._facts(after)
        for name in ("audit_tag", "tie", "created_at"):
            facts.pop(name)
        unit.write(saving(tuple(facts)), in_tenant=before.tenant_id, of_user=before.user_id, **facts)

    memberships.save_move = save_move


def letter_twice() -> None:
    """A captured letter is kept first, and taken out of the outbox a little later."""

    async def capture(self: Delivery, letter: Letter, token: str, _content: Any, data: bytes) -> None:
        await self.house.store.change(_keeping(self.house, letter, data))
        await asyncio.sleep(GAP_S)
        await self._sent(letter, token)

    Delivery._capture = capture  # type: ignore[method-assign, assignment]


def letter_lost() -> None:
    """A letter is taken out of the outbox first, and sent a little later."""

    async def capture(self: Delivery, letter: Letter, token: str, _content: Any, data: bytes) -> None:
        await self._sent(letter, token)
        await asyncio.sleep(GAP_S)
        await self.house.store.change(_keeping(self.house, letter, data))

    Delivery._capture = capture  # type: ignore[method-assign, assignment]


def step_marked_before_it_is_done() -> None:
    """A step of a data removal is marked first, and taken a little later."""

    whole = erasing._remove

    async def take(house: House, of: Erasure, name: str, step: erasing.Step) -> None:
        async def mark(unit: Unit) -> bool:
            if name in await erasures.steps(unit, of.tenant_id, of.user_id):
                return False
            erasures.step_done(unit, of, name)
            return True

        async def work(unit: Unit) -> None:
            guest = await memberships.find(unit, of.tenant_id, of.user_id)
            if guest is not None:
                await step(unit, guest)

        if not await house.store.change(mark):
            return
        await asyncio.sleep(GAP_S)
        with contextlib.suppress(Stale):  # the other worker was done with everything meanwhile
            await house.store.change(work)

    async def remove(house: House, of: Erasure) -> datetime | None:
        for name, step in erasing.STEPS:
            await take(house, of, name, step)
        return await whole(house, of)

    erasing._remove = remove


def key_kept() -> None:
    """The key of somebody whose data is removed is not destroyed."""

    async def destroy(_house: House, _of: Erasure) -> None:
        return

    erasing._destroy_key = destroy  # type: ignore[assignment]


def token_not_used_up() -> None:
    """A refresh token stays good when it is replaced."""
    tokens.use_refresh = lambda _unit, _token: None  # type: ignore[assignment]


def _putting(writes: list[Write]) -> Work:
    async def put(unit: Unit) -> None:
        unit.writes.extend(writes)

    return put


def _keeping(house: House, letter: Letter, data: bytes) -> Work:
    mail_id = house.chance.guid()
    sealed = house.sealer.seal(house.sealer.derive("captured-mail"), data, mail_id.encode())

    async def keep(unit: Unit) -> None:
        captured.insert(unit, captured.CapturedMail(mail_id, "", sealed, letter.written_at))

    return keep


BREAKAGES: dict[str, Callable[[], None]] = {
    breakage.__name__: breakage
    for breakage in (
        split_transaction,
        said_before_the_commit,
        no_event,
        event_twice,
        no_guard,
        letter_twice,
        letter_lost,
        step_marked_before_it_is_done,
        key_kept,
        token_not_used_up,
    )
}
ONLY_ON = {"no_guard": "postgresql"}
