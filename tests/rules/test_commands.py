"""Provider commands: from wherever an account is, with whatever an app supports, the steps end where they should."""

from itertools import chain, combinations

import pytest

from vestibule.actions.digests import _SPOKEN
from vestibule.doors.portal.admin.pages.app_connections import KINDS
from vestibule.rules import commands as rules
from vestibule.rules.commands import AFTER, Account, Command
from vestibule.rules.connections import Event, Kind, State, hears

OF_ACCOUNTS = frozenset(AFTER)
TOLD = tuple(event for event in Event if hears(Kind.COMMANDS, event) and event is not Event.COMMANDS_METADATA)

# What draft 02 allows: the states in which an account obeys a command.
OBEYS = {
    Command.ACTIVATE: {Account.UNKNOWN},
    Command.MAINTAIN: {Account.ACTIVE},
    Command.SUSPEND: {Account.ACTIVE},
    Command.REACTIVATE: {Account.SUSPENDED},
    Command.ARCHIVE: {Account.ACTIVE, Account.SUSPENDED},
    Command.RESTORE: {Account.ARCHIVED},
    Command.DELETE: {Account.ACTIVE, Account.SUSPENDED, Account.ARCHIVED},
    Command.INVALIDATE: {Account.ACTIVE},
}
SETS = [frozenset(some) for some in chain.from_iterable(combinations(sorted(OF_ACCOUNTS), n) for n in range(9))]


def walk(event: Event, account: Account, can: frozenset[Command], *, enabled: bool = True) -> tuple[Account, list[str]]:
    """Where an account that was at ``account`` ends, and what the app was sent."""
    aim, left, sent = rules.wanted(event, enabled=enabled), set(can), []
    there = rules.assumed(event, aim, can)
    while command := rules.step(event, aim, there, frozenset(left), revoked=event is Event.SIGNED_OUT):
        left.discard(command)
        sent.append(command.value)
        account = AFTER[command] if account in OBEYS[command] else account
        there = account
    return account, sent


@pytest.mark.parametrize("event", TOLD)
def test_the_steps_always_end_and_send_nothing_that_is_not_supported(event: Event) -> None:
    for can in SETS:
        for account in Account:
            _, sent = walk(event, account, can)
            assert len(sent) == len(set(sent))
            assert set(sent) <= can


@pytest.mark.parametrize("account", Account)
def test_with_everything_supported_an_account_ends_where_it_shall_be(account: Account) -> None:
    def ends(event: Event, *, enabled: bool = True) -> Account:
        return walk(event, account, OF_ACCOUNTS, enabled=enabled)[0]

    assert ends(Event.PURGED) is Account.UNKNOWN
    for event in (Event.ENABLED, Event.RESTORED, Event.ACTIVATED):
        assert ends(event) is Account.ACTIVE
    kept = {Account.UNKNOWN: Account.UNKNOWN}
    for event in (Event.LEFT, Event.REMOVED):
        assert ends(event) is kept.get(account, Account.ARCHIVED)
    assert ends(Event.DISABLED) is not Account.ACTIVE
    assert ends(Event.RESTORED, enabled=False) is not Account.ACTIVE


def test_nobody_goes_who_is_only_disabled_and_nobody_comes_who_goes() -> None:
    for can in SETS:
        for account in Account:
            for event in (Event.DISABLED, Event.LEFT, Event.REMOVED, Event.ENABLED, Event.RESTORED, Event.CHANGED):
                assert Command.DELETE not in walk(event, account, can)[1]
            for event in (Event.DISABLED, Event.LEFT, Event.PURGED):
                assert not {"activate", "reactivate", "restore"} & set(walk(event, account, can)[1])


def test_only_an_account_that_is_gone_is_gone() -> None:
    aim = Account.UNKNOWN
    assert [rules.outcome(Event.PURGED, aim, there) for there in Account] == [
        State.CONFIRMED,
        State.REFUSED,
        State.DISABLED_ONLY,
        State.DISABLED_ONLY,
    ]


def test_what_an_app_lists_is_kept_as_far_as_it_is_known() -> None:
    assert rules.kept_commands(["metadata", "delete", "dance", "archive", "delete"]) == "archive delete"
    assert rules.kept_commands([*("x" for _ in range(rules.LONGEST_LIST)), "delete"]) == ""
    assert rules.supported("archive delete") == frozenset({Command.ARCHIVE, Command.DELETE})
    assert rules.supported(None) is None
    assert rules.kept_claims(["sub", "email", "name"]) == "name email"
    assert rules.kept_claims(None) is None


def test_each_kind_of_connection_has_its_words() -> None:
    assert set(KINDS) == set(_SPOKEN) == set(Kind)
