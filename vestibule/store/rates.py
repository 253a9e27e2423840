"""Counted attempts: how often something happened in a window, per mailbox, account or network address.

A bucket's name is made of keyed hashes and ids, never of an address in clear.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select, update

from vestibule.ground.clock import from_us, to_us
from vestibule.rules.invitations import MAILS_A_DAY
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.schema import rate
from vestibule.store.statements import Change, Query, given, inserting
from vestibule.store.unit import Reading, Unit

DAY: Final = timedelta(days=1)

_FIND = Query(select(rate.c.used, rate.c.window_start, rate.c.expires_at).where(rate.c.bucket == given("bucket")))
_INSERT = inserting(rate)
_COUNT = Change(
    update(rate)
    .where(
        rate.c.bucket == given("of_bucket"), rate.c.used == given("if_used"), rate.c.window_start == given("if_start")
    )
    .values(used=given("used"), window_start=given("window_start"), expires_at=given("expires_at"))
)
_CLEAR = Change(delete(rate).where(rate.c.bucket == given("bucket")))
_FORGET = Change(delete(rate).where(rate.c.expires_at < given("before")))


async def count(unit: Unit, bucket: str, *, limit: int, window: timedelta) -> None:
    """Count one more in the bucket's window.

    Raises:
        Refused: TOO_MANY_TRIES with ``retryAfter`` in seconds, when ``limit`` is reached; nothing is counted then.
    """
    row = await unit.one(_FIND, bucket=bucket)
    now, end = to_us(unit.now), to_us(unit.now + window)
    if row is None:
        unit.write(_INSERT, bucket=bucket, used=1, window_start=now, expires_at=end)
        return
    used, started, expires_at = row
    if expires_at <= now:
        unit.write(_COUNT, of_bucket=bucket, if_used=used, if_start=started, used=1, window_start=now, expires_at=end)
        return
    if used >= limit:
        wait = from_us(expires_at) - unit.now
        raise Refused(Reason.TOO_MANY_TRIES, retryAfter=max(1, int(wait.total_seconds()) + 1))
    unit.write(
        _COUNT,
        of_bucket=bucket,
        if_used=used,
        if_start=started,
        used=used + 1,
        window_start=started,
        expires_at=expires_at,
    )


async def check(unit: Unit, bucket: str, *, limit: int) -> None:
    """Refuse when the bucket is full, and count nothing. Raises Refused like ``count``."""
    row = await unit.one(_FIND, bucket=bucket)
    if row is not None and row[0] >= limit and row[2] > to_us(unit.now):
        wait = from_us(row[2]) - unit.now
        raise Refused(Reason.TOO_MANY_TRIES, retryAfter=max(1, int(wait.total_seconds()) + 1))


async def is_counted(reading: Reading, bucket: str) -> bool:
    """Whether anything was counted in the bucket's window, which is not over."""
    row = await reading.one(_FIND, bucket=bucket)
    return row is not None and bool(row[2] > to_us(reading.now))


async def count_mail(unit: Unit, address_mac: str) -> None:
    """Count an invitation mail to this mailbox, over all organizations. Raises Refused like ``count``."""
    await count(unit, f"invitation-mail:{address_mac}", limit=MAILS_A_DAY, window=DAY)


def clear(unit: Unit, bucket: str) -> None:
    """Start counting anew."""
    unit.write(_CLEAR, rows=None, bucket=bucket)


def forget(unit: Unit) -> None:
    """Buckets whose window is over go."""
    unit.write(_FORGET, rows=None, before=to_us(unit.now))
