"""Which key signs when: from the times alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules import signing_keys as rules
from vestibule.rules.signing_keys import PERIOD, PUBLISHED_BEFORE, KeyState

START = datetime(2026, 3, 2, tzinfo=UTC)
MOMENTS = st.integers(0, 400 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
KEYS = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), MOMENTS, min_size=1, max_size=6)


@given(KEYS, MOMENTS)
def test_exactly_one_signs_and_nothing_it_signed_ends_before_its_key(keys: dict[str, datetime], now: datetime):
    signing = rules.signing(keys, now)
    assert signing is not None
    states = {kid: rules.state(keys, kid, now) for kid in keys}
    if min(keys.values()) <= now:
        assert [kid for kid, state in states.items() if state is KeyState.SIGNING] == [signing]
    for kid, state in states.items():
        if state is KeyState.ENDED:
            lately = [now - timedelta(minutes=minutes) for minutes in range(71)]
            assert kid not in {rules.signing(keys, moment) for moment in lately if moment >= min(keys.values())}
    assert set(rules.may_go(keys, now)) <= {kid for kid, state in states.items() if state is KeyState.ENDED}


@given(KEYS, MOMENTS)
def test_the_next_key_is_always_known_for_two_days_before_it_signs(keys: dict[str, datetime], now: datetime):
    since = rules.next_due(keys, now)
    if since is not None:
        assert since >= now + PUBLISHED_BEFORE
        assert since >= max(keys.values()) + PERIOD
        assert rules.next_due({**keys, "zz": since}, now) is None, "once it is made there is nothing to do"


def test_no_key_is_made_ahead_where_there_is_none():
    assert rules.next_due({}, START) is None
    assert rules.signing({}, START) is None
