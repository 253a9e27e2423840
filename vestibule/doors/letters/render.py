"""A letter, complete: the message a mail server takes.

The same arguments give the same octets, so a second try after a crash sends the same message and the reader's program
can tell that it has it already.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from email.charset import QP, Charset
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime
from typing import Final

from vestibule.doors.letters import headers, hypertext, plain
from vestibule.doors.letters.compose import compose
from vestibule.doors.letters.draft import Block, Draft, Link, Paragraph, Voice
from vestibule.doors.letters.kinds import FACTS, AnyFacts, LetterKind, Mailbox
from vestibule.doors.letters.pieces import named
from vestibule.doors.letters.wording import Wording, aware
from vestibule.doors.web.accent import ORDINARY, Accent
from vestibule.doors.web.letter_reading import is_web_address

_WIRE: Final = compat32.clone(linesep="\r\n", max_line_length=None)
"""Headers come folded already; an id or a link alone on its line is left whole, since not every reader unfolds it."""


def message_id(letter_id: str, sender_address: str) -> str:
    """Return the ``Message-ID`` of a letter: the same at every try (RFC 5322, section 3.6.4)."""
    return f"<{letter_id}@{headers.address(sender_address).rpartition('@')[2]}>"


def render(
    kind: LetterKind,
    facts: AnyFacts,
    *,
    language: str,
    time_zone: str,
    service_name: str,
    sender_address: str,
    recipient: str,
    message_id: str,
    date: datetime,
    operated_by: str = "",
    copies: Sequence[str] = (),
    accent: Accent = ORDINARY,
) -> bytes:
    """Return a letter as an RFC 5322 message with CRLF line ends, 7-bit throughout.

    Args:
        kind: what to write.
        facts: its facts, of the type that ``FACTS`` names for the kind.
        language: a shipped language tag (see ``language.choose``).
        time_zone: IANA name of the zone that dates are shown in; UTC when it is unknown.
        service_name: what the operator calls this service.
        sender_address: the mail address all letters come from.
        recipient: the reader's mail address.
        message_id: see ``message_id``.
        date: when the letter was written (an aware datetime).
        operated_by: who runs the service; empty when that is not named.
        copies: mail addresses that get a copy; the reader sees them.
        accent: the colour of button and links.

    Raises:
        TypeError: the facts are of another kind.
        ValueError: the language is not shipped, an address or a link cannot stand in a letter, a time has no zone, or
            the facts contradict each other.
    """
    if type(facts) is not FACTS[kind]:
        msg = f"{kind.value} is not written from {type(facts).__name__}"
        raise TypeError(msg)
    wording = Wording(language, time_zone)
    draft = compose(facts, wording, recipient=headers.address(recipient), service_name=service_name)
    foot = _foot(draft, wording, service_name, operated_by)
    letter = _alternatives(draft, foot, wording, message_id, accent)
    letter["Date"] = format_datetime(aware(date).astimezone(UTC))
    letter["From"] = headers.mailbox(_sender(draft, wording, service_name, sender_address), field="From")
    letter["To"] = recipient
    if copies:
        letter["Cc"] = ", ".join(headers.address(copy) for copy in copies)
    if draft.reply_to and headers.is_address(draft.reply_to.address):  # without it the letter is still worth sending
        letter["Reply-To"] = headers.mailbox(draft.reply_to, field="Reply-To")
    letter["Subject"] = headers.text(_subject(draft), field="Subject")
    letter["Message-ID"] = message_id
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5
    letter["Content-Language"] = language
    if draft.unsubscribe:
        letter["List-Unsubscribe"] = f"<{draft.unsubscribe}>"  # RFC 2369, section 3.2
    return letter.as_bytes(policy=_WIRE)


def _sender(draft: Draft, wording: Wording, service_name: str, address: str) -> Mailbox:
    if draft.voice is Voice.SERVICE or draft.about is None:
        return Mailbox(name=service_name, address=address)
    via = wording.say("{org} via {service}", org=named(draft.about), service=service_name)
    return Mailbox(name=via, address=address)


def _subject(draft: Draft) -> str:
    return f"{draft.subject} ({draft.reference})" if draft.reference else draft.subject


def _foot(draft: Draft, wording: Wording, service_name: str, operated_by: str) -> tuple[Block, ...]:
    """Say why the reader got the letter, who runs the service, and what the organization does with data."""
    operator = wording.say("{service} is operated by {operator}.", service=service_name, operator=operated_by)
    sent = operator if operated_by else wording.say("Sent by {service}.", service=service_name)
    foot: tuple[Block, ...] = (Paragraph(draft.why), Paragraph(sent))
    if draft.about is None:
        return foot
    org, statement = named(draft.about), draft.about.privacy_statement
    if not statement:
        return *foot, Paragraph(wording.say("{org} has not provided a privacy statement.", org=org))
    if not is_web_address(statement):
        return *foot, Paragraph(wording.say("Privacy statement of {org}: {text}", org=org, text=statement))
    return *foot, Link(wording.say("Privacy statement of {org}", org=org), statement)


def _alternatives(
    draft: Draft, foot: tuple[Block, ...], wording: Wording, message_id: str, accent: Accent
) -> MIMEMultipart:
    """Set the body twice, plain text first (RFC 2046, section 5.1.4: the last is what the sender prefers)."""
    charset = Charset("utf-8")
    charset.body_encoding = QP
    # No quoted-printable line can contain "=_", so no body can contain the boundary.
    boundary = f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:24]}"
    letter = MIMEMultipart("alternative", boundary=boundary)
    for subtype, body in (
        ("plain", plain.render(draft.subject, draft.body, foot, wording)),
        ("html", hypertext.render(draft.subject, draft.body, foot, wording.language, accent)),
    ):
        part = MIMENonMultipart("text", subtype, charset="utf-8")
        part.set_payload(body, charset)
        letter.attach(part)
    return letter
