"""References: what is printed is read back, however it is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.ground.chance import REFERENCE_ALPHABET, SeededChance
from vestibule.rules.references import ALPHABET, is_reference, read_reference

REFERENCES = st.text(ALPHABET, min_size=8, max_size=8).map(lambda text: f"VL-{text[:4]}-{text[4:]}")


def test_the_alphabet_is_the_one_that_references_are_drawn_from():
    assert ALPHABET == REFERENCE_ALPHABET
    chance = SeededChance(1)
    assert all(is_reference(chance.reference()) for _ in range(200))


@given(REFERENCES, st.sampled_from(["-", " ", "", "- "]))
def test_spacing_and_case_do_not_matter(reference: str, between: str):
    typed = reference.lower().replace("-", between)
    assert read_reference(typed) == reference
    assert read_reference(f"  {typed} ") == reference


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "VL-7KQM",
        "VL-7KQM-3XTWA",
        "VX-7KQM-3XTW",
        "VL-7KQM-3XT0",
        "VL-7KQM-3XTO",
        "VL-7KQM-3XTI",
        "VL-7KQM-3XT\uff17",
        "VL-7KQM-3XTW" + " " * 40,
    ],
)
def test_anything_else_is_none(typed: str):
    assert read_reference(typed) is None
    assert not is_reference(typed)


@given(st.text(max_size=40))
def test_reading_gives_a_reference_or_nothing(typed: str):
    found = read_reference(typed)
    assert found is None or is_reference(found)
