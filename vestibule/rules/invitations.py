"""How long an invitation is good, and how many invitation mails one address gets."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from vestibule.rules.refusals import Reason, Refused

DAYS_GOOD: Final = 30
FEWEST_DAYS: Final = 1
MOST_DAYS: Final = 365
MAILS_A_DAY: Final = 20
DAY: Final = timedelta(days=1)


def check_days_good(value: object) -> int:
    """Return ``value`` when it may be an organization's setting *days an invitation is good*: a whole number, 1 to 365.

    Raises:
        Refused: BAD_VALUE for anything else: out of bounds, not a whole number, a text, a truth value.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not FEWEST_DAYS <= value <= MOST_DAYS:
        raise Refused(Reason.BAD_VALUE, property="invitationDays", least=FEWEST_DAYS, most=MOST_DAYS)
    return value


def expires_at(invited_at: datetime, days_good: int = DAYS_GOOD) -> datetime:
    """Return the moment from which the invitation is no longer good, written down when it is made.

    A later change of the setting moves no invitation that is already out.
    """
    return invited_at + days_good * DAY


def is_good(until: datetime, now: datetime) -> bool:
    """Whether an invitation may still be redeemed, decided at use: no worker has to have run."""
    return now < until


def next_mail_at(sent: Sequence[datetime], now: datetime) -> datetime | None:
    """Return when the next invitation mail may go to an address, or None when that is now.

    Args:
        sent: when invitation mails went to this address, from all organizations; older than a day may be left out.
        now: the moment of asking.
    """
    recent = sorted(at for at in sent if at > now - DAY)
    return None if len(recent) < MAILS_A_DAY else recent[-MAILS_A_DAY] + DAY
