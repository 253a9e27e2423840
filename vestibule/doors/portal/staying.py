"""When to warn somebody that their session is about to end (WCAG 2.2, success criterion 2.2.1)."""

from datetime import timedelta
from typing import Final

from vestibule.actions.access import IDLE_WITH_ROLE, SignedIn, day_ends
from vestibule.actions.signing_in import USE_NOTED
from vestibule.store.unit import Moment

WARNING: Final = timedelta(minutes=2)
"""How long before the end; the criterion wants twenty seconds at least, and people have to notice first."""


def ask_after(moment: Moment, signed_in: SignedIn) -> int:
    """The seconds after which a page asks whether its session is about to end, never negative.

    It is the earliest moment for anybody, so that no page has to look up roles for it; the answer says the real one.
    """
    resting = IDLE_WITH_ROLE - USE_NOTED
    return whole_seconds(min(resting, day_ends(moment, signed_in.session) - moment.now) - WARNING)


def whole_seconds(span: timedelta) -> int:
    """The whole seconds in a span of time; none in a negative one."""
    return max(0, int(span.total_seconds()))
