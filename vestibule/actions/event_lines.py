"""Every event of an organization between two moments, oldest first, with what can be read of it and its place."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from vestibule.actions import log_entries
from vestibule.actions.house import House
from vestibule.actions.log_entries import Entry
from vestibule.store import audit, audit_log

AT_ONCE: Final = 500


async def walk(
    house: House, tenant_id: str, since: datetime, until: datetime
) -> AsyncIterator[list[tuple[Entry, int | None]]]:
    """Some events at a time. The place is None for what is not sealed yet.

    What is written while it is read comes along when it lies behind what was read; nothing is there twice.
    """
    after: tuple[datetime, str] | None = None
    while True:
        reading = await house.store.read()
        events = await audit.walk(reading, tenant_id, since, until, AT_ONCE, after=after, oldest_first=True)
        if not events:
            return
        found = await log_entries.entries(house, reading, tenant_id, events)
        places = await audit_log.places_of(reading, tenant_id, [event.event_id for event in events])
        yield [(entry, places.get(entry.event.event_id)) for entry in found]
        after = events[-1].at, events[-1].event_id
