"""Connections: how an app is told that somebody left, and what counts as its answer.

An app has at most one connection of a kind. What it is told of a person is always the newest thing that happened: a
later event takes the place of one that was not taken yet, so an app that was away for a week learns where everybody
stands, and nothing that is not true any more. The data removal of somebody waits for the connections that are marked as
required, until they confirm or a named person waives them.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from vestibule.rules import texts
from vestibule.rules.lifecycle import Move, Purged
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb


class Kind(StrEnum):
    """What an app speaks."""

    WEBHOOK = "webhook"
    SCIM = "scim"
    SSF = "ssf"
    COMMANDS = "commands"


class Whom(StrEnum):
    """Of whom an app is told: those who have or had to do with it, or everybody in the organization."""

    CONNECTED = "connected"
    EVERYONE = "everyone"


class Event(StrEnum):
    """What an app is told; the value is what a webhook says. Who hears the last six is in ``hears``."""

    DISABLED = "user.disabled"
    ENABLED = "user.enabled"
    LEFT = "user.left"
    REMOVED = "user.removed"
    RESTORED = "user.restored"
    PURGED = "user.purged"
    SIGNED_OUT = "user.signedOut"
    ACTIVATED = "user.activated"
    CHANGED = "user.changed"
    COMMANDS_METADATA = "commands.metadata"
    STREAM_VERIFICATION = "stream.verification"
    STREAM_UPDATED = "stream.updated"


class State(StrEnum):
    """Where a connection stands with one person.

    Attributes:
        WAITING: it was not asked yet, or not answered yet.
        DISABLED_ONLY: it keeps the person from working with it, and still has their data.
        CONFIRMED: it did what it was told; after a permanent deletion: nothing of the person is left there.
        REFUSED: it answered that it does not.
        SILENT: it answers, but never that it took it. UNREACHABLE: no answer at all.
        WAIVED: a named person decided that it is not waited for.
    """

    WAITING = "waiting"
    DISABLED_ONLY = "disabledOnly"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    WAIVED = "waived"


ENOUGH: Final = frozenset({State.CONFIRMED, State.WAIVED})
"""With these a data removal is complete, as far as this recipient goes."""

SETTLED: Final = frozenset({State.CONFIRMED, State.DISABLED_ONLY, State.REFUSED})
"""An answer after which a connection is not asked again by itself."""

FAILED: Final = frozenset({State.REFUSED, State.UNREACHABLE, State.SILENT})
"""It was asked, and it did not do it: somebody has to look."""

ENDS: Final = frozenset({Event.LEFT, Event.REMOVED})
"""With these somebody goes: who has to be told of the rest is written down then."""

GIVE_UP_AFTER: Final = timedelta(days=30)
"""So long an event is offered again and again, from when it was written."""

LONGEST_WAIT: Final = timedelta(hours=6)
_WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180))
_JITTER: Final = 0.2
LONGEST_WHY: Final = 500
LONGEST_CREDENTIAL: Final = 4096
OVERLAP: Final = timedelta(hours=24)
"""So long a secret that was replaced still signs, beside the new one."""

_OF_VERB: Final = {
    Verb.DISABLE: Event.DISABLED,
    Verb.ENABLE: Event.ENABLED,
    Verb.LEAVE: Event.LEFT,
    Verb.REMOVE: Event.REMOVED,
    Verb.DECLINE: Event.REMOVED,
    Verb.RESTORE: Event.RESTORED,
    Verb.PURGE: Event.PURGED,
    Verb.REDEEM: Event.ACTIVATED,
}
"""Whoever is signed out everywhere does not move in their life: ``tell_signed_out`` tells of it."""

_HEAR: Final = {
    Event.SIGNED_OUT: frozenset({Kind.SSF, Kind.COMMANDS}),
    Event.ACTIVATED: frozenset({Kind.COMMANDS}),
    Event.CHANGED: frozenset({Kind.COMMANDS}),
    Event.COMMANDS_METADATA: frozenset({Kind.COMMANDS}),
    Event.STREAM_VERIFICATION: frozenset({Kind.SSF}),
    Event.STREAM_UPDATED: frozenset({Kind.SSF}),
}


def event_of(move: Move) -> Event | None:
    """What a move of somebody's life is to an app; None for what no app is told."""
    return _OF_VERB.get(move.verb)


def hears(kind: Kind, event: Event) -> bool:
    """Whether connections of a kind are told of an event."""
    return kind in _HEAR.get(event, frozenset(Kind))


def ends_at_once(move: Move) -> bool:
    """Whether somebody is gone for good with their leaving (direct connect): there is no time in which they return.

    Not while a legal hold stands: apps hear of the permanent deletion when it is lifted.
    """
    if move.after.held:
        return False
    return isinstance(move.after.stage, Purged) and not isinstance(move.before.stage, Purged)


def wait(failures: int, chance: float, asked_for: timedelta | None = None) -> timedelta:
    """How long a receiver is left alone that did not answer as it has to.

    Args:
        failures: how often in a row, 1 for the first time.
        chance: a number from 0 to below 1, so that many receivers do not come back at the same moment.
        asked_for: what it asked for itself (``Retry-After``); it is given that, up to the longest wait.
    """
    base = _WAITS[failures - 1] if failures <= len(_WAITS) else LONGEST_WAIT
    if asked_for is not None:
        base = min(max(base, asked_for), LONGEST_WAIT)
    return base * (1 + _JITTER * chance)


def is_given_up(written_at: datetime, now: datetime) -> bool:
    """Whether an event is not offered any more, until somebody sends it again."""
    return now - written_at >= GIVE_UP_AFTER


def why_waived(given: str) -> str:
    """The reason for not waiting for a recipient. Raises Refused (MISSING_VALUE, BAD_VALUE)."""
    if not given.strip():
        raise Refused(Reason.MISSING_VALUE, property="reason")
    return texts.text_line(given, limit=LONGEST_WHY, what="reason")


def credential(given: str) -> str:
    """What we prove ourselves with at a SCIM server: a bearer token (RFC 6750, section 2.1).

    Raises:
        Refused: MISSING_VALUE, BAD_VALUE.
    """
    token = given.strip()
    if not token:
        raise Refused(Reason.MISSING_VALUE, property="scimToken")
    if len(token) > LONGEST_CREDENTIAL or not all("!" <= letter <= "~" for letter in token):
        raise Refused(Reason.BAD_VALUE, property="scimToken")
    return token
