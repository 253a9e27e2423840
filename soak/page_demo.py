"""The demo organizations after some life: apps that are told and silent, people gone at every stage, a late removal.

Pages look different with something on them. What the demo has not, happens here before the pages are walked.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.support import world
from tests.support.demo import OpenedDemo, ServedDemo, served_demo
from vestibule.actions import app_connections, emulating, holding, leaving
from vestibule.rules.actors import operator
from vestibule.rules.connections import Kind, Whom
from vestibule.store import apps, memberships, organizations
from vestibule.store.organizations import Organization

_MONTH: Final = timedelta(days=31)
_NOWHERE: Final = "https://localhost:9/told"
"""Nobody answers there, and nothing inside is asked at all: the app stays silent for good."""


@asynccontextmanager
async def lived_demo(data: Path) -> AsyncIterator[ServedDemo]:
    """Serve the demo, two months on: two apps of Fabrikam are silent, one data removal is late, one is not."""
    await asyncio.to_thread(data.mkdir, parents=True)
    async with served_demo(data) as demo:
        opened = demo.opened
        house, tenant_id = opened.program.house, str(opened.tenant("fabrikam")["id"])
        first, second, *_ = await apps.everyone(await house.store.read(), tenant_id)
        for app, kind, token in ((first, Kind.WEBHOOK, None), (first, Kind.SCIM, "a-token"), (second, Kind.SCIM, "x")):
            await app_connections.set_connection(
                house,
                kind,
                tenant_id=tenant_id,
                app_id=app.app_id,
                by=operator(),
                address=_NOWHERE,
                told_of=Whom.EVERYONE,
                required=kind is Kind.WEBHOOK,
                token=token,
            )
        for name in ("Adele Vance", "Alex Wilber"):
            await _leaves(opened, tenant_id, name)
            await emulating.advance(house, _MONTH)
            await opened.program.worker.tick()
        await _hold_and_ask(opened, tenant_id)
        yield demo


async def _hold_and_ask(opened: OpenedDemo, tenant_id: str) -> None:
    """Two more guests leave and ask to be erased; one of them is on hold, and so is somebody who stays."""
    house = opened.program.house
    admin = await memberships.find_by_upn(await house.store.read(), tenant_id, "admin@fabrikam.example")
    assert admin is not None
    for number in range(3):
        place = world.Place(house, await _organization(opened, tenant_id), admin)
        guest = await world.guest(place, f"guest{number}@mailbox.example", f"Guest {number}")
        by = world.at_portal(admin)
        if number:
            await holding.set_hold(
                house, tenant_id=tenant_id, user_id=guest.user_id, reason="A claim is under way", by=by
            )
        if number < 2:
            key, here = str(number), world.at_portal(guest)
            await leaving.leave(house, tenant_id=tenant_id, by=here, key=key, erase=True)


async def _organization(opened: OpenedDemo, tenant_id: str) -> Organization:
    found = await organizations.find(await opened.program.house.store.read(), tenant_id)
    assert found is not None
    return found


async def _leaves(opened: OpenedDemo, tenant_id: str, name: str) -> None:
    person = next(one for one in opened.known["people"] if one["name"] == name)
    user_id = next(one["userId"] for one in person["memberships"] if one["tenant"] == "fabrikam")
    await leaving.leave(opened.program.house, tenant_id=tenant_id, by=operator(), key=name, user_id=user_id)
