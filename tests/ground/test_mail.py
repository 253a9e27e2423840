"""The mail transport, against a real mail server and against one that misbehaves."""

import asyncio
import contextlib
import ssl
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from hypothesis import given
from hypothesis import strategies as st

from vestibule.ground.certificates import for_development
from vestibule.ground.clock import SystemClock
from vestibule.ground.mail import (
    BadMailUrl,
    Envelope,
    MailFailure,
    PermanentFailure,
    SmtpTransport,
    TemporaryFailure,
    Transport,
    UnfitMessage,
    check_address,
)

LETTER = Envelope(
    message_id="<letter-1@vestibule.example>",
    sender="vestibule@vestibule.example",
    recipient="guest@example.com",
    data=b"Subject: Hello\r\nMessage-ID: <letter-1@vestibule.example>\r\n\r\nHello\r\n.\r\n..\r\nBye\r\n",
    kind="invitation",
)


# --- a mail server ---


@dataclass
class Handler:
    """Keeps what arrives; ``replies`` says what to answer to MAIL, RCPT or DATA instead."""

    replies: dict[str, str] = field(default_factory=dict)
    received: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    said: list[tuple[str, bool]] = field(default_factory=list)
    users: list[LoginPassword] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.said.append((hostname, session.ssl is not None))
        return responses

    async def handle_MAIL(self, _s: Any, _c: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(self, _s: Any, _c: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802
        reply = self.replies.get("RCPT", "250 OK")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        reply = self.replies.get("DATA", "250 OK")
        if reply.startswith("2"):
            self.received.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return reply

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.users.append(data)
        return AuthResult(success=data == LoginPassword(b"clerk@x", b"p@ss:/?#"), handled=False)


@asynccontextmanager
async def listening(
    factory: Callable[[], asyncio.BaseProtocol], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def mail_server(handler: Handler, *, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    async with listening(lambda: SMTP(handler, **options), tls=tls) as port:
        yield port


@asynccontextmanager
async def scripted(replies: list[bytes | None], *, pause: float = 0) -> AsyncIterator[int]:
    """A server that says one reply after another, whatever it hears; at ``None`` it falls silent, then it hangs up."""
    quiet = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in replies:
            if reply is None:
                await quiet.wait()
                break
            await asyncio.sleep(pause)
            writer.write(reply + b"\r\n")
            await reader.read(65536)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        quiet.set()
        server.close()
        await server.wait_closed()


async def failure(sending: Awaitable[None]) -> MailFailure:
    with pytest.raises(MailFailure) as caught:
        await sending
    assert "guest@" not in str(caught.value)
    return caught.value


# --- delivery ---


async def test_one_letter_is_delivered_as_it_is() -> None:
    handler = Handler()
    async with mail_server(handler) as port:
        transport: Transport = SmtpTransport(f"smtp://127.0.0.1:{port}", hello="vestibule.example")
        await transport.send(LETTER)
    assert handler.received == [(LETTER.sender, [LETTER.recipient], LETTER.data)]
    assert handler.said == [("vestibule.example", False)]


async def test_checking_sends_nothing() -> None:
    handler = Handler()
    async with mail_server(handler) as port:
        await SmtpTransport(f"smtp://127.0.0.1:{port}").check()
    assert len(handler.said) == 1
    assert handler.received == []


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("421 closing", TemporaryFailure),
        ("450 4.2.1 greylisted, guest@example.com", TemporaryFailure),
        ("452 4.2.2 mailbox full", TemporaryFailure),
        ("550 5.1.1 no such user guest@example.com", PermanentFailure),
        ("552 too big", PermanentFailure),
        ("554 5.7.1 no", PermanentFailure),
    ],
)
async def test_refusals_of_the_recipient_or_the_message(step: str, reply: str, kind: type[MailFailure]) -> None:
    handler = Handler(replies={step: reply})
    async with mail_server(handler) as port:
        failed = await failure(SmtpTransport(f"smtp://127.0.0.1:{port}").send(LETTER))
    assert type(failed) is kind
    assert failed.code == int(reply[:3])
    what = "recipient" if step == "RCPT" else "message"
    assert f"the {what} is refused" in str(failed)
    assert reply.split()[1] in str(failed) or "." not in reply
    assert handler.received == []


@pytest.mark.parametrize("reply", ["451 later", "550 5.7.1 you may not send", "530 5.7.0 sign in first"])
async def test_a_refused_sender_is_our_trouble_and_passes(reply: str) -> None:
    async with mail_server(Handler(replies={"MAIL": reply})) as port:
        failed = await failure(SmtpTransport(f"smtp://127.0.0.1:{port}").send(LETTER))
    assert type(failed) is TemporaryFailure
    assert "the sender" in str(failed)


async def test_after_a_failure_the_next_letter_goes() -> None:
    handler = Handler(replies={"RCPT": "450 later"})
    async with mail_server(handler) as port:
        transport = SmtpTransport(f"smtp://127.0.0.1:{port}")
        await failure(transport.send(LETTER))
        handler.replies.clear()
        await asyncio.gather(*(transport.send(replace(LETTER, recipient=f"guest{n}@example.com")) for n in range(5)))
    assert sorted(recipients[0] for _, recipients, _ in handler.received) == [f"guest{n}@example.com" for n in range(5)]


# --- servers in trouble ---


async def test_nobody_listens() -> None:
    async with listening(asyncio.Protocol) as port:
        pass
    failed = await failure(SmtpTransport(f"smtp://127.0.0.1:{port}").send(LETTER))
    assert type(failed) is TemporaryFailure
    assert failed.code is None


async def test_an_unknown_host() -> None:
    failed = await failure(SmtpTransport("smtp://nowhere.localhost:1").send(LETTER))
    assert type(failed) is TemporaryFailure


@pytest.mark.parametrize(
    "replies",
    [
        [],
        [b"554 5.3.2 not today"],
        [b"421 busy"],
        [b"HTTP/1.1 400 Bad Request"],
        [b"220 hello", b"502 what?", b"502 what?"],
        [b"220 hello", b"250 me"],
        [b"220 hello", b"250 me", b"250 sender", b"250 recipient", b"354 go on"],
        [b"220 hello", b"250 me", b"garbage"],
        [b"220 " + b"x" * 100_000],
        [None],
        [b"220 hello", None],
        [b"220 hello", b"250 me", b"250 sender", b"250 recipient", b"354 go on", None],
    ],
)
async def test_a_server_in_trouble_is_a_temporary_failure(replies: list[bytes | None]) -> None:
    async with scripted(replies) as port:
        transport = SmtpTransport(f"smtp://127.0.0.1:{port}", deadline=0.15)
        assert type(await failure(transport.send(LETTER))) is TemporaryFailure


async def test_a_slow_server_meets_the_deadline_of_the_whole_delivery() -> None:
    polite: list[bytes | None] = [b"220 hello", b"250 me", b"250 sender", b"250 recipient", b"354 go on", b"250 taken"]
    async with scripted(polite, pause=0.05) as port:
        transport = SmtpTransport(f"smtp://127.0.0.1:{port}", deadline=0.15)
        assert "in time" in str(await failure(transport.send(LETTER)))


async def test_what_is_taken_is_taken_however_the_good_bye_goes() -> None:
    polite = [b"220 hello", b"250 me", b"250 sender", b"250 recipient", b"354 go on", b"250 taken"]
    for end in ([], [b"500 never heard of QUIT"], [b"garbage"]):
        async with scripted([*polite, *end]) as port:
            await SmtpTransport(f"smtp://127.0.0.1:{port}").send(LETTER)


# --- encryption and passwords ---


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    folder: Path = tmp_path_factory.mktemp("certificates")
    files = for_development(folder, SystemClock().now())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.key)
    return server, ssl.create_default_context(cafile=files.authority)


Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


async def test_starttls_and_password(contexts: Contexts) -> None:
    handler = Handler()
    async with mail_server(
        handler,
        tls_context=contexts[0],
        require_starttls=True,
        auth_required=True,
        authenticator=handler.authenticate,
    ) as port:
        url = f"smtp+starttls://clerk%40x:p%40ss%3A%2F%3F%23@localhost:{port}"
        await SmtpTransport(url, tls=contexts[1]).send(LETTER)
        assert handler.said[-1][1] is True
        refused = await failure(SmtpTransport(url.replace("p%40ss", "wrong"), tls=contexts[1]).send(LETTER))
    assert len(handler.received) == 1
    assert type(refused) is TemporaryFailure
    assert "the password (535" in str(refused)
    assert "wrong" not in str(refused)


async def test_tls_from_the_start(contexts: Contexts) -> None:
    handler = Handler()
    async with mail_server(handler, tls=contexts[0]) as port:
        await SmtpTransport(f"smtps://localhost:{port}", tls=contexts[1]).send(LETTER)
    assert len(handler.received) == 1


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_an_unknown_authority_is_not_trusted(contexts: Contexts, scheme: str) -> None:
    handler = Handler()
    from_start = contexts[0] if scheme == "smtps" else None
    async with mail_server(handler, tls=from_start, tls_context=contexts[0] if from_start is None else None) as port:
        failed = await failure(SmtpTransport(f"{scheme}://localhost:{port}").send(LETTER))
    assert type(failed) is TemporaryFailure
    assert "certificate" in str(failed)
    assert handler.received == []


async def test_without_starttls_nothing_is_sent(contexts: Contexts) -> None:
    handler = Handler()
    async with mail_server(handler) as port:
        failed = await failure(SmtpTransport(f"smtp+starttls://localhost:{port}", tls=contexts[1]).send(LETTER))
    assert type(failed) is TemporaryFailure
    assert handler.received == []


@pytest.mark.parametrize(
    ("url", "encrypted"),
    [
        ("smtp://mail.example.com", False),
        ("smtp://mail.example.com:587", False),
        ("smtp://clerk:secret@mail.example.com", True),
        ("smtp://clerk:secret@localhost.example.com", True),
        ("smtp://clerk:secret@192.0.2.1", True),
        ("smtp://clerk:secret@localhost", False),
        ("smtp://clerk:secret@127.0.0.1", False),
        ("smtp://clerk:secret@[::1]", False),
        ("smtp+starttls://mail.example.com", True),
        ("smtp+starttls://localhost", True),
    ],
)
def test_a_password_never_travels_readable(url: str, encrypted: bool) -> None:
    assert SmtpTransport(url)._server.start_tls is encrypted
    assert "secret" not in repr(SmtpTransport(url)._server)


# --- addresses of mail servers ---


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", "mail.example.com:25"),
        ("smtp+starttls://mail.example.com/", "mail.example.com:587"),
        ("smtps://u:p@mail.example.com", "mail.example.com:465"),
        ("SMTP://127.0.0.1:2525", "127.0.0.1:2525"),
    ],
)
def test_ports_by_scheme(url: str, server: str) -> None:
    assert SmtpTransport(url).server == server


@pytest.mark.parametrize(
    "url",
    [
        "", "mail.example.com", "mail.example.com:25", "http://mail.example.com", "smtp:mail.example.com", "smtp://",
        "smtp://:25", "smtp://mail.example.com:port", "smtp://mail.example.com:99999", "smtp://mail.example.com:0",
        "smtp://mail.example.com/path", "smtp://mail.example.com?a=b", "smtp://mail.example.com#a",
        "smtp://secret@mail.example.com", "smtp://:secret@mail.example.com", "smtp://secret:@mail.example.com",
        "smtp://[::1", "smtp://u:secret%0d%0a@mail.example.com", "smtp://mail .example.com", "smtp://mail.example.com\n",
        "smtp://u:secret/x@mail.example.com",
    ],
)  # fmt: skip
def test_other_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(BadMailUrl) as caught:
        SmtpTransport(url)
    assert "secret" not in "".join(traceback.format_exception(caught.value))


# --- envelopes ---

PLAIN = [
    "a@b",
    "first.last+tag@sub.example.com",
    "o'neil@xn--bcher-kva.example",
    "vestibule@localhost",
    "x" * 64 + "@e.x",
]
ODD = [
    "", "a", "@b", "a@", "a@b@c", "a@b,c@d", "a@b c@d", "A <a@b>", "<a@b>", "a@b>", '"a"@b', '"a@b"@c', "a(c)@b",
    "@x:a@b", "a@[127.0.0.1]", "a@b.", "a@.b", "a@b..c", "a..b@c", ".a@b", "a.@b", "a@-b", "a@b-", "a@b_c", "a b@c",
    "a@b\r\nRCPT TO:<x@y>", "a\r\n@b", "a@b\n", "\na@b", "a@b\0", "a@b\u2028", "ä@b", "a@bücher.example", "a\uff20b",
    "a@b%0d%0aDATA", "x" * 65 + "@e.x", "a@" + "b" * 64, "a@" + ".".join(["b" * 50] * 6), "=?utf-8?q?a?=@b c",
]  # fmt: skip


@pytest.mark.parametrize("address", PLAIN)
def test_plain_addresses(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize("address", ODD)
def test_no_other_address_reaches_a_server(address: str) -> None:
    for changed in ({"sender": address}, {"recipient": address}):
        with pytest.raises(UnfitMessage) as caught:
            Envelope(**{**vars(LETTER), **changed})
        assert isinstance(caught.value, PermanentFailure)
        assert str(caught.value) == "not a single plain mail address"


@given(st.text(alphabet="ab.@<>\"'\\,;: ()[]\r\n\t\0%=?-_é\uff20", max_size=12))
def test_an_address_that_passes_is_one_line_with_one_at_sign(address: str) -> None:
    try:
        check_address(address)
    except UnfitMessage:
        return
    assert address.count("@") == 1
    assert not set(address) & set(' <>"\\,;:()[]\r\n\t\0')


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Subject: x\r\n\r\nno line end",
        b"Subject: x\n\nunix\n",
        b"Subject: x\r\n\r\nsmuggled\n.\r\nMAIL FROM:<x@y>\r\n",
        b"Subject: x\r\n\r\nsmuggled\r\n.\rMAIL FROM:<x@y>\r\n",
        b"Subject: x\r\r\n\r\n",
        b"\nSubject: x\r\n\r\n",
        b"Subject: x\r\n\r\nnul \0\r\n",
        "Subject: é\r\n\r\n".encode(),
        b"Subject: x\r\n\r\n" + b"y" * 999 + b"\r\n",
    ],
)
def test_no_other_message_reaches_a_server(data: bytes) -> None:
    with pytest.raises(UnfitMessage, match="the message"):
        replace(LETTER, data=data)


def test_the_longest_line() -> None:
    replace(LETTER, data=b"Subject: x\r\n\r\n" + b"y" * 998 + b"\r\n" + b"z" * 998 + b"\r\n")


@pytest.mark.parametrize("message_id", ["", "a@b", "<a@b", "<a b>", "<a@b>\r\nBcc: x@y", "<>", "<a>b>", "<é@b>"])
def test_a_message_id_is_one(message_id: str) -> None:
    with pytest.raises(UnfitMessage, match="Message-ID"):
        replace(LETTER, message_id=message_id)


def test_an_envelope_does_not_show_its_letter() -> None:
    assert "Hello" not in repr(LETTER)
