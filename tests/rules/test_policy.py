"""What organizations decide, and when they may."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules.domains import Domain
from vestibule.rules.policy import (
    ASK_AGAIN_AFTER,
    ERASURE_ON_LEAVE,
    GUEST_ACCESS,
    GUESTS_MAY_LEAVE,
    INVITES_FROM,
    DomainMode,
    DomainRestriction,
    ErasureOnLeave,
    GuestAccess,
    InvitesFrom,
    PrivacyInformation,
    answer_due,
    ask_again_at,
    erases_at_once,
    why_not_change_leave_setting,
    why_not_change_privacy,
    why_not_invite_from,
)
from vestibule.rules.refusals import Reason

NOW = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
CONTACT, STATEMENT = "privacy@woodgrove.example", "https://woodgrove.example/privacy"

VALUES = st.sampled_from([None, "", "  ", CONTACT, STATEMENT])
PRIVACY = st.builds(PrivacyInformation, contact=VALUES, statement=VALUES)


def test_what_holds_until_somebody_says_otherwise():
    assert GUESTS_MAY_LEAVE is True
    assert INVITES_FROM is InvitesFrom.EVERYONE
    assert GUEST_ACCESS is GuestAccess.LIMITED
    assert ERASURE_ON_LEAVE is ErasureOnLeave.AFTER_REVIEW


# --- The leave setting ----------------------------------------------------------------------------------------------

MISSING = Reason.PRIVACY_INFORMATION_MISSING
NEEDED = Reason.PRIVACY_INFORMATION_NEEDED


@pytest.mark.parametrize(
    ("contact", "statement", "change", "reason"),
    [
        (CONTACT, STATEMENT, (True, False), None),
        (CONTACT, STATEMENT, (False, True), None),
        (None, STATEMENT, (True, False), MISSING),
        (None, STATEMENT, (False, True), MISSING),
        (CONTACT, None, (True, False), MISSING),
        (CONTACT, None, (False, True), MISSING),
        (None, None, (True, False), MISSING),
        (None, None, (False, True), MISSING),
        ("", STATEMENT, (True, False), MISSING),
        (CONTACT, "   ", (True, False), MISSING),
        (None, None, (True, True), None),
        (None, None, (False, False), None),
    ],
)
def test_the_leave_setting_changes_only_with_both_halves_present(contact, statement, change, reason):
    before, after = change
    privacy = PrivacyInformation(contact, statement)
    assert why_not_change_leave_setting(privacy, before=before, after=after) is reason


@pytest.mark.parametrize(
    ("before", "after", "may_leave", "reason"),
    [
        ((CONTACT, STATEMENT), (None, STATEMENT), False, NEEDED),
        ((CONTACT, STATEMENT), (CONTACT, None), False, NEEDED),
        ((CONTACT, STATEMENT), (None, None), False, NEEDED),
        ((CONTACT, STATEMENT), ("", STATEMENT), False, NEEDED),
        ((CONTACT, STATEMENT), ("  ", STATEMENT), False, NEEDED),
        ((CONTACT, STATEMENT), (None, None), True, None),
        ((CONTACT, STATEMENT), ("other@woodgrove.example", STATEMENT), False, None),
        ((CONTACT, STATEMENT), (CONTACT, STATEMENT), False, None),
        ((None, None), (CONTACT, None), False, None),
        ((None, STATEMENT), (None, STATEMENT), False, None),
        ((None, STATEMENT), (CONTACT, None), False, NEEDED),
    ],
)
def test_neither_half_is_cleared_while_guests_may_not_leave(before, after, may_leave, reason):
    answer = why_not_change_privacy(PrivacyInformation(*before), PrivacyInformation(*after), guests_may_leave=may_leave)
    assert answer is reason


@given(st.lists(PRIVACY | st.booleans(), max_size=30))
def test_whatever_is_tried_guests_who_may_not_leave_have_somebody_to_ask(tries: list[PrivacyInformation | bool]):
    privacy, may_leave = PrivacyInformation(None, None), GUESTS_MAY_LEAVE
    for wanted in tries:
        if isinstance(wanted, bool):
            if why_not_change_leave_setting(privacy, before=may_leave, after=wanted) is None:
                may_leave = wanted
        elif why_not_change_privacy(privacy, wanted, guests_may_leave=may_leave) is None:
            privacy = wanted
        assert may_leave or ((privacy.contact or "").strip() and (privacy.statement or "").strip())


# --- Asking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "asked"), list(product(ErasureOnLeave, [True, False])))
def test_the_thirty_days_are_skipped_only_when_asked_for_and_settled(setting: ErasureOnLeave, asked: bool):
    assert erases_at_once(setting, asked=asked) == (asked and setting == "atOnce")


def test_a_request_is_answered_within_a_month():
    assert answer_due(NOW) == datetime(2026, 12, 20, 19, 0, tzinfo=UTC)


def test_a_person_asks_again_after_seven_days():
    assert timedelta(days=7) == ASK_AGAIN_AFTER
    assert ask_again_at(None, NOW) is None
    assert ask_again_at(NOW, NOW) == NOW + ASK_AGAIN_AFTER
    assert ask_again_at(NOW, NOW + ASK_AGAIN_AFTER - TICK) == NOW + ASK_AGAIN_AFTER
    assert ask_again_at(NOW, NOW + ASK_AGAIN_AFTER) is None


# --- Values that Graph fixes ----------------------------------------------------------------------------------------


def test_the_words_and_ids_are_graphs():
    assert [value.value for value in InvitesFrom] == [
        "none",
        "adminsAndGuestInviters",
        "adminsGuestInvitersAndAllMembers",
        "everyone",
    ]
    assert {access.name: access.value for access in GuestAccess} == {
        "AS_MEMBER": "a0b1b346-4d3e-4e8b-98f8-753987be4970",
        "LIMITED": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        "RESTRICTED": "2af84b1e-32c8-42b7-82bc-daa82404023b",
    }


# --- Domains that guests may come from ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "name", "reason"),
    [
        (DomainMode.ANY, "evil.test", None),
        (DomainMode.BLOCKED, "evil.test", Reason.DOMAIN_NOT_ALLOWED),
        (DomainMode.BLOCKED, "good.test", None),
        (DomainMode.BLOCKED, "sub.evil.test", None),
        (DomainMode.ALLOWED, "evil.test", None),
        (DomainMode.ALLOWED, "good.test", Reason.DOMAIN_NOT_ALLOWED),
        (DomainMode.ALLOWED, "sub.evil.test", Reason.DOMAIN_NOT_ALLOWED),
        (DomainMode.ALLOWED, "evil.test.good.test", Reason.DOMAIN_NOT_ALLOWED),
    ],
)
def test_a_listed_domain_stands_for_itself(mode: DomainMode, name: str, reason: Reason | None):
    listed = DomainRestriction(mode, frozenset({Domain("evil.test")}))
    assert why_not_invite_from(listed, Domain(name)) is reason


def test_without_a_list_guests_come_from_anywhere():
    assert why_not_invite_from(DomainRestriction(), Domain("evil.test")) is None
