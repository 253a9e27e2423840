"""Legal holds: somebody answers for keeping a person's data from being deleted, and somebody for letting it go.

GDPR, articles 17(3)(e) and 18: data that is needed for a legal claim, or whose erasure the person opposes, is kept and
not erased. Whether a hold stands, and what that stops, is in ``lifecycle.py``.
"""

from typing import Final

from vestibule.rules import texts
from vestibule.rules.refusals import Reason, Refused

LONGEST_REASON: Final = 500
LONGEST_REFERENCE: Final = 100


def reason(given: str) -> str:
    """Why a hold is set or lifted, on one line. Raises Refused (MISSING_VALUE, BAD_VALUE)."""
    if not given.strip():
        raise Refused(Reason.MISSING_VALUE, property="reason")
    return texts.text_line(given.strip(), limit=LONGEST_REASON, what="reason")


def reference(given: str | None) -> str | None:
    """What the organization calls the case, if anything. Raises Refused (BAD_VALUE)."""
    if given is None or not given.strip():
        return None
    return texts.text_line(given.strip(), limit=LONGEST_REFERENCE, what="reference")
