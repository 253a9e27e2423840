"""Which language a letter is written in."""

import pytest

from vestibule.doors.letters.language import choose


@pytest.mark.parametrize(
    ("wishes", "chosen"),
    [
        ([], "en"),
        ([None, None], "en"),
        (["nl", "sv"], "nl"),
        ([None, "sv", "nl"], "sv"),
        (["sv-FI"], "sv"),
        (["nl-BE", "en"], "nl"),
        (["NL_be"], "nl"),
        (["en-US", "nl"], "en"),
        (["de", "fr-CA", "sv"], "sv"),
        (["tlh-Latn", ""], "en"),
        (["sv-x-private", "nl"], "sv"),
        (["not a tag", "*", "-", "nl"], "nl"),
        (["nld"], "en"),
    ],
)
def test_first_shipped_wish_wins(wishes, chosen):
    assert choose(wishes) == chosen
