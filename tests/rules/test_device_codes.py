"""Codes that people type: what they look like, and how forgivingly they are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules import device_codes


@given(st.integers(0, device_codes.CODES - 1))
def test_every_number_is_a_code_of_its_own_that_reads_back(number: int):
    code = device_codes.from_number(number)
    assert device_codes.read(device_codes.shown(code)) == code
    assert sum(device_codes.ALPHABET.index(letter) * 20**place for place, letter in enumerate(code)) == number


def test_no_vowels_no_digits_and_nothing_twice():
    assert len(set(device_codes.ALPHABET)) == 20
    assert not set(device_codes.ALPHABET) & set("AEIOUY0123456789")
    assert device_codes.CODES == 20**8


@pytest.mark.parametrize(
    "typed", ["WDJB-MJHT", "wdjbmjht", " wdjb mjht ", "W D J B M J H T", "WDJB–MJHT", "WDJB\u2011MJHT"]
)
def test_however_it_is_spaced(typed: str):
    assert device_codes.read(typed) == "WDJBMJHT"


@pytest.mark.parametrize(
    "typed", ["", "WDJB-MJH", "WDJB-MJHTT", "WDJB-MJHA", "WDJB-MJH1", "\uff37DJB-MJHT", "W" * 1000, "ẞDJBMJHT"]
)
def test_anything_else_is_none(typed: str):
    assert device_codes.read(typed) is None
