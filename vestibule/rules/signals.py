"""Shared Signals: what a stream says of an account, and which state a stream is in.

One thing that happened is told in one or two tokens, each with one event (OpenID Shared Signals Framework 1.0, section
4): where the account stands now (RISC 1.0), and that its sessions ended (CAEP 1.0). What ends sessions is not lost when
something newer happens before it was taken: whoever was disabled and enabled again in one hour has to sign in again.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

from vestibule.rules import texts
from vestibule.rules.connections import ENDS, Event
from vestibule.rules.lifecycle import Move
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb

_OF: Final = "https://schemas.openid.net/secevent"
SESSION_REVOKED: Final = f"{_OF}/caep/event-type/session-revoked"
WORD_OF_SESSIONS: Final = SESSION_REVOKED.rpartition("/")[2]
ACCOUNT_DISABLED: Final = f"{_OF}/risc/event-type/account-disabled"
ACCOUNT_ENABLED: Final = f"{_OF}/risc/event-type/account-enabled"
ACCOUNT_PURGED: Final = f"{_OF}/risc/event-type/account-purged"
SUPPORTED: Final = (SESSION_REVOKED, ACCOUNT_DISABLED, ACCOUNT_ENABLED, ACCOUNT_PURGED)
VERIFICATION: Final = f"{_OF}/ssf/event-type/verification"
UPDATED: Final = f"{_OF}/ssf/event-type/stream-updated"

ENDS_SESSIONS: Final = ENDS | {Event.DISABLED, Event.PURGED, Event.SIGNED_OUT}
OF_THE_STREAM: Final = frozenset({Event.STREAM_VERIFICATION, Event.STREAM_UPDATED})

MOST_EVENTS: Final = 100
"""Types that a receiver may ask for."""
LONGEST_TYPE: Final = 500
LONGEST_TEXT: Final = 500
LONGEST_STATE: Final = 1024
LONGEST_AUTHORIZATION: Final = 4096
MOST_AT_ONCE: Final = 50
"""Tokens in one answer to a receiver that polls."""


class Method(StrEnum):
    """How the tokens reach the receiver: we post them (RFC 8935), or it asks for them (RFC 8936)."""

    PUSH = "push"
    POLL = "poll"

    @property
    def urn(self) -> str:
        """Its name in a stream's configuration."""
        return "urn:ietf:rfc:8935" if self is Method.PUSH else "urn:ietf:rfc:8936"


class Status(StrEnum):
    """Whether a stream tells: paused it holds what happens, disabled it does not."""

    ENABLED = "enabled"
    PAUSED = "paused"
    DISABLED = "disabled"


NOT_TOLD: Final = "the stream is disabled"
NOT_ASKED_FOR: Final = "the stream does not ask for it"

_STANDS: Final = {
    Event.DISABLED: ACCOUNT_DISABLED,
    Event.LEFT: ACCOUNT_DISABLED,
    Event.REMOVED: ACCOUNT_DISABLED,
    Event.ENABLED: ACCOUNT_ENABLED,
    Event.RESTORED: ACCOUNT_ENABLED,
    Event.PURGED: ACCOUNT_PURGED,
    Event.STREAM_VERIFICATION: VERIFICATION,
    Event.STREAM_UPDATED: UPDATED,
}
_OWN_DOING: Final = frozenset({Verb.LEAVE, Verb.DECLINE})
_ADMINISTRATORS: Final = frozenset({Verb.DISABLE, Verb.REMOVE})


def types_of(event: Event, *, enabled: bool, revoked: bool, asked_for: frozenset[str]) -> tuple[str, ...]:
    """The types of the tokens that tell of an event, in their order; empty when the stream asks for none of them.

    Args:
        event: the newest thing. enabled: the account is not disabled here: somebody who is restored may be.
        revoked: sessions ended since the receiver took something last.
        asked_for: what the stream delivers. Without ``account-purged`` nothing is told of a permanent deletion, since
            an answer to anything else would not say that the data are gone.
    """
    if event in OF_THE_STREAM:
        return (_STANDS[event],)
    stands = _STANDS.get(event)
    if stands == ACCOUNT_ENABLED and not enabled:
        stands = ACCOUNT_DISABLED
    found = tuple(one for one in (SESSION_REVOKED if revoked else None, stands) if one in asked_for)
    return () if event is Event.PURGED and ACCOUNT_PURGED not in found else found


def delivered(asked: str | None) -> frozenset[str]:
    """What a stream delivers of what was asked for, as it is kept; None: everything that is supported."""
    return frozenset(SUPPORTED) if asked is None else frozenset(SUPPORTED) & set(asked.split())


def initiating(move: Move) -> str | None:
    """Who ended the sessions (CAEP 1.0, section 2): themselves, an administrator; None where it can be either."""
    if move.verb in _OWN_DOING:
        return "user"
    return "admin" if move.verb in _ADMINISTRATORS else None


def asked_events(given: Iterable[Any]) -> str:
    """The types that a receiver asks for, as they are kept; those that nobody here sends are allowed.

    Raises:
        Refused: BAD_VALUE of ``events_requested``.
    """
    found = list(dict.fromkeys(given_type(one) for one in given))
    if len(found) > MOST_EVENTS:
        raise Refused(Reason.BAD_VALUE, property="events_requested")
    return " ".join(found)


def given_type(one: Any) -> str:
    """One type of an event: an address, or another name without spaces. Raises Refused (BAD_VALUE)."""
    good = isinstance(one, str) and 0 < len(one) <= LONGEST_TYPE and all("!" <= sign <= "~" for sign in one)
    if not good:
        raise Refused(Reason.BAD_VALUE, property="events_requested")
    return str(one)


def authorization(given: str) -> str:
    """What we say in the Authorization header when we push; empty: nothing. Raises Refused (BAD_VALUE)."""
    text = given.strip()
    if len(text) > LONGEST_AUTHORIZATION or not all(" " <= sign <= "~" for sign in text):
        raise Refused(Reason.BAD_VALUE, property="authorization_header")
    return text


def words(given: str | None, what: str) -> str | None:
    """A description, or the reason of a status; None when there is none. Raises Refused (BAD_VALUE)."""
    return texts.text_line(given, limit=LONGEST_TEXT, what=what) if given and given.strip() else None
