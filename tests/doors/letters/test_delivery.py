"""A letter through a real mail server: what arrives is what was written, once, to the one it was for."""

from email.message import EmailMessage
from typing import Literal

import aiosmtplib

from tests.doors.letters.examples import EXAMPLES, FABRIKAM, NOW, RECIPIENT, SENDER, SITE, written
from tests.support.smtp import MailServer
from vestibule.doors.letters import kinds
from vestibule.doors.letters.kinds import LetterKind
from vestibule.doors.web.letter_reading import parse, read

KINDS: tuple[Literal["plain", "html"], ...] = ("plain", "html")


async def deliver(server: MailServer, raw: bytes) -> None:
    host, _, port = server.url.removeprefix("smtp://").partition(":")
    await aiosmtplib.send(raw, sender=SENDER, recipients=[RECIPIENT], hostname=host, port=int(port))


async def test_every_letter_arrives_as_it_was_written(mail_server):
    letters = [written(example, language=language) for example in EXAMPLES for language in ("en", "sv")]
    for raw in letters:
        await deliver(mail_server, raw)
    for raw, received in zip(letters, mail_server.wait_for(len(letters)), strict=True):
        assert (received.sender, received.recipients) == (SENDER, (RECIPIENT,))
        arrived = {name: value for name, value in received.message.items() if name not in {"X-Peer", "Received"}}
        sent = parse(raw)
        assert arrived == dict(sent.items())
        for kind in KINDS:
            assert _lines(received.message, kind) == _lines(sent, kind)


async def test_hostile_names_make_one_message_with_the_expected_headers(mail_server):
    evil = "Ana\r\nBcc: victim@evil.example\r\n\r\n<b>hi</b>\x00\r\n.\r\nMAIL FROM:<x@evil.example>"
    facts = kinds.InvitationFacts(
        **FABRIKAM | {"organization": evil},
        inviter=kinds.Mailbox(name=evil, address="ana@fabrikam.example"),
        message=evil,
        accept_link=f"{SITE}/invitations/x",
        block_link=f"{SITE}/unsubscribe",
        valid_until=NOW,
    )
    await deliver(mail_server, written((LetterKind.INVITATION, facts)))
    (received,) = mail_server.wait_for(1)
    assert received.recipients == (RECIPIENT,)
    assert set(received.message) - {"X-Peer"} == set(read(written("invitation")).headers)
    assert [address.addr_spec for address in received.message["From"].addresses] == [SENDER]
    assert [address.addr_spec for address in received.message["Reply-To"].addresses] == ["ana@fabrikam.example"]


def _lines(message: EmailMessage, kind: Literal["plain", "html"]) -> list[str]:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).splitlines()
