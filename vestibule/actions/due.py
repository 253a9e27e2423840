"""What time asks for: permanent deletions, data removals, invitations that end, reviews, digests.

Nothing is decided here: whether something is over is asked of time and state wherever it matters. These functions
only write it down, in the order of the due times, each thing with its due time, and take the data away. They may run
late, be killed at any point, or run several times at once: every step is one transaction, guarded by the state it
rests on.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from vestibule.actions import (
    deleting_apps,
    digests,
    ending_data_requests,
    erasing,
    grouping,
    histories_due,
    inviting,
    reviews_due,
)
from vestibule.actions.house import House
from vestibule.actions.things_due import Done as Done
from vestibule.actions.things_due import Due
from vestibule.ground.clock import iso
from vestibule.rules.connections import ENOUGH
from vestibule.rules.lifecycle import Deleted, freed
from vestibule.rules.verbs import Verb
from vestibule.store import apps, data_requests, deployments, erasures, groups, invitations, memberships
from vestibule.store.data_requests import DataRequest
from vestibule.store.unit import Reading

BATCH: Final = 500
TOGETHER: Final = 32
"""So many things are done at once, so that one flush to the disk serves them all; one by one in an emulator database,
whose time stands still while a test looks."""


async def run_due(house: House, *, batches: int | None = None) -> list[Done]:
    """Do everything that is due now, oldest first, until nothing is left. Returns what was done.

    In an emulator database whose worker is switched off nothing happens.

    Args:
        house: the house.
        batches: at most so many times ``BATCH`` things; None for all. A caller who sees that many done asks again.
    """
    deployment = await deployments.find(await house.store.read())
    done: list[Done] = []
    if deployment is None or not deployment.worker_on:
        return done
    stuck: list[tuple[str, str]] = []
    while (batches is None or batches > 0) and (batch := await _next_batch(house)):
        before = len(done)
        done += await _do(batch, 1 if house.emulator else TOGETHER)
        these = [] if len(done) > before else [(iso(item.at), item.object_id) for item in batch]
        if these and these == stuck:  # another worker was faster, or a recipient has to answer first
            break
        stuck = these
        batches = None if batches is None else batches - 1
    return done


async def _do(batch: list[Due], together: int) -> list[Done]:
    """Do them in their order, several at once. Raises what the first one raised that failed, after the others ended."""
    done: list[Done] = []
    for start in range(0, len(batch), together):
        acts = [item.act() for item in batch[start : start + together]]
        for outcome in await asyncio.gather(*acts, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
            done += outcome
    return done


async def upcoming(house: House, limit: int = 10) -> list[Done]:
    """The next things that time will do, in order."""
    reading = await house.store.read()
    purges = await memberships.next_due(reading, "deleted", limit)
    expiries = await invitations.next_expiry(reading, limit)
    found = [Done(at, Verb.PURGE, tenant_id, user_id) for at, tenant_id, user_id in purges]
    found += [Done(at, Verb.EXPIRE_INVITATION, tenant_id, user_id) for at, tenant_id, user_id in expiries]
    ending = await groups.next_due(reading, limit)
    found += [Done(at, Verb.PURGE_GROUP, tenant_id, group_id) for at, tenant_id, group_id in ending]
    found += await reviews_due.upcoming(reading, limit)
    found += await histories_due.upcoming(reading, limit)
    found += await digests.upcoming(reading, limit)
    going = await apps.next_due(reading, limit)
    found += [Done(at, Verb.PURGE_APP, tenant_id, app_id) for at, tenant_id, app_id in going]
    ends = await data_requests.next_end(reading, limit)
    found += [Done(at, Verb.END_DATA_REQUEST, tenant_id, request_id) for at, tenant_id, request_id in ends]
    return sorted(found, key=lambda one: (one.at, one.object_id))[:limit]


async def _next_batch(house: House) -> list[Due]:
    """What is due, oldest first; cut where one kind has more than fits, so that the order holds across batches.

    In an emulator database, whose clock may be pushed far, it is also cut behind what leads on to something that may be
    due as well, so that this comes in its order.
    """
    reading = await house.store.read()
    kinds = [
        await _purges(house, reading),
        await _erasures(house, reading),
        await _expiries(house, reading),
        await _group_purges(house, reading),
        await _app_purges(house, reading),
        await _request_ends(house, reading),
        *await reviews_due.due(house, reading, BATCH),
        await histories_due.due(house, reading, BATCH),
        *await digests.due(house, reading, BATCH),
    ]
    full = [kind[-1].at for kind in kinds if len(kind) >= BATCH]
    full += [item.at for kind in kinds for item in kind if item.leads_on and house.emulator]
    found = sorted((item for kind in kinds for item in kind), key=lambda item: (item.at, item.object_id))
    return [item for item in found if not full or item.at <= min(full)]


async def _purges(house: House, reading: Reading) -> list[Due]:
    def act(tenant_id: str, user_id: str) -> Callable[[], Awaitable[list[Done]]]:
        async def purge() -> list[Done]:
            at = await erasing.purge_due(house, tenant_id=tenant_id, user_id=user_id)
            if at is None:
                return []
            return [Done(at, Verb.PURGE, tenant_id, user_id), *await _erase(house, tenant_id, user_id)]

        return purge

    found = await memberships.due(reading, "deleted", reading.now, BATCH)
    return [
        Due(freed(guest.standing, guest.stage.purge_due), guest.user_id, act(guest.tenant_id, guest.user_id))
        for guest in found
        if isinstance(guest.stage, Deleted)
    ]


async def _erasures(house: House, reading: Reading) -> list[Due]:
    def act(tenant_id: str, user_id: str) -> Callable[[], Awaitable[list[Done]]]:
        async def erase() -> list[Done]:
            return await _erase(house, tenant_id, user_id)

        return erase

    found = await erasures.running(reading, BATCH)
    found += await erasures.answered(reading, [state.value for state in ENOUGH], BATCH)
    found.sort(key=lambda one: (one.started_at, one.user_id))
    return [Due(one.started_at, one.user_id, act(one.tenant_id, one.user_id)) for one in found]


async def _expiries(house: House, reading: Reading) -> list[Due]:
    def act(tenant_id: str, invitation_id: str, user_id: str) -> Callable[[], Awaitable[list[Done]]]:
        async def expire() -> list[Done]:
            at = await inviting.expire(house, tenant_id=tenant_id, invitation_id=invitation_id)
            return [] if at is None else [Done(at, Verb.EXPIRE_INVITATION, tenant_id, user_id)]

        return expire

    found = await invitations.expired(reading, reading.now, BATCH)
    return [Due(one.expires_at, one.user_id, act(one.tenant_id, one.invitation_id, one.user_id)) for one in found]


async def _group_purges(house: House, reading: Reading) -> list[Due]:
    def act(tenant_id: str, group_id: str) -> Callable[[], Awaitable[list[Done]]]:
        async def purge() -> list[Done]:
            at = await grouping.purge_group_due(house, tenant_id=tenant_id, group_id=group_id)
            return [] if at is None else [Done(at, Verb.PURGE_GROUP, tenant_id, group_id)]

        return purge

    found = await groups.due(reading, reading.now, BATCH)
    return [
        Due(group.purge_due, group.group_id, act(group.tenant_id, group.group_id))
        for group in found
        if group.purge_due is not None
    ]


async def _app_purges(house: House, reading: Reading) -> list[Due]:
    def act(tenant_id: str, app_id: str) -> Callable[[], Awaitable[list[Done]]]:
        async def purge() -> list[Done]:
            at = await deleting_apps.purge_app_due(house, tenant_id=tenant_id, app_id=app_id)
            return [] if at is None else [Done(at, Verb.PURGE_APP, tenant_id, app_id)]

        return purge

    found = await apps.due(reading, reading.now, BATCH)
    return [
        Due(app.purge_due, app.app_id, act(app.tenant_id, app.app_id)) for app in found if app.purge_due is not None
    ]


async def _request_ends(house: House, reading: Reading) -> list[Due]:
    def act(asked: DataRequest) -> Callable[[], Awaitable[list[Done]]]:
        async def end() -> list[Done]:
            at = await ending_data_requests.end_due(house, asked)
            return [] if at is None else [Done(at, Verb.END_DATA_REQUEST, asked.tenant_id, asked.request_id)]

        return end

    found = await data_requests.due(reading, reading.now, BATCH)
    return [Due(one.ends_at, one.request_id, act(one)) for one in found if one.ends_at is not None]


async def _erase(house: House, tenant_id: str, user_id: str) -> list[Done]:
    at = await erasing.erase(house, tenant_id=tenant_id, user_id=user_id)
    return [] if at is None else [Done(at, Verb.ERASE, tenant_id, user_id)]
