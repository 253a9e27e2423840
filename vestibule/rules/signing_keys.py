"""When which key signs, and until when what it signed can be alive: a matter of time, decided from the time alone.

Keys change over every ninety days. The next one is published two days before it signs, so that programs that keep
the public keys for a day know it by then; the last one stays published until every token that it signed has ended.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

PERIOD: Final = timedelta(days=90)
PUBLISHED_BEFORE: Final = timedelta(days=2)
TOKENS_LIVE: Final = timedelta(minutes=70)
"""The longest life of a token (an hour), the seconds in which processes notice a change, and what clocks may differ."""
KEPT_AFTER: Final = timedelta(days=1)
"""For so long after that a key is still there, for logout hints that apps kept."""

Timetable = Mapping[str, datetime]
"""From when on each key of one algorithm signs, by its id."""


class KeyState(StrEnum):
    """What a key is there for."""

    NEXT = "next"  # published, and signs later
    SIGNING = "signing"
    VERIFYING = "verifying"  # signs no more; something it signed can be alive
    ENDED = "ended"  # nothing that it signed is alive


def signing(keys: Timetable, now: datetime) -> str | None:
    """The key that signs now: of those whose time has come the one that began last.

    When the clock was set back behind all of them it is the first: no clock leaves a deployment without a key.
    """
    begun = [kid for kid, since in keys.items() if since <= now]
    if begun:
        return max(begun, key=lambda kid: (keys[kid], kid))
    return min(keys, key=lambda kid: (keys[kid], kid), default=None)


def stops_at(keys: Timetable, kid: str) -> datetime | None:
    """When a key signs no more: as soon as a later one does. None while there is none."""
    later = [since for other, since in keys.items() if (since, other) > (keys[kid], kid)]
    return min(later, default=None)


def ends_at(keys: Timetable, kid: str) -> datetime | None:
    """When the last token that a key signed has ended; None while no end of its signing is known."""
    stops = stops_at(keys, kid)
    return None if stops is None else stops + TOKENS_LIVE


def state(keys: Timetable, kid: str, now: datetime) -> KeyState:
    """What a key is there for now."""
    if now < keys[kid]:
        return KeyState.NEXT
    if signing(keys, now) == kid:
        return KeyState.SIGNING
    ends = ends_at(keys, kid)
    return KeyState.ENDED if ends is not None and now >= ends else KeyState.VERIFYING


def next_due(keys: Timetable, now: datetime) -> datetime | None:
    """From when on a key that has to be made now shall sign; None when none has to be."""
    newest = max(keys.values(), default=None)
    if newest is None or newest > now or now < newest + PERIOD - PUBLISHED_BEFORE:
        return None
    return max(newest + PERIOD, now + PUBLISHED_BEFORE)


def may_go(keys: Timetable, now: datetime) -> list[str]:
    """Keys that nobody needs any more."""
    ends = {kid: ends_at(keys, kid) for kid in keys}
    return [kid for kid, end in ends.items() if end is not None and now >= end + KEPT_AFTER]
