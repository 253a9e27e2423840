"""Exports of personal data leave the outbox: one file each, put where the administrator wants it.

The name stays the same, so that a second try writes the same file again. Where nobody takes it, the export has failed.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from vestibule.actions.data_exports import Errand, collect, open_errand
from vestibule.actions.house import House
from vestibule.doors.letters.calling import LEASE, Declined, Later, call, put_off
from vestibule.store import data_exports, outbox
from vestibule.store.data_exports import COMPLETE, FAILED
from vestibule.store.outbox import Letter
from vestibule.store.unit import Unavailable, Unit

AT_ONCE: Final = 20
DEADLINE: Final = timedelta(seconds=30)
_HEADERS: Final = {"Content-Type": "application/json", "x-ms-blob-type": "BlockBlob"}

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Exports:
    """How exports go out."""

    house: House

    async def deliver_waiting(self) -> int:
        """Put every file whose time has come where it belongs. Returns how many arrived."""
        waiting = await outbox.exports(await self.house.store.read(), AT_ONCE)
        return sum(await asyncio.gather(*(self._deliver(letter) for letter in waiting)))

    async def _deliver(self, letter: Letter) -> int:
        token = self.house.chance.token(12)
        errand = open_errand(self.house, letter)
        try:
            await self._claim(letter, token, errand)
        except Unavailable:
            return 0  # another worker has it
        try:
            status = await self._bring(letter.tenant_id, errand)
        except Later as failure:
            if await put_off(self.house, letter, token, str(failure)):
                return 0
            status = FAILED
        await self._finish(letter, token, errand, status)
        return int(status == COMPLETE)

    async def _bring(self, tenant_id: str, errand: Errand) -> str:
        """Put one file. Returns what became of it. Raises Later."""
        body = await collect(self.house, tenant_id=tenant_id, user_id=errand.user_id)
        if body is None:
            return FAILED
        try:
            await call(
                self.house,
                "PUT",
                address_of(errand),
                headers=_HEADERS,
                body=body,
                deadline=DEADLINE.total_seconds(),
            )
        except Declined as declined:
            log.warning("export_refused", export_id=errand.export_id, **declined.told)
            return FAILED
        return COMPLETE

    async def _claim(self, letter: Letter, token: str, errand: Errand) -> None:
        async def work(unit: Unit) -> None:
            outbox.claim(unit, letter, token, unit.moment.machine + LEASE)
            data_exports.start(unit, letter.tenant_id, errand.export_id)

        await self.house.store.change(work)

    async def _finish(self, letter: Letter, token: str, errand: Errand, status: str) -> None:
        async def work(unit: Unit) -> None:
            outbox.sent(unit, letter, token)
            data_exports.finish(unit, letter.tenant_id, errand.export_id, status)

        await self.house.store.change(work)


def address_of(errand: Errand) -> str:
    """Where the file goes: into the folder, under the export's id; what opens the folder stays behind it."""
    folder, mark, query = errand.location.partition("?")
    return f"{folder.rstrip('/')}/{errand.export_id}.json{mark}{query}"
