"""Invitations: good until a date that is written down, and not too many mails."""

from datetime import UTC, datetime, timedelta

import pytest

from vestibule.rules.invitations import DAYS_GOOD, MAILS_A_DAY, check_days_good, expires_at, is_good, next_mail_at
from vestibule.rules.refusals import Reason, Refused

NOW = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def test_an_invitation_is_good_for_thirty_days_to_the_microsecond():
    until = expires_at(NOW)
    assert DAYS_GOOD == 30
    assert until - NOW == timedelta(seconds=30 * 86_400)
    assert is_good(until, until - TICK)
    assert not is_good(until, until)


def test_an_organization_may_set_another_number_of_days():
    assert expires_at(NOW, check_days_good(7)) == NOW + timedelta(days=7)
    assert [check_days_good(days) for days in (1, 365)] == [1, 365]


@pytest.mark.parametrize("value", [-1, 0, 366, 10**9, 2**63, 30.5, "30", float("nan"), None, True, "١٤", [30]])
def test_anything_else_is_refused(value: object):
    with pytest.raises(Refused) as refused:
        check_days_good(value)
    assert refused.value.reason is Reason.BAD_VALUE
    assert refused.value.facts["property"] == "invitationDays"


def test_the_twenty_first_mail_of_a_day_to_an_address_waits():
    sent = [NOW - timedelta(hours=1)] * (MAILS_A_DAY - 1)
    assert MAILS_A_DAY == 20
    assert next_mail_at(sent, NOW) is None
    assert next_mail_at([*sent, NOW], NOW) == NOW + timedelta(hours=23)
    assert next_mail_at([*sent, NOW], NOW + timedelta(hours=23)) is None
