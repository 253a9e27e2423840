"""The machine's clock, and how a moment is written in a row and on the wire.

Inside the program a moment is an aware UTC ``datetime``; in a database row it is an integer count of microseconds
since 1970-01-01T00:00:00Z; in JSON it is ISO 8601 with ``Z`` (RFC 3339, section 5.6). The clock here is always the
machine's own. An emulated time, moved forward for a test, is worked out higher up from this one and an offset.
"""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

# RFC 3339 date-time with capital letters only. The standard library's reader takes far more (week dates, no separators,
# no zone), and a value that two readers understand differently must not come in.
_RFC3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


class Clock(Protocol):
    """Something that tells the time."""

    def now(self) -> datetime:
        """Return the present moment as an aware UTC ``datetime``."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment as an aware UTC ``datetime``."""
        return datetime.now(UTC)


class StoppedClock:
    """A clock for tests: it stands still until it is pushed.

    Raises:
        ValueError: the start has no time zone.
    """

    def __init__(self, start: datetime) -> None:
        self._now = _utc(start)

    def now(self) -> datetime:
        """Return the moment at which the clock stands, as an aware UTC ``datetime``."""
        return self._now

    def advance(self, step: timedelta) -> datetime:
        """Push the clock by ``step`` and return the new moment; a negative step is a machine clock set back."""
        self._now += step
        return self._now


class Stopwatch:
    """How long something takes, by a clock that nobody sets."""

    __slots__ = ("_began",)

    def __init__(self) -> None:
        self._began = time.perf_counter()

    def seconds(self) -> float:
        """The seconds since it was made."""
        return time.perf_counter() - self._began


def to_us(moment: datetime) -> int:
    """Return the whole microseconds from 1970-01-01T00:00:00Z to ``moment``; exact, no floating point.

    Raises:
        ValueError: the moment has no time zone.
    """
    return (_aware(moment) - EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """Return the aware UTC moment that lies ``microseconds`` after 1970-01-01T00:00:00Z.

    Raises:
        OverflowError: the moment lies outside the years 1 to 9999.
    """
    return EPOCH + timedelta(microseconds=microseconds)


def iso(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC, such as ``2026-11-20T19:00:00.123456Z``; a fraction of zero is left out.

    Raises:
        ValueError: the moment has no time zone.
    """
    return f"{_utc(moment).replace(tzinfo=None).isoformat()}Z"


def parse_iso(text: str) -> datetime:
    """Read an RFC 3339 date-time, with ``Z`` or an offset, as an aware UTC moment.

    Up to nine digits of a second are read (Graph's own clients send seven); anything finer than a microsecond is
    cut off.

    Raises:
        ValueError: not such a date-time, no time zone, or a moment outside the years 1 to 9999.
    """
    if _RFC3339.fullmatch(text) is None:
        msg = f"not an ISO 8601 date and time with a time zone: {text[:40]!r}"
        raise ValueError(msg)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        msg = f"no such moment: {text[:40]!r}"
        raise ValueError(msg) from error


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        msg = "a moment without a time zone: times inside the program are aware UTC"
        raise ValueError(msg)
    return moment


def _utc(moment: datetime) -> datetime:
    return _aware(moment).astimezone(UTC)
