import pytest

from vestibule.doors.web.form_tokens import FormTokens, same_origin

KEY = bytes(range(32))
OURS = {"https://id.example", "http://localhost:8080"}


def test_a_token_fits_what_it_was_made_for_and_nothing_else():
    tokens = FormTokens(KEY)
    token = tokens.make("session-1", "3")
    assert tokens.fits(token, "session-1", "3")
    assert not tokens.fits(token, "session-2", "3")
    assert not tokens.fits(token, "session-1", "4")
    assert not tokens.fits(token, "session-1")
    assert not FormTokens(bytes(32)).fits(token, "session-1", "3")


def test_parts_cannot_be_shifted_into_each_other():
    tokens = FormTokens(KEY)
    assert tokens.make("ab", "c") != tokens.make("a", "bc")
    assert tokens.make("1:a") != tokens.make("", "a")


@pytest.mark.parametrize("token", ["", None, b"x", "x" * 65, "é", "x" * 43])
def test_anything_else_does_not_fit(token):
    assert not FormTokens(KEY).fits(token, "session-1")


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="32 octets"):
        FormTokens(b"short")


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"origin": "https://id.example"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "https://id.example", "sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({}, True),
    ],
)
def test_where_a_form_comes_from(headers, ours):
    assert same_origin(headers, OURS) is ours
