"""What the outbox brings to programs: one request each, and the answer says whether it arrived.

At least once, under an id that stays the same. A receiver that does not answer is tried again for a day; one that
refuses is not asked twice.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from vestibule.actions.house import House
from vestibule.ground.outgoing import AnswerTooLarge, OutgoingFailure, TargetRefused
from vestibule.store import outbox
from vestibule.store.outbox import Letter
from vestibule.store.unit import Unit

LEASE: Final = timedelta(minutes=2)
WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
_TRY_LATER: Final = frozenset({408, 425, 429})
_LARGEST: Final = 64 * 1024


class Later(Exception):
    """It may work another time; the text says why."""


class Declined(Exception):
    """It never will. ``told``: why, for the log."""

    def __init__(self, **told: Any) -> None:
        super().__init__(*told.values())
        self.told = told


async def call(
    house: House, method: str, address: str, *, headers: Mapping[str, str], body: bytes, deadline: float
) -> None:
    """Send one request through the outgoing gate; returning means that it was taken.

    Args:
        house: whose gate. method, address, headers, body: the request. deadline: seconds for all of it.

    Raises:
        Later: nobody answered, or asked for patience. Declined: the answer is no, or the address may not be reached.
    """
    try:
        answer = await house.outgoing.request(
            method, address, headers=headers, body=body, largest=_LARGEST, deadline=deadline
        )
    except (TargetRefused, AnswerTooLarge) as refused:
        raise Declined(reason=str(refused)) from refused
    except OutgoingFailure as failure:
        raise Later(str(failure)) from failure
    if answer.status in _TRY_LATER or answer.status >= 500:
        raise Later(f"status {answer.status}")
    if answer.status >= 300:
        raise Declined(status=answer.status)


async def put_off(house: House, letter: Letter, token: str, error: str) -> bool:
    """Try a claimed letter again later. Returns False, and writes nothing, when it was tried often enough."""
    if letter.tries >= len(WAITS):
        return False

    async def work(unit: Unit) -> None:
        outbox.failed(unit, letter, token, unit.now + WAITS[letter.tries], error)

    await house.store.change(work)
    return True
