"""What the worker does for the house itself: scrub the disk after erasures, forget what is over, say it was here."""

from datetime import timedelta
from typing import Final

from vestibule.actions import sign_in_rows
from vestibule.actions.house import House
from vestibule.actions.signing_in import SESSION_LIFE
from vestibule.rules.review_histories import KEPT_FOR
from vestibule.store import (
    app_keys,
    data_exports,
    deployments,
    device_grants,
    erasures,
    feed,
    key_mentions,
    keys,
    passcodes,
    providers,
    rates,
    receipts,
    review_histories,
    sessions,
    sign_ins,
    tokens,
)
from vestibule.store.unit import Reading, Unit

ANSWERS_KEPT: Final = timedelta(days=61)  # as long as a departure shows in the list of organizations
KEY_IS_YOUNG: Final = timedelta(hours=1)  # it may be about to be used for the first time
KEYS_LOOKED_AT: Final = timedelta(days=7)  # as far back as a server may have been away after a crash
VANISHED_KNOWN: Final = timedelta(days=30)  # longer than anybody may rest who follows what changes
EXPORTS_KNOWN: Final = timedelta(days=30)
USED_KNOWN: Final = timedelta(hours=12)  # that a code or token was used is known for as long after its end


async def tidy(house: House) -> None:
    """Forget buckets and answers whose time is over."""

    async def work(unit: Unit) -> None:
        rates.forget(unit)
        receipts.forget_answers(unit, unit.now - ANSWERS_KEPT)

    await house.store.change(work)


async def sweep(house: House) -> None:
    """Forget sessions, sign-ins, codes and tokens whose time is over. It reads whole tables: once an hour will do."""

    async def work(unit: Unit) -> None:
        sessions.forget(unit, SESSION_LIFE)
        passcodes.forget(unit)
        tokens.forget(unit, unit.moment.machine - USED_KNOWN)
        device_grants.forget(unit, unit.moment.machine - USED_KNOWN)
        app_keys.forget(unit, unit.moment.machine)
        sign_ins.forget(unit, sign_in_rows.since(unit.now))
        providers.forget(unit, unit.moment.machine)
        feed.forget(unit, unit.now - VANISHED_KNOWN)
        data_exports.forget(unit, unit.now - EXPORTS_KNOWN)
        review_histories.forget(unit, unit.now - KEPT_FOR)

    await house.store.change(work)


async def sweep_keys(house: House) -> None:
    """Destroy keys that were made for somebody who did not come to be: a refused invitation, a crash in between."""
    now = (await house.store.moment()).machine

    async def mentioned(key_ids: list[str]) -> set[str]:
        async def work(reading: Reading) -> set[str]:
            return await key_mentions.mentioned(reading, key_ids)

        return await house.store.scan(work)

    await keys.sweep(house.keys, mentioned, since=now - KEYS_LOOKED_AT, before=now - KEY_IS_YOUNG)


async def scrub(house: House, *, whole: bool = False) -> bool:
    """Take the pages of erased people off the disk. Returns whether everything wanted is done.

    Another process that serves the file does it when this one may not. ``whole``: somebody asks for it, whether it is
    wanted or not, and whatever it costs.
    """
    wanted = await erasures.scrub_wanted(await house.store.read())
    if wanted is None and not whole:
        return True
    if not await house.store.truncate_log(whole=whole):
        return False
    if wanted is not None:
        await _scrubbed(house, wanted)
    return True


async def _scrubbed(house: House, wanted: int) -> None:
    async def work(unit: Unit) -> None:
        erasures.scrubbed(unit, wanted)

    await house.store.change(work)


async def was_seen(house: House) -> None:
    """Note the worker's round, for ``/readyz``."""

    async def work(unit: Unit) -> None:
        deployments.worker_seen(unit)

    await house.store.change(work)
