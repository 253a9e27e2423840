"""OpenID Provider Commands: where an app shall have an account, and by which command it gets there.

Draft 02 of OpenID Provider Commands 1.0, which is experimental. An app says which commands it supports, and answers
each with the state that the account is in. So nothing has to be remembered about an account: a command that does not
fit is answered with the state that there is, and the next command is chosen from that. Told twice, nothing happens
twice.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from vestibule.rules.connections import ENDS, Event, State

DRAFT: Final = "02"
LONGEST_LIST: Final = 200
"""Names of commands or claims that an app may list; the rest is not read."""


class Command(StrEnum):
    """What an app is told to do. The first eight are about an account, the last about the organization."""

    ACTIVATE = "activate"
    MAINTAIN = "maintain"
    SUSPEND = "suspend"
    REACTIVATE = "reactivate"
    ARCHIVE = "archive"
    RESTORE = "restore"
    DELETE = "delete"
    INVALIDATE = "invalidate"
    METADATA = "metadata"


class Account(StrEnum):
    """The state of an account at an app."""

    UNKNOWN = "unknown"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ARCHIVED = "archived"


AFTER: Final[Mapping[Command, Account]] = {
    Command.ACTIVATE: Account.ACTIVE,
    Command.MAINTAIN: Account.ACTIVE,
    Command.SUSPEND: Account.SUSPENDED,
    Command.REACTIVATE: Account.ACTIVE,
    Command.ARCHIVE: Account.ARCHIVED,
    Command.RESTORE: Account.ACTIVE,
    Command.DELETE: Account.UNKNOWN,
    Command.INVALIDATE: Account.ACTIVE,
}
"""Where an account is when a command is done."""

WITH_CLAIMS: Final = frozenset({Command.ACTIVATE, Command.MAINTAIN})
CLAIMS: Final = ("name", "given_name", "family_name", "preferred_username", "email")
"""What may be told of a person with them."""

_OFF: Final = ENDS | {Event.DISABLED}
_COMES: Final = frozenset({Event.ACTIVATED, Event.ENABLED, Event.RESTORED})
BESIDE: Final = frozenset({Event.SIGNED_OUT, Event.CHANGED})
"""With these an account stays where it is; they are told beside whatever the app was not told yet."""

# By where it shall be and where it is: what leads there, the fitting command first, then what comes nearest.
_STEPS: Final[Mapping[tuple[Account, Account], tuple[Command, ...]]] = {
    (Account.ACTIVE, Account.UNKNOWN): (Command.ACTIVATE,),
    (Account.ACTIVE, Account.SUSPENDED): (Command.REACTIVATE,),
    (Account.ACTIVE, Account.ARCHIVED): (Command.RESTORE,),
    (Account.SUSPENDED, Account.ACTIVE): (Command.SUSPEND, Command.ARCHIVE, Command.INVALIDATE),
    (Account.ARCHIVED, Account.ACTIVE): (Command.ARCHIVE, Command.SUSPEND, Command.INVALIDATE),
    (Account.ARCHIVED, Account.SUSPENDED): (Command.ARCHIVE,),
    (Account.UNKNOWN, Account.ACTIVE): (Command.DELETE, Command.ARCHIVE, Command.SUSPEND, Command.INVALIDATE),
    (Account.UNKNOWN, Account.SUSPENDED): (Command.DELETE, Command.ARCHIVE),
    (Account.UNKNOWN, Account.ARCHIVED): (Command.DELETE,),
}


_BACK: Final = frozenset({Command.ACTIVATE, Command.REACTIVATE, Command.RESTORE})
_NEEDS: Final[Mapping[Event, frozenset[Command]]] = {
    Event.SIGNED_OUT: frozenset({Command.INVALIDATE}),
    Event.CHANGED: frozenset({Command.MAINTAIN}),
    Event.ACTIVATED: _BACK,
    Event.ENABLED: _BACK | {Command.SUSPEND, Command.ARCHIVE},
    Event.RESTORED: _BACK | {Command.SUSPEND, Command.ARCHIVE},
}


def wanted(event: Event, *, enabled: bool) -> Account:
    """Where an account shall be after an event. ``enabled``: it is not disabled here; somebody restored may be."""
    if event in BESIDE:
        return Account.ACTIVE
    if event is Event.PURGED:
        return Account.UNKNOWN
    if event in ENDS:
        return Account.ARCHIVED
    return Account.ACTIVE if enabled and event not in _OFF else Account.SUSPENDED


def assumed(event: Event, aim: Account, can: frozenset[Command]) -> Account:
    """Where an account is taken to be before anything was answered, so that the fitting command goes first."""
    if aim is not Account.ACTIVE or event not in _COMES:
        return Account.ACTIVE
    suspended = (Command.REACTIVATE, Account.SUSPENDED)
    archived = (Command.RESTORE, Account.ARCHIVED)
    first = {
        Event.ACTIVATED: ((Command.ACTIVATE, Account.UNKNOWN),),
        Event.ENABLED: (suspended, archived),
        Event.RESTORED: (archived, suspended),
    }[event]
    return next((account for command, account in first if command in can), Account.ACTIVE)


def step(event: Event, aim: Account, there: Account, can: frozenset[Command], *, revoked: bool) -> Command | None:
    """The next command; None when there is none left.

    Args:
        event: what happened. aim: where the account shall be. there: where it is.
        can: the commands that the app supports and that were not sent for this yet.
        revoked: sessions ended that the app was not told of.
    """
    if aim is Account.ACTIVE and there is Account.ACTIVE:
        beside = [Command.MAINTAIN] if event is not Event.SIGNED_OUT else []
        beside += [Command.INVALIDATE] if revoked else []
        return next((one for one in beside if one in can), None)
    if event in BESIDE:
        return None
    return next((one for one in _STEPS.get((aim, there), ()) if one in can), None)


def outcome(event: Event, aim: Account, there: Account) -> State:
    """What it comes to that an account ended up there.

    An account that the app does not know need not be disabled or deleted, and one that is not active has no sessions.
    """
    if there is aim or there is Account.UNKNOWN or event is Event.SIGNED_OUT:
        return State.CONFIRMED
    if there is Account.ACTIVE or aim is Account.ACTIVE:
        return State.REFUSED
    return State.DISABLED_ONLY if aim is Account.UNKNOWN else State.CONFIRMED


def is_worth_telling(event: Event, supported: frozenset[Command] | None) -> bool:
    """Whether an app can do anything with an event. What it supports is None before it said so.

    That somebody is disabled or goes is told in any case: what an app cannot do of it has to be seen.
    """
    needs = _NEEDS.get(event)
    return needs is None or supported is None or bool(needs & supported)


def supported(kept: str | None) -> frozenset[Command] | None:
    """The commands of an app, as they are kept; None when it did not say yet."""
    return None if kept is None else frozenset(Command(one) for one in kept.split() if one in set(Command))


def kept_commands(given: list[str]) -> str:
    """What an app says that it supports, as it is kept: of what we may send, in our order."""
    return " ".join(one for one in Command if one in given[:LONGEST_LIST] and one is not Command.METADATA)


def kept_claims(given: list[str] | None) -> str | None:
    """The claims that an app wants, of those that we have, as they are kept; None when it did not say."""
    return None if given is None else " ".join(one for one in CLAIMS if one in given[:LONGEST_LIST])
