"""The code that is mailed to prove a mailbox: how long it lives, how often it may be tried, how many a day.

Eight digits and five tries for each of at most twenty unused codes a day leave a guesser 100 chances in 10^8
per account and day (one in a million). The figures are a promise to the outside and no setting.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vestibule.rules.refusals import Reason

LENGTH: Final = 8
LIFE: Final = timedelta(minutes=10)
TRIES: Final = 5
UNUSED_A_DAY: Final = 20
DAY: Final = timedelta(days=1)

_LONGEST_TYPED: Final = 40


@dataclass(frozen=True, slots=True)
class Passcode:
    """The newest code of one mailbox; sending another one replaces it.

    Attributes:
        expires_at: the moment from which it is no longer good.
        tries_left: how many more wrong guesses it survives, counted over all sessions.
    """

    expires_at: datetime
    tries_left: int


def fresh(now: datetime) -> Passcode:
    """Return the state of a code that is sent now."""
    return Passcode(expires_at=now + LIFE, tries_left=TRIES)


def read_code(typed: str) -> str | None:
    """Return the eight digits that somebody typed, or None when it cannot be a code.

    Spaces and hyphens are ignored, because the mail groups the digits. Only the digits 0 to 9 count: ``str.isdigit``
    would also take those of other scripts.
    """
    if len(typed) > _LONGEST_TYPED:
        return None
    bare = re.sub(r"[ \t\r\n\u00a0\u2010\u2011-]", "", typed)
    return bare if re.fullmatch(rf"[0-9]{{{LENGTH}}}", bare) else None


def why_not_try(code: Passcode | None, now: datetime) -> Reason | None:
    """Return why no guess is looked at, or None. Asked, and a try taken away, before the guess is compared."""
    if code is None or now >= code.expires_at:
        return Reason.CODE_EXPIRED
    return Reason.TOO_MANY_TRIES if code.tries_left <= 0 else None


def next_code_at(unused: Sequence[datetime], now: datetime) -> datetime | None:
    """Return when the next code may be sent to a mailbox, or None when that is now.

    Args:
        unused: when the codes of this mailbox were sent that nobody signed in with; older than a day may be left
            out. A code that was used does not count: whoever used it can read the mailbox and need not guess.
        now: the moment of asking.
    """
    recent = sorted(sent for sent in unused if sent > now - DAY)
    return None if len(recent) < UNUSED_A_DAY else recent[-UNUSED_A_DAY] + DAY
