"""What time asks of histories of access reviews: to be made."""

from collections.abc import Awaitable, Callable

from vestibule.actions import review_histories
from vestibule.actions.house import House
from vestibule.actions.things_due import Done, Due
from vestibule.rules.verbs import Verb
from vestibule.store import review_histories as kept
from vestibule.store.review_histories import History
from vestibule.store.unit import Reading


async def due(house: House, reading: Reading, limit: int) -> list[Due]:
    """The histories that are due, oldest first and no more than ``limit``."""
    return [
        Due(one.next_at, one.history_id, _make(house, one), leads_on=True)
        for one in await kept.due(reading, reading.now, limit)
        if one.next_at is not None
    ]


async def upcoming(reading: Reading, limit: int) -> list[Done]:
    """The histories that time makes next."""
    return [
        Done(one.next_at, Verb.MAKE_HISTORY, one.tenant_id, one.history_id)
        for one in await kept.upcoming(reading, limit)
        if one.next_at is not None
    ]


def _make(house: House, history: History) -> Callable[[], Awaitable[list[Done]]]:
    async def make() -> list[Done]:
        at = await review_histories.make_due(house, tenant_id=history.tenant_id, history_id=history.history_id)
        return [] if at is None else [Done(at, Verb.MAKE_HISTORY, history.tenant_id, history.history_id)]

    return make
