"""Broken builds of telling connected apps: each leaves one check out; see ``sign_in_breakages_protocol``."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from soak.sign_in_breakages import Setting, nothing_later
from vestibule.actions import directory_users, polling, signals, telling_connected, waiving
from vestibule.actions.delivering import Outcome
from vestibule.doors.letters import asking_apps, connected, pushed_signals, webhooks
from vestibule.rules.connections import State
from vestibule.store import deliveries


def removal_waits_for_nobody(setting: Setting) -> None:
    """A data removal is complete whatever the apps that have to answer say."""

    async def awaited(_reading: Any, **_of: Any) -> list[Any]:
        return []

    setting(waiving, "awaited", awaited)


def no_recipients_frozen(setting: Setting) -> None:
    """Nobody writes down who has to be told when somebody goes."""
    setting(telling_connected, "_freeze", nothing_later)


def signed_without_the_time(setting: Setting) -> None:
    """The signature of a webhook covers the body alone, so that it can be replayed for ever."""

    def signed(id_: str, at: int, octets: bytes, keys: Sequence[bytes]) -> dict[str, str]:
        marks = [base64.b64encode(hmac.new(key, octets, hashlib.sha256).digest()).decode() for key in keys]
        signature = " ".join(f"v1,{mark}" for mark in marks)
        return {webhooks.ID: id_, webhooks.TIME: str(at), webhooks.SIGNATURE: signature}

    setting(webhooks, "signed", signed)


def every_receiver_in_one_row(setting: Setting) -> None:
    """Apps are told one after the other, so that one who hangs holds up the next."""
    gate = asyncio.Semaphore(1)
    real = connected.Connected._serve  # noqa: SLF001 - what is broken is inside

    async def serve(self: connected.Connected, one: Any) -> int:
        async with gate:
            return await real(self, one)

    setting(connected.Connected, "_serve", serve)


def one_acknowledgement_for_all(setting: Setting) -> None:
    """Whoever took one of the tokens about a permanent deletion has answered for all of them."""
    real = signals.named
    setting(signals, "named", lambda one, delivery, told: real(one, delivery, told)[:1])


def ends_of_sessions_lost(setting: Setting) -> None:
    """What happened before the newest thing is not told, also when it ended sessions."""

    async def joined(_house: Any, _unit: Any, _one: Any, event: Any, told: Any) -> Any:
        return event, told

    setting(telling_connected, "_joined", joined)


def passwords_not_told(setting: Setting) -> None:
    """A new password ends sessions, and no app hears of it."""

    async def told(*_given: Any, **_more: Any) -> None:
        return

    setting(directory_users, "tell_ended", told)


def visited_not_told(setting: Setting) -> None:
    """Who is a guest elsewhere is signed out there too, and no stream there hears of it."""

    async def told(*_given: Any, **_more: Any) -> None:
        return

    setting(telling_connected, "tell_signed_out_elsewhere", told)


def every_success_acknowledges(setting: Setting) -> None:
    """A server that answers 200 to everything has taken a token."""
    real = asking_apps.ask

    async def ask(*given: Any, **more: Any) -> Any:
        found = await real(*given, **more)
        return found if found.status >= 300 else type(found)(202, found.headers, found.body)

    setting(pushed_signals, "ask", ask)


def deletions_confirmed_by_anything(setting: Setting) -> None:
    """A stream that does not ask for account-purged has confirmed the permanent deletion."""

    async def tell(*_given: Any) -> Outcome:
        return Outcome(State.CONFIRMED, "nothing to tell")

    real = pushed_signals.tell

    async def told(house: Any, ring: Any, one: Any, delivery: Any, what: Any) -> Outcome:
        names = signals.named(one, delivery, what)
        return await (real if names else tell)(house, ring, one, delivery, what)

    setting(pushed_signals, "tell", told)


def paused_streams_tell(setting: Setting) -> None:
    """A stream that is paused is told all the same."""

    async def waiting(reading: Any, one: Any, limit: int) -> Any:
        return await deliveries.waiting(reading, one.tenant_id, one.app_id, one.kind, limit)

    setting(polling, "_waiting", waiting)


def any_app_has_a_stream(setting: Setting) -> None:
    """Nobody asks whether an app was given the permission for a stream."""
    setting(polling, "authorise_reading", nothing_later)
