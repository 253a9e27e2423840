"""Security identifiers and the ids that they stand for."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules.sids import object_of, sid_of


def test_the_numbers_are_those_that_windows_makes_of_the_id():
    # The octets of the first group are turned round, those of the last two stay: 2f7e… is 0x2f7e… as a number.
    assert sid_of("00000001-0002-0003-0400-000000000005") == "S-1-12-1-1-196610-4-83886080"


@given(st.uuids())
def test_there_and_back(object_id: UUID):
    assert object_of(sid_of(str(object_id))) == str(object_id)


@pytest.mark.parametrize("text", ["", "S-1-5-21-1-2-3-4", "S-1-12-1-1-2-3", "S-1-12-1-1-2-3-4294967296", "x"])
def test_others_are_none_of_ours(text: str):
    assert object_of(text) is None
