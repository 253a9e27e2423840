"""The end of a request by a proven address, 30 days after its answer: its key is destroyed, and then the row goes.

That it was filed, and how it was answered, stays in the log, about a label that leads to nobody any more.
"""

from datetime import datetime

from vestibule.actions import journal
from vestibule.actions.house import House
from vestibule.actions.sealed_requests import UNREADABLE, about
from vestibule.rules.actors import system
from vestibule.rules.proven_log import DESTROYED
from vestibule.rules.verbs import Verb
from vestibule.store import audit, data_requests, erasures
from vestibule.store.data_requests import DataRequest
from vestibule.store.keys import AT_A_TIME
from vestibule.store.unit import Reading, Unavailable, Unit


async def end_due(house: House, asked: DataRequest) -> datetime | None:
    """Time ends an answered request. Returns when that was, or None when somebody was faster.

    Raises:
        Unavailable: the erasure journal cannot be written; nothing was done.
    """
    if asked.ends_at is None:
        return None
    try:
        await house.journal.add([asked.subject_key_id])
    except OSError as failure:
        msg = f"no data request is removed, because the erasure journal cannot be written: {failure}"
        raise Unavailable(msg) from failure
    await house.keys.destroy([asked.subject_key_id])
    return asked.ends_at if await _forget(house, asked, at=asked.ends_at) else None


async def end_again(house: House, gone: set[str]) -> int:
    """Requests that had ended before an older backup brought them back end again. Returns how many.

    ``gone``: every key that was destroyed.
    """
    ended = 0
    for first in range(0, len(gone), AT_A_TIME):
        some = sorted(gone)[first : first + AT_A_TIME]

        async def work(reading: Reading, some: list[str] = some) -> list[DataRequest]:
            return await data_requests.by_keys(reading, some)

        for asked in await house.store.scan(work, deadline_s=None):
            ended += await _forget(house, asked, at=None)
    return ended


async def _forget(house: House, asked: DataRequest, *, at: datetime | None) -> bool:
    async def work(unit: Unit) -> bool:
        found = await data_requests.find_any(unit, asked.tenant_id, asked.request_id)
        if found is None:
            return False
        data_requests.drop(unit, found)
        audit.forget_subject(unit, found.tenant_id, found.audit_tag, found.subject_key_id)
        erasures.journal(unit, found.subject_key_id)
        after = data_requests.raised(found)
        facts = {"wish": found.wish, DESTROYED: found.subject_key_id}
        subject = about(found, after, UNREADABLE, key_gone=True)
        event = journal.Event(Verb.END_DATA_REQUEST, found.tenant_id, subject, at or unit.now, facts=facts)
        await journal.write(house, unit, event, by=system())
        erasures.want_scrub(unit)
        return True

    return await house.change(work)
