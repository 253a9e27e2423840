"""Whatever people call themselves and write to each other, it stays text: no header, no element, no template."""

from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from soak.sign_in_breakages_invitations import letters_are_templates, letters_not_escaped, names_keep_their_line_breaks
from tests.doors.letters.examples import EXAMPLES, FABRIKAM, NOW, RECIPIENT, SENDER, SITE, written
from tests.doors.letters.test_html import page_of
from tests.support.broken import broken
from vestibule.doors.letters import kinds, neutral
from vestibule.doors.letters.kinds import LetterKind
from vestibule.doors.web.letter_reading import is_web_address, read

INERT = [
    "{{7*7}}",
    "${7*7}",
    "<%= 7*7 %>",
    "{org}",
    "{inviter}",
    "%(org)s",
    "{0}",
    "{% raw %}",
    "#{7*7}",
    "<b>x</b>",
    "&amp;",
]

hostile = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                *("\r\n", "\n", "\r", "\x00", "\x85", "\u2028", "\u202e", "\u2066", "\u200f", "\ud800", "\t", " "),
                *(
                    "Bcc: x@evil.example",
                    "Subject: y",
                    "=?utf-8?q?x?=",
                    '"',
                    "\\",
                    "<",
                    ">",
                    "&",
                    "'",
                    ",",
                    ";",
                    "@",
                    "(",
                ),
                *("<script>", "</td>", "<!--", "{{7*7}}", "https://evil.example/", "1234 5678", "א", "é", "社", "😀"),
            ]
        ),
        max_size=12,
    ).map("".join),
)

HEADERS = [name.lower() for name in read(written("invitation")).headers]
BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def invitation(name: str, message: str) -> bytes:
    facts = kinds.InvitationFacts(
        **FABRIKAM | {"organization": name},
        inviter=kinds.Mailbox(name=name, address="ana@fabrikam.example"),
        message=message,
        accept_link=f"{SITE}/invitations/x",
        block_link=f"{SITE}/unsubscribe",
        valid_until=NOW,
    )
    return written((LetterKind.INVITATION, facts))


@given(name=hostile, message=hostile)
@example(name="Ana\r\nBcc: x@evil.example", message="hello\r\n\r\n--=_\r\nContent-Type: text/html")
@example(name="=?utf-8?q?a=0d=0aBcc:_x@evil.example?=", message="</blockquote><script>")
@example(name='a" <x@evil.example>, "b', message=".\r\nQUIT\r\n")
@broken(names_keep_their_line_breaks, letters_not_escaped)
def test_a_name_adds_no_header_and_no_element(name, message):
    raw = invitation(name, message)
    letter = message_from_bytes(raw, policy=policy.default)
    assert isinstance(letter, EmailMessage)
    assert [header.lower() for header in letter] == HEADERS
    assert [part.get_content_type() for part in letter.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    for field, address in (("From", SENDER), ("Reply-To", "ana@fabrikam.example"), ("To", RECIPIENT)):
        assert [one.addr_spec for one in letter[field].addresses] == [address]
    lines = len(neutral.message(message))
    quote = Counter(p=1, blockquote=1, br=lines - 1) if lines else Counter()
    assert elements(raw) - elements(invitation("Ana", "")) == quote
    assert not elements(invitation("Ana", "")) - elements(raw)


def elements(raw: bytes) -> Counter[str]:
    """How many of each element, without those that keep a right-to-left name apart."""
    return Counter(tag for tag, _ in page_of(read(raw).html).elements if tag != "bdi")


@given(name=hostile, message=hostile)
def test_links_and_code_stay_ours(name, message):
    letter = read(invitation(name, message))
    assert letter.links == (f"{SITE}/invitations/x", f"{SITE}/unsubscribe", "https://fabrikam.example/privacy")
    assert letter.code is None


@given(name=hostile)
def test_a_name_is_one_line_without_hidden_controls(name):
    shown = neutral.name(name)
    assert len(shown.splitlines()) <= 1
    assert not set(shown) & {*BIDI_CONTROLS, "\x00", "\r", "\n", "\t"}
    assert neutral.name(shown) == shown
    shown.encode()


@given(message=hostile)
def test_a_message_keeps_its_lines(message):
    lines = neutral.message(message)
    assert all(len(line.splitlines()) <= 1 and not set(line) & set(BIDI_CONTROLS) for line in lines)


@pytest.mark.parametrize("inert", INERT)
@broken(letters_are_templates, case="{{7*7}}")
def test_template_syntax_is_shown_literally(inert):
    letter = read(invitation(inert, inert))
    assert letter.subject == f"{inert} invited you to {inert}"
    assert f"> {inert}" in letter.text.splitlines()
    assert page_of(letter.html).words.count(inert) >= 5
    assert "49" not in letter.text


@pytest.mark.parametrize(
    "name", ["Ana\u202eavliS", "\u2066Ana\u2069 Silva", "Ana\r\nSilva", "Ana\x00 Silva", "Ana\u2028Silva"]
)
def test_controls_are_gone_from_all_parts(name):
    raw = invitation(name, name)
    letter = read(raw)
    for part in (letter.subject, letter.sender, letter.text, letter.html):
        assert not set(part) & {*BIDI_CONTROLS, "\x00", "\u2028"}
    assert letter.subject.startswith("Ana")


def test_joiners_stay_in_words_that_need_them():
    persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert neutral.name(persian) == persian
    assert neutral.name("👩\u200d🚀") == "👩\u200d🚀"
    assert neutral.name("\u200d\u200c") == ""


def test_a_right_to_left_name_is_kept_apart_in_html():
    assert "<bdi>ארגון</bdi> " in read(invitation("ארגון", "")).html
    assert "<bdi>" not in read(invitation("Fabrikam", "")).html


def test_line_breaks_of_a_message_are_kept():
    letter = read(invitation("Ana", "one\r\ntwo\rthree\n\nfour"))
    assert "> one\n> two\n> three\n>\n> four\n" in letter.text
    assert "one<br>\ntwo<br>\nthree<br>\n<br>\nfour" in letter.html


def test_a_message_that_says_nothing_is_not_announced():
    assert "Message from" not in read(invitation("Ana", " \r\n\u202e \n")).text


@given(reason=hostile, name=hostile)
def test_the_digest_shows_reasons_as_text(reason, name):
    kind, facts = EXAMPLES["guest-digest"]
    departure = kinds.Departure(name=name, left_at=NOW, reason=reason)
    letter = read(written((kind, msgspec.structs.replace(facts, left=(departure,)))))
    assert letter.links == read(written("guest-digest")).links
    assert page_of(letter.html).with_tag("script") == []


@given(value=hostile)
@example(value="x\r\nhttps://evil.example/")
@example(value="x\n1234 5678\n")
def test_what_an_organization_says_of_itself_is_text(value):
    kind, facts = EXAMPLES["you-left"]
    facts = msgspec.structs.replace(facts, domain=value, privacy_contact=value, privacy_statement=value)
    letter = read(written((kind, facts)))
    ours = read(written("you-left")).links[:2]
    assert letter.links == ((*ours, value) if is_web_address(value) else ours)
    assert letter.code is None
    assert set(letter.headers) - {"Reply-To"} == set(read(written("you-left")).headers) - {"Reply-To"}
    assert not set(letter.text) & {*BIDI_CONTROLS, "\x00"}
