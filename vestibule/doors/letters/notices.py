"""Logout notices leave the outbox: a signed logout token for each app, posted to where the app wants to be told.

The same rules as for letters: at least once, under an id that stays the same (``jti``), no receiver holding up
another. (OpenID Connect Back-Channel Logout 1.0, sections 2.4, 2.5 and 2.8.)
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import structlog

from vestibule.actions.access import issuer
from vestibule.actions.house import House
from vestibule.actions.key_ring import ES256, RS256, KeyRing
from vestibule.actions.telling_apps import Notice, open_notice
from vestibule.doors.letters.calling import LEASE, Declined, Later, call, put_off
from vestibule.ground import signing
from vestibule.store import apps, outbox
from vestibule.store.outbox import Letter
from vestibule.store.unit import Unavailable, Unit

TYPE: Final = "logout+jwt"
EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LIFE: Final = timedelta(minutes=2)
DEADLINE: Final = 5.0  # seconds for one receiver
AT_ONCE: Final = 100

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Notices:
    """How apps are told. house, ring: the house and its signing keys."""

    house: House
    ring: KeyRing

    async def deliver_waiting(self) -> int:
        """Tell every app whose notice waits. Returns how many were told."""
        waiting = await outbox.notices(await self.house.store.read(), AT_ONCE)
        by_receiver: dict[str, list[tuple[Letter, Notice]]] = {}
        for letter in waiting:
            notice = open_notice(self.house, letter)
            by_receiver.setdefault(notice.uri, []).append((letter, notice))
        return sum(await asyncio.gather(*(self._tell(found) for found in by_receiver.values())))

    async def _tell(self, found: list[tuple[Letter, Notice]]) -> int:
        """Tell one receiver what waits for it; when it is away, the rest waits as well."""
        told, away = 0, ""
        for letter, notice in found:
            token = self.house.chance.token(12)
            try:
                await self._claim(letter, token)
            except Unavailable:
                continue  # another worker has it
            try:
                if not away:
                    told += await self._post(letter, notice)
                    await self._finished(letter, token)
                    continue
            except Later as failure:
                away = str(failure)
            await self._put_off(letter, token, away)
        return told

    async def _post(self, letter: Letter, notice: Notice) -> int:
        """Post one notice. Returns 1 when the app took it, 0 when it never will. Raises Later."""
        app = await apps.find_by_client_id(await self.house.store.read(), notice.client_id)
        if app is None or not app.enabled:
            return 0
        key = await self.ring.signer(ES256 if app.id_token_alg == ES256 else RS256)
        form = {"logout_token": signing.sign(key, self._claims(letter, notice), TYPE)}
        try:
            await call(
                self.house,
                "POST",
                notice.uri,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                body=urlencode(form).encode(),
                deadline=DEADLINE,
            )
        except Declined as declined:
            log.warning("notice_refused", client_id=notice.client_id, **declined.told)
            return 0
        return 1

    def _claims(self, letter: Letter, notice: Notice) -> dict[str, Any]:
        now = int(self.house.clock.now().timestamp())
        session = {} if notice.sid is None else {"sid": notice.sid}
        return {
            "iss": issuer(self.house, letter.tenant_id),
            "aud": notice.client_id,
            "iat": now,
            "exp": now + int(LIFE.total_seconds()),
            "jti": letter.letter_id,
            "sub": notice.sub,
            **session,
            "events": {EVENT: {}},
        }

    async def _claim(self, letter: Letter, token: str) -> None:
        async def work(unit: Unit) -> None:
            outbox.claim(unit, letter, token, unit.moment.machine + LEASE)

        await self.house.store.change(work)

    async def _finished(self, letter: Letter, token: str) -> None:
        async def work(unit: Unit) -> None:
            outbox.sent(unit, letter, token)

        await self.house.store.change(work)

    async def _put_off(self, letter: Letter, token: str, error: str) -> None:
        if not await put_off(self.house, letter, token, error):
            log.warning("notice_given_up", letter_id=letter.letter_id, error=error)
            await self._finished(letter, token)
