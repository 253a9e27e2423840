from email.message import EmailMessage

import aiosmtplib
import pytest

from tests.support.smtp import MailServer


def _message() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Vestibule <no-reply@vestibule.example>"
    message["To"] = "adele@contoso.example"
    message["Subject"] = "Du har lämnat Fabrikam"
    message.set_content("Återställning är möjlig i 30 dagar.\n")
    message.add_alternative("<p>Återställning är möjlig i 30 dagar.</p>", subtype="html")
    return message


async def _send(server: MailServer) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    await aiosmtplib.send(_message(), hostname="127.0.0.1", port=port, start_tls=False)


async def test_keeps_what_it_is_sent(mail_server: MailServer) -> None:
    await _send(mail_server)

    (received,) = mail_server.wait_for(1)
    assert received.sender == "no-reply@vestibule.example"
    assert received.recipients == ("adele@contoso.example",)
    assert received.message["Subject"] == "Du har lämnat Fabrikam"
    assert b"\r\nTo: adele@contoso.example\r\n" in received.octets
    text = received.message.get_body(("plain",))
    assert text is not None
    assert text.get_content() == "Återställning är möjlig i 30 dagar.\n"


async def test_answers_as_told_and_then_accepts_again(mail_server: MailServer) -> None:
    mail_server.answer_next("451 try again later", "550 no such user")

    for code in (451, 550):
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await _send(mail_server)
        assert refused.value.code == code
    assert mail_server.received == []

    await _send(mail_server)
    assert len(mail_server.received) == 1


def test_starts_each_test_with_an_empty_box(mail_server: MailServer) -> None:
    assert mail_server.received == []
    with pytest.raises(TimeoutError, match="0 of 1 messages"):
        mail_server.wait_for(1, seconds=0)
