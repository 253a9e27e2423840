"""Counting days: what is left of a period, and when a month is over."""

import calendar
from datetime import datetime, timedelta
from typing import Final

DAY: Final = timedelta(days=1)


def days_left(until: datetime, now: datetime) -> int:
    """Return how many days are left, rounded up, so that 1 is the last day and 0 means over.

    A day is 86,400 seconds; no time zone is asked, so summer time changes nothing.
    """
    left = until - now
    return max(0, -(-left // DAY))


def months_after(at: datetime, months: int) -> datetime:
    """Return the same time of day on the same date so many months later, or on that month's last day.

    The clock of GDPR article 12(3), counted as Regulation (EEC, Euratom) 1182/71, article 3(2)(c) counts months,
    but without its rounding up to midnight or to a working day: we promise the earlier moment. Three months are
    counted at once, never as one and two: from 31 January they end on 30 April.
    """
    years, month = divmod(at.month - 1 + months, 12)
    year, month = at.year + years, month + 1
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))


def one_month_after(at: datetime) -> datetime:
    """The same for one month."""
    return months_after(at, 1)
