"""When an organization is told of what needs its eyes: the digest of who left, and removals that may become late.

Dates are whole mornings in the organization's own time zone, so that a digest comes before the work of a day; summer
time moves the moment, never the morning.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from vestibule.rules.refusals import Reason, Refused


class DigestPeriod(StrEnum):
    """How often the digest comes; ``OFF``: never."""

    OFF = "off"
    DAY = "day"
    WEEK = "week"


AT: Final = time(7)
"""The morning hour of a digest, in the organization's time zone."""

MONDAY: Final = 0
MARKS: Final = (50, 75, 90)
"""After so many hundredths of the time for a data removal somebody is told that it is not done."""


def period(value: str) -> DigestPeriod:
    """The period that somebody asks for.

    Raises:
        Refused: BAD_VALUE for anything but ``off``, ``day`` and ``week``.
    """
    try:
        return DigestPeriod(value)
    except ValueError as error:
        raise Refused(Reason.BAD_VALUE, property="guestDigest", one_of="off, day, week") from error


def following(every: DigestPeriod, after: datetime, time_zone: str) -> datetime | None:
    """The first moment for a digest later than ``after`` (UTC); None when there is none to come.

    Args:
        every: a day or a week; a week's digest comes on Monday.
        after: an aware moment. time_zone: an IANA name.
    """
    if every is DigestPeriod.OFF:
        return None
    zone = ZoneInfo(time_zone)
    day = after.astimezone(zone).date()
    if every is DigestPeriod.WEEK:
        day += timedelta(days=(MONDAY - day.weekday()) % 7)
    step = timedelta(days=1 if every is DigestPeriod.DAY else 7)
    moment = _morning(day, zone)
    return moment if moment > after else _morning(day + step, zone)


def preceding(every: DigestPeriod, at: datetime, time_zone: str) -> datetime:
    """The moment (UTC) at which the digest of ``at`` begins: the same morning a day or a week before."""
    zone = ZoneInfo(time_zone)
    days = 1 if every is DigestPeriod.DAY else 7
    return _morning((at.astimezone(zone) - timedelta(days=days)).date(), zone)


def latest(every: DigestPeriod, due: datetime, now: datetime, time_zone: str) -> datetime:
    """The last moment for a digest up to now, ``due`` or later: a digest that was missed is not written twice over."""
    found = due
    while (later := following(every, found, time_zone)) is not None and later <= now:
        found = later
    return found


def alarms(started_at: datetime, due_by: datetime) -> Sequence[datetime]:
    """When to tell somebody that a data removal is not done, earliest first."""
    return [started_at + (due_by - started_at) * mark / 100 for mark in MARKS]


def next_alarm(started_at: datetime, due_by: datetime, after: datetime) -> datetime | None:
    """The first alarm later than a moment, or None when all have been."""
    return next((moment for moment in alarms(started_at, due_by) if moment > after), None)


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, AT, zone).astimezone(UTC)
