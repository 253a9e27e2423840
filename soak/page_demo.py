"""The demo organizations after some life: apps that are told and silent, people gone at every stage, a late removal.

Pages look different with something on them. What the demo has not, happens here before the pages are walked.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.support.demo import OpenedDemo, ServedDemo, served_demo
from vestibule.actions import app_connections, emulating, leaving
from vestibule.rules.actors import operator
from vestibule.rules.connections import Kind, Whom
from vestibule.store import apps

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
        yield demo


async def _leaves(opened: OpenedDemo, tenant_id: str, name: str) -> None:
    person = next(one for one in opened.known["people"] if one["name"] == name)
    user_id = next(one["userId"] for one in person["memberships"] if one["tenant"] == "fabrikam")
    await leaving.leave(opened.program.house, tenant_id=tenant_id, by=operator(), key=name, user_id=user_id)
