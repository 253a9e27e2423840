"""Texts for others to read are kept as they are or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.texts import has_hidden, text_line, text_lines

HIDDEN = {
    "line feed": "\n",
    "carriage return": "\r",
    "tab": "\t",
    "null": "\0",
    "escape": "\x1b",
    "delete": "\x7f",
    "next line": "\u0085",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "right-to-left override": "\u202e",
    "left-to-right embedding": "\u202a",
    "first strong isolate": "\u2068",
    "pop isolate": "\u2069",
    "right-to-left mark": "\u200f",
    "Arabic letter mark": "\u061c",
    "zero width space": "\u200b",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "tag": "\U000e0041",
    "lone surrogate": "\ud800",
    "no character": "\ufffe",
    "no character either": "\ufdd0",
}


@pytest.mark.parametrize(
    "text",
    [
        "Adele Vance",
        "Åsa Öberg",
        "O'Brien-Łukasiewicz, Jr.",
        "李明",
        "محمد",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0645",
        "👩\u200d💻 team",
        "=1+1",
        "{{7*7}} <b>x</b>",
        " leading and trailing ",
        "\u0378 a letter of a later Unicode",
    ],
)
def test_names_of_all_kinds_stay_as_they_are(text: str):
    assert text_line(text, limit=256, what="displayName") == text
    assert not has_hidden(text)


@pytest.mark.parametrize("sign", HIDDEN.values(), ids=HIDDEN)
def test_what_is_not_seen_or_turns_the_line_is_refused(sign: str):
    with pytest.raises(Refused) as refused:
        text_line(f"Ad{sign}ele", limit=256, what="displayName")
    assert refused.value.reason is Reason.BAD_VALUE
    assert dict(refused.value.facts) == {"property": "displayName", "why": "hiddenCharacter"}
    assert has_hidden(f"Ad{sign}ele")


@pytest.mark.parametrize("text", ["", " ", "\u00a0\u3000", "\u200d", " \u200c "])
def test_a_name_that_shows_nothing_is_refused(text: str):
    with pytest.raises(Refused) as refused:
        text_line(text, limit=256, what="displayName")
    assert refused.value.facts["why"] == "blank"


def test_nothing_is_cut():
    assert text_line("å" * 256, limit=256, what="displayName") == "å" * 256
    with pytest.raises(Refused) as refused:
        text_line("å" * 257, limit=256, what="displayName")
    assert dict(refused.value.facts) == {"property": "displayName", "why": "tooLong", "most": 256}


def test_messages_may_have_lines():
    assert text_lines("Hello,\r\n\tsee you.\n", limit=500, what="message") == "Hello,\r\n\tsee you.\n"
    for sign in set(HIDDEN.values()) - {"\n", "\r", "\t"}:
        with pytest.raises(Refused):
            text_lines(f"Hello{sign}", limit=500, what="message")


@given(st.text(max_size=50))
def test_a_text_is_kept_exactly_or_refused(text: str):
    try:
        kept = text_line(text, limit=40, what="x")
    except Refused:
        assert not text.strip() or len(text) > 40 or has_hidden(text) or "\u200d" in text or "\u200c" in text
    else:
        assert kept == text
        assert not has_hidden(text)
