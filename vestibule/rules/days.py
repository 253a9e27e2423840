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


def one_month_after(at: datetime) -> datetime:
    """Return the same time of day on the same date a month later, or on that month's last day.

    The clock of GDPR article 12(3), counted as Regulation (EEC, Euratom) 1182/71, article 3(2)(c) counts months,
    but without its rounding up to midnight or to a working day: we promise the earlier moment.
    """
    year, month = (at.year + 1, 1) if at.month == 12 else (at.year, at.month + 1)
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))
