"""Names of tiles and bundles of records, as C2SP tlog-tiles has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.ground import log_files
from vestibule.ground.log_files import BadFile


@pytest.mark.parametrize(("number", "width", "name"), [
    (0, 256, "tile/0/000"), (7, 3, "tile/0/007.p/3"), (1234067, 256, "tile/0/x001/x234/067"),
    (1000, 1, "tile/0/x001/000.p/1"),
])  # fmt: skip
def test_names_are_those_of_the_standard(number: int, width: int, name: str):
    assert log_files.tile_name((0, number), width) == name
    assert log_files.number_in(name) == ("tile/0", number)


@given(st.integers(0, 10**15 - 1), st.integers(1, 256))
def test_a_name_says_its_number(number: int, width: int):
    assert log_files.number_in(log_files.numbered(log_files.ENTRIES, number, width)) == (log_files.ENTRIES, number)


@pytest.mark.parametrize("name", ["checkpoint", "tile/0/1", "tile/0/001.p/0", "tile/0/x01/001", "../001", "keys/0000"])
def test_other_names_are_none(name: str):
    assert log_files.number_in(name) is None


@given(st.lists(st.binary(max_size=300)), st.binary(max_size=3))
def test_records_come_out_of_a_bundle_as_they_went_in(records: list[bytes], more: bytes):
    octets = log_files.bundle(records)
    assert log_files.records_in(octets) == records
    found = log_files.records_in(octets + more)
    assert found[: len(records)] == records
    assert b"".join(log_files.bundle([one]) for one in records) + more == octets + more
    assert len(found) > len(records) or not more


def test_a_record_that_no_bundle_can_hold():
    with pytest.raises(BadFile, match="65536 octets"):
        log_files.bundle([bytes(65_536)])
