"""Broken builds of telling connected apps: each leaves one check out; see ``sign_in_breakages_protocol``."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from soak.sign_in_breakages import Setting, nothing_later
from vestibule.actions import telling_connected, waiving
from vestibule.doors.letters import connected, webhooks


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
