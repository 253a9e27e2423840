"""The emulator's own acts: lifecycle time is pushed, due work switched off and on. Only on a stamped database."""

from datetime import UTC, datetime, timedelta

from vestibule.actions.house import House
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import captured, deployments
from vestibule.store.deployments import Deployment
from vestibule.store.unit import Unit

LAST_MOMENT = datetime(9000, 1, 1, tzinfo=UTC)


async def advance(house: House, step: timedelta) -> None:
    """Push lifecycle time forward by ``step``.

    Raises:
        Refused: NOT_FOUND outside the emulator; BAD_VALUE for a negative step or a moment too far away.
    """

    async def work(unit: Unit) -> None:
        before = await _deployment(unit)
        if step < timedelta(0) or unit.now > LAST_MOMENT - step:
            raise Refused(Reason.BAD_VALUE, property="advance")
        _move(unit, before, step)

    await house.change(work)


async def set_to(house: House, moment: datetime) -> None:
    """Push lifecycle time forward to ``moment``. Raises like ``advance``; a moment that is past is BAD_VALUE."""

    async def work(unit: Unit) -> None:
        before = await _deployment(unit)
        if not unit.now <= moment <= LAST_MOMENT:
            raise Refused(Reason.BAD_VALUE, property="set")
        _move(unit, before, moment - unit.now)

    await house.change(work)


async def switch_worker(house: House, *, on: bool) -> None:
    """Let due work rest, or go on. Raises Refused (NOT_FOUND) outside the emulator."""

    async def work(unit: Unit) -> None:
        await _deployment(unit)
        deployments.switch_worker(unit, on=on)

    await house.change(work)


async def forget_mail(house: House) -> None:
    """All captured mail goes. Raises Refused (NOT_FOUND) outside the emulator."""

    async def work(unit: Unit) -> None:
        await _deployment(unit)
        captured.forget(unit)

    await house.change(work)


async def _deployment(unit: Unit) -> Deployment:
    found = await deployments.find(unit)
    if found is None or not found.emulator:
        raise Refused(Reason.NOT_FOUND)
    return found


def _move(unit: Unit, before: Deployment, step: timedelta) -> None:
    deployments.advance(unit, before, before.clock_offset + step // timedelta(microseconds=1))
