"""The message as a mail server takes it: headers, parts, sizes, and the same octets at every try."""

from datetime import datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import msgspec
import pytest

from tests.doors.letters.examples import EXAMPLES, FABRIKAM, GONE, NOW, RECIPIENT, SENDER, SITE, written
from vestibule.doors.letters import kinds
from vestibule.doors.letters.kinds import LetterKind
from vestibule.doors.letters.render import message_id, render
from vestibule.doors.web.letter_reading import read
from vestibule.doors.web.words import NAMES


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("example", EXAMPLES)
def test_round_trip(example, language):
    message = parsed(written(example, language=language))
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert not any(part.defects for part in message.walk())
    assert not any(header.defects for _, header in message.items() if hasattr(header, "defects"))
    assert message["To"] == RECIPIENT
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == "<01932f5c-8c00-7000-8000-00000000002a@vestibule.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == language


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_line_is_short_and_seven_bit(example, language):
    raw = written(example, language=language)
    lines = raw.split(b"\r\n")
    whole = (b"List-Unsubscribe: <", b"Message-ID: <")  # never broken: not every reader puts them together again
    assert max(len(line) for line in lines if not line.startswith(whole)) <= 78
    assert max(map(len, lines)) <= 998
    assert raw.isascii()
    assert not any(b"\r" in line or b"\n" in line for line in lines)


def test_the_same_letter_is_the_same_octets():
    for example in EXAMPLES:
        assert written(example) == written(example)


def test_only_invitations_can_be_unsubscribed_from():
    unsubscribable = {name for name in EXAMPLES if "List-Unsubscribe" in read(written(name)).headers}
    assert unsubscribable == {name for name in EXAMPLES if name.startswith("invitation")}
    assert read(written("invitation")).headers["List-Unsubscribe"] == f"<{SITE}/unsubscribe?key=eyJvIjoiNSJ9.c2ln>"


def test_message_id_is_made_of_letter_and_sender():
    assert message_id("abc", SENDER) == "<abc@vestibule.example>"


def test_long_links_survive():
    link = f"{SITE}/invitations/" + "a=b,c;d." * 60
    kind, facts = EXAMPLES["invitation"]
    long = msgspec.structs.replace(facts, accept_link=link, block_link=link)
    letter = read(written((kind, long)))
    assert letter.links[:2] == (link, link)
    assert letter.headers["List-Unsubscribe"].replace(" ", "") == f"<{link}>"


def test_copies_are_seen_by_all():
    raw = rendered(*EXAMPLES["invitation"], copies=["megan@contoso.example", "alex@contoso.example"])
    assert parsed(raw)["Cc"] == "megan@contoso.example, alex@contoso.example"


def test_without_an_operator_the_service_stands_for_itself():
    text = read(rendered(*EXAMPLES["passcode"])).text
    assert "Sent by Vestibule." in text
    assert "operated" not in text


def test_a_name_in_from_may_be_anything_a_name_is():
    for name in (
        'Fabrikam, Inc. "Berlin"',
        "Fabrikam <x@evil.example>",
        "Åkeri & Söner AB",
        "=?utf-8?q?x?=",
        "社" * 90,
    ):
        facts = kinds.DataRemovedFacts(organization=name, domain="fabrikam.example", removed_at=NOW)
        assert parsed(written((LetterKind.DATA_REMOVED, facts)))["Subject"] == f"Your data in {name} was removed"
        left = msgspec.structs.replace(EXAMPLES["you-left"][1], organization=name)
        sender = message_from_bytes(written((LetterKind.YOU_LEFT, left)))["From"]
        shown, address = parseaddr("".join(sender.splitlines()))
        assert (str(make_header(decode_header(shown))), address) == (f"{name} via Vestibule", SENDER)


def test_an_answer_that_cannot_be_delivered_is_not_offered():
    for address in ("", "nobody", "a b@fabrikam.example", "x@fabrikam.example\r\nBcc: y@evil.example", "ü@x.example"):
        facts = msgspec.structs.replace(EXAMPLES["you-left"][1], privacy_contact=address)
        message = parsed(written((LetterKind.YOU_LEFT, facts)))
        assert (message["Reply-To"], message["Bcc"]) == (None, None)


@pytest.mark.parametrize(
    "address", ["", "adele", "a@b@c", "adele@contoso.example\r\nBcc: x@evil.example", "å@x.example"]
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ValueError, match="mail address"):
        rendered(*EXAMPLES["passcode"], recipient=address)
    with pytest.raises(ValueError, match="mail address"):
        rendered(*EXAMPLES["passcode"], sender_address=address)
    with pytest.raises(ValueError, match="mail address"):
        rendered(*EXAMPLES["passcode"], copies=[address])


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "/invitations/x", "https://x.example/a b", "https://x.example/\r\nX: y", "", "http://"],
)
def test_a_link_that_is_no_web_address_is_refused(link):
    with pytest.raises(ValueError, match="web address"):
        written((LetterKind.INVITATION, msgspec.structs.replace(EXAMPLES["invitation"][1], accept_link=link)))


@pytest.mark.parametrize("statement", ["javascript:alert(1)", "ask us", "https://fabrikam.example/ü"])
def test_a_privacy_statement_that_is_no_web_address_is_text(statement):
    facts = msgspec.structs.replace(EXAMPLES["data-removed"][1], privacy_statement=statement)
    letter = read(written((LetterKind.DATA_REMOVED, facts)))
    assert f"Privacy statement of Fabrikam: {statement}" in letter.text
    assert (letter.links, "href" in letter.html) == ((), False)


@pytest.mark.parametrize("code", ["1234567", "123456789", "1234 5678", "1234567a", "\u0661" * 8])
def test_a_code_has_eight_digits(code):
    with pytest.raises(ValueError, match="eight digits"):
        written((LetterKind.PASSCODE, kinds.PasscodeFacts(code=code, valid_until=NOW)))


def test_facts_of_another_kind_are_refused():
    with pytest.raises(TypeError, match="youLeft"):
        written((LetterKind.YOU_LEFT, EXAMPLES["passcode"][1]))


def test_a_way_back_needs_its_link():
    with pytest.raises(ValueError, match="link"):
        written((LetterKind.YOU_LEFT, msgspec.structs.replace(EXAMPLES["you-left"][1], restore_link=None)))


def test_a_date_without_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        rendered(*EXAMPLES["passcode"], date=datetime(2026, 11, 20))  # noqa: DTZ001 - the point


def test_facts_come_back_from_storage():
    for kind, facts in EXAMPLES.values():
        stored = msgspec.json.decode(msgspec.json.encode(facts))
        assert kinds.read(kind, {**stored, "somethingNew": 1}) == facts


def test_stored_facts_have_camel_case_names_and_times_with_zone():
    stored: dict[str, object] = {
        "organization": "Fabrikam",
        "domain": "fabrikam.example",
        "removedAt": "2026-12-20T19:00:00Z",
    }
    facts = kinds.read(LetterKind.DATA_REMOVED, stored)
    assert facts == kinds.DataRemovedFacts(organization="Fabrikam", domain="fabrikam.example", removed_at=GONE)
    wrongs: tuple[dict[str, object], ...] = ({"removedAt": "2026-12-20T19:00:00"}, {"removedAt": None}, {"domain": 1})
    for wrong in wrongs:
        with pytest.raises(msgspec.ValidationError):
            kinds.read(LetterKind.DATA_REMOVED, stored | wrong)


def test_privacy_information_is_not_needed():
    facts = msgspec.structs.replace(EXAMPLES["you-left"][1], privacy_contact=None, privacy_statement=None)
    text = read(written((LetterKind.YOU_LEFT, facts))).text
    assert "Privacy contact" not in text
    assert "Fabrikam has not provided a privacy statement." in text
    assert FABRIKAM["organization"] in text


def rendered(kind: LetterKind, facts: kinds.AnyFacts, **changed: Any) -> bytes:
    arguments: dict[str, Any] = {
        "language": "en",
        "time_zone": "UTC",
        "service_name": "Vestibule",
        "sender_address": SENDER,
        "recipient": RECIPIENT,
        "message_id": message_id("abc", SENDER),
        "date": NOW,
    }
    return render(kind, facts, **arguments | changed)
