"""Passwords are long, and otherwise free."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules.passwords import LEAST, MOST, Weakness, prepared, weakness

NAMES = ("adele@contoso.example", "Adele Vance", "Contoso", "contoso.example", "Al")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "fifteen letters",
        "Ünïcödé ïs wélcömé",
        "x" * 7 + "y" * 8,
        "a1B2c3D4e5F6g7H" * 60,
        "contoso is where adele works",
        "密码很长很长很长很长很长很长很",
    ],
)
def test_long_ones_pass_whatever_they_are_made_of(password: str):
    assert weakness(password, names=NAMES) is None


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("", Weakness.TOO_SHORT),
        ("a" * 14, Weakness.TOO_SHORT),
        ("Tr0ub4dor&3", Weakness.TOO_SHORT),
        ("a" * 1025, Weakness.TOO_LONG),
        ("correct horse\nbattery", Weakness.CONTROL_CHARACTER),
        ("correct horse \ud800 battery", Weakness.CONTROL_CHARACTER),
        ("aaaaaaaaaaaaaaa", Weakness.REPEATS_ITSELF),
        ("abcabcabcabcabcabc", Weakness.REPEATS_ITSELF),
        ("Adele@Contoso.example", Weakness.IS_A_NAME),
        ("contosocontoso2026", Weakness.IS_A_NAME),
        ("***contoso.example***", Weakness.IS_A_NAME),
    ],
)
def test_what_is_wrong_is_named(password: str, wrong: Weakness):
    assert weakness(password, names=NAMES) is wrong


def test_with_a_second_factor_eight_are_enough():
    assert weakness("hK3-pq9z", second_factor=True) is None
    assert weakness("hK3-pq9", second_factor=True) is Weakness.TOO_SHORT


def test_characters_are_counted_as_people_type_them():
    combining = "e\u0301" * LEAST
    assert len(combining) == 2 * LEAST
    assert prepared(combining) == "é" * LEAST
    assert weakness("e\u0301" * 7 + "abcdefg") is Weakness.TOO_SHORT


def test_the_longest_is_taken_whole():
    longest = "".join(chr(ord("a") + i % 26) for i in range(MOST))
    assert weakness(longest) is None
    assert prepared(longest) == longest


@given(st.text(max_size=60))
def test_preparing_twice_changes_nothing_more(password: str):
    assert prepared(prepared(password)) == prepared(password)
