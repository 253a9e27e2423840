"""Data removals without waiting: the steps that are left, at once, and the apps that did not do what they were asked.

The worker does the same by itself, when its time has come. Nobody has to press anything for a removal to end; whoever
just mended an app does not want to wait for its next turn either.
"""

from typing import Final

from vestibule.actions import app_connections, erasing
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.rules.actors import Actor
from vestibule.rules.connections import FAILED, Kind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import connections, erasures
from vestibule.store.unit import Unit

MOST: Final = 200
"""So many removals are hastened by one request, those that are due first; the worker has the others in hand."""


async def run_now(house: House, *, tenant_id: str, by: Actor) -> int:
    """Take the steps that are left of an organization's data removals, and let no app rest that has news to hear.

    Returns how many removals ended with it.

    Raises:
        Refused: NOT_ALLOWED for whoever may not delete permanently.
    """

    async def work(unit: Unit) -> None:
        await authorise(unit, by, Verb.PURGE, tenant_id)
        for one in await connections.of_tenant(unit, tenant_id):
            connections.at_once(unit, one)

    await attempt(house, Verb.PURGE, work, by=by, tenant_id=tenant_id)
    open_ones = await erasures.open_here(await house.store.read(), tenant_id, MOST)
    ended = [await erasing.erase(house, tenant_id=tenant_id, user_id=one.user_id) for one in open_ones]
    return sum(one is not None for one in ended)


async def retry_failed(house: House, *, tenant_id: str, by: Actor) -> int:
    """Ask again every app that failed and that a data removal of the organization waits for.

    Returns how many connections that are; one that was removed meanwhile is left out.

    Raises:
        Refused: NOT_ALLOWED for whoever may not change connections.
    """

    async def allowed(unit: Unit) -> None:
        await authorise(unit, by, Verb.CHANGE_CONNECTIONS, tenant_id)

    await attempt(house, Verb.CHANGE_CONNECTIONS, allowed, by=by, tenant_id=tenant_id, way="again")
    failed = await erasures.failed_connections(await house.store.read(), tenant_id, [one.value for one in FAILED])
    asked = 0
    for app_id, kind in failed:
        try:
            await app_connections.send_again(house, Kind(kind), tenant_id=tenant_id, app_id=app_id, by=by)
        except Refused as refused:
            if refused.reason is not Reason.NOT_FOUND:
                raise
        else:
            asked += 1
    return asked
