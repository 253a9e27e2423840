"""The demo's data, made when it is not there, and never half: a run that was cut off begins again from nothing."""

from typing import Any, Final

import msgspec

from vestibule import seeded
from vestibule.actions.house import House
from vestibule.demo import document
from vestibule.demo.seeding import BEGINS_BEFORE, seed
from vestibule.demo.stage import Stage
from vestibule.ground.clock import StoppedClock, SystemClock
from vestibule.program import Program, open_program
from vestibule.settings import Settings
from vestibule.store import organizations

BEGUN: Final = b"begun"


class NotOurs(Exception):
    """The database holds something else than the demo; the text says what to do."""


async def find_or_make(settings: Settings) -> dict[str, Any]:
    """What ``demo.json`` says of the demo organizations, which are there afterwards.

    Raises:
        NotOurs: the database holds other organizations.
        Unavailable, WrongStamp: it cannot be used.
    """
    now = SystemClock().now()
    clock = StoppedClock(now - BEGINS_BEFORE)
    program = await open_program(settings, serving=True, emulator_wanted=True, clock=clock)
    try:
        known = await _known(program)
        if known is not None:
            return known
        await _begin(program)
        made = document.facts(await seed(Stage(program, clock), now))
        await seeded.keep(program, msgspec.json.encode(made))
        return made
    finally:
        await program.close()


async def _known(program: Program) -> dict[str, Any] | None:
    """What was made before; None when nothing was, or not to the end."""
    kept = await seeded.find(program)
    if kept is None or kept.about is None:
        if await _holds_organizations(program.house):
            raise NotOurs("this database holds organizations of your own: give the demo another folder, DATA=…")
        return None
    if kept.about == BEGUN:
        return None
    found: dict[str, Any] = msgspec.json.decode(kept.about)
    return found


async def _begin(program: Program) -> None:
    """From nothing, marked as begun, so that a run that is cut off is known for what it is."""
    kept = await seeded.find(program)
    if kept is not None and kept.about == BEGUN:
        await seeded.reset(program)
    else:
        await seeded.keep(program, BEGUN)


async def _holds_organizations(house: House) -> bool:
    return bool(await organizations.everyone(await house.store.read()))
