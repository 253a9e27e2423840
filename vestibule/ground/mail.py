"""Mail transport: one finished message to one address through the operator's mail server (RFC 5321).

What a letter says, and how it becomes a message, is decided higher up. Here it is checked that neither an address nor
the message can say anything to the mail server itself, and failures are sorted into those that pass and those that
stay.
"""

import asyncio
import contextlib
import ipaddress
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

LONGEST_ADDRESS: Final = 254
LONGEST_LOCAL: Final = 64
LONGEST_LINE: Final = 998
"""Octets without CRLF (RFC 5321, section 4.5.3.1.6)."""

DEADLINE: Final = 60.0
"""Seconds that one delivery may take from connecting to the server's answer."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# The Dot-string and Domain of RFC 5321, section 4.1.2: no quotes, comments, routes, lists or literals.
_ADDRESS: Final = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@{_LABEL}(?:\.{_LABEL})*")
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,250}>")
_BARE_LINE_END: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_LONG_LINE: Final = re.compile(rb"[^\n]{%d}" % (LONGEST_LINE + 2))
_ENHANCED: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


class MailFailure(Exception):
    """A message was not delivered.

    The text says why in words of ours; what the server wrote may hold the address and is not repeated. ``code`` is its
    reply code, None when there was none.
    """

    def __init__(self, why: str, code: int | None = None) -> None:
        super().__init__(why)
        self.code = code


class TemporaryFailure(MailFailure):
    """It may well work later: the server is away, slow or full, or refuses us rather than this message."""


class PermanentFailure(MailFailure):
    """It will never work: the server refuses this address or this message for good."""


class UnfitMessage(PermanentFailure, ValueError):
    """An address or a message that is not handed to any server."""


class BadMailUrl(ValueError):
    """The address of the mail server cannot be used; the message says why and does not repeat it."""


@dataclass(frozen=True)
class Envelope:
    """A finished message and where it goes.

    Attributes:
        message_id: the message's ``Message-ID`` with its angle brackets, the same at each try.
        sender: the address that delivery failures go back to.
        recipient: the one address it is for.
        data: the message (RFC 5322): ASCII, lines that end with CRLF.
        kind: the kind of letter, for logs.

    Raises:
        UnfitMessage: an address is not a single plain one, or the message is not of that form.
    """

    message_id: str
    sender: str
    recipient: str
    data: bytes = field(repr=False)
    kind: str

    def __post_init__(self) -> None:
        check_address(self.sender)
        check_address(self.recipient)
        if _MESSAGE_ID.fullmatch(self.message_id) is None:
            raise UnfitMessage("the Message-ID is not one")
        _check_data(self.data)


class Transport(Protocol):
    """A way for mail to leave."""

    async def send(self, envelope: Envelope) -> None:
        """Hand the message over; returning means that the other side has taken responsibility for it.

        Raises:
            TemporaryFailure: try again later; it may have arrived all the same, and then arrives twice.
            PermanentFailure: do not try again.
        """


class SmtpTransport:
    """Sends through a mail server, one connection a message.

    Args:
        url: ``smtp://``, ``smtp+starttls://`` or ``smtps://``, then ``user:password@`` if the server asks for it (with
            ``%40`` for an at-sign), host and port (without one 25, 587, 465). ``smtp://`` means no encryption; but a
            password never leaves the machine readable, so with one, to another machine, STARTTLS is insisted on.
        tls: how certificates are judged; by default with the system's authorities and the host's name.
        hello: the name given in EHLO; by default this machine's.
        deadline: seconds that one delivery may take.

    Raises:
        BadMailUrl: another form.
    """

    def __init__(
        self, url: str, *, tls: ssl.SSLContext | None = None, hello: str | None = None, deadline: float = DEADLINE
    ) -> None:
        self._server = _read(url)
        self._tls = tls
        self._hello = hello
        self._deadline = deadline

    @property
    def server(self) -> str:
        """Host and port, for messages and logs."""
        return f"{self._server.host}:{self._server.port}"

    async def send(self, envelope: Envelope) -> None:
        """Deliver one message.

        Raises:
            TemporaryFailure: no connection, no answer in time, a refusal for now (4xx), or one that concerns us and not
                this message: greeting, encryption, password, sender.
            PermanentFailure: the recipient or the message is refused for good (5xx).
        """

        async def deliver(client: aiosmtplib.SMTP) -> None:
            await client.sendmail(envelope.sender, [envelope.recipient], envelope.data)

        await self._converse(deliver)

    async def check(self) -> None:
        """Connect, encrypt and sign in as for a message, and send none.

        Raises:
            TemporaryFailure: it did not work; the text says at which step.
        """

        async def nothing(client: aiosmtplib.SMTP) -> None:
            await client.noop()

        await self._converse(nothing)

    async def _converse(self, work: Callable[[aiosmtplib.SMTP], Awaitable[None]]) -> None:
        client = self._client()
        try:
            async with asyncio.timeout(self._deadline):
                await client.connect()
                await work(client)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _sorted(error, self.server) from error
        finally:
            # The message has been taken, or not; how the good-bye goes changes nothing.
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                async with asyncio.timeout(1):
                    if client.is_connected:
                        await client.quit()
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            local_hostname=self._hello,
            timeout=self._deadline,
            use_tls=server.scheme == "smtps",
            start_tls=server.start_tls,
            tls_context=self._tls,
        )


def check_address(address: str) -> None:
    """See that an address is one plain ``local@domain`` in ASCII.

    Raises:
        UnfitMessage: it is not.
    """
    match = _ADDRESS.fullmatch(address) if len(address) <= LONGEST_ADDRESS else None
    if match is None or len(match[1]) > LONGEST_LOCAL:
        raise UnfitMessage("not a single plain mail address")


def _check_data(data: bytes) -> None:
    # A lone CR or LF is a line end to some servers and none to others: the way one message is made into two.
    if _BARE_LINE_END.search(data) or not data.endswith(b"\r\n"):
        raise UnfitMessage("the message has lines that do not end with CRLF")
    if b"\0" in data or not data.isascii():
        raise UnfitMessage("the message is not ASCII")
    if _LONG_LINE.search(data):
        raise UnfitMessage(f"the message has a line of more than {LONGEST_LINE} octets")


@dataclass(frozen=True)
class _Server:
    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)

    @property
    def start_tls(self) -> bool:
        exposed = self.scheme == "smtp" and self.password is not None and not _is_loopback(self.host)
        return exposed or self.scheme == "smtp+starttls"


_PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def _read(url: str) -> _Server:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadMailUrl("the mail server's address is not a URL") from None
    if parts.scheme not in _PORTS:
        raise BadMailUrl(f"the mail server's address begins with {', '.join(f'{name}://' for name in _PORTS)}")
    if not parts.hostname or port == 0 or parts.path.strip("/") or parts.query or parts.fragment or _has_controls(url):
        raise BadMailUrl("the mail server's address is scheme://user:password@host:port (write @ in a password as %40)")
    user, password = _credentials(parts)
    return _Server(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], user, password)


def _credentials(parts: SplitResult) -> tuple[str | None, str | None]:
    if parts.username is None and parts.password is None:
        return None, None
    if not parts.username or not parts.password:
        raise BadMailUrl("the mail server's address has a user without a password, or the other way round")
    return unquote(parts.username), unquote(parts.password)


def _has_controls(text: str) -> bool:
    return any(letter <= " " or letter == "\x7f" for letter in unquote(text))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sorted(error: Exception, server: str) -> MailFailure:
    """Sort an error: a 5xx for the recipient or the message stays, everything else passes."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _refused("the recipient", error.recipients[0])
    if isinstance(error, aiosmtplib.SMTPDataError | aiosmtplib.SMTPRecipientRefused):
        return _refused("the message", error)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        step = _STEPS.get(type(error), "the connection")
        return TemporaryFailure(f"{server} refuses {step}{_numbers(error)}", error.code)
    if isinstance(error, TimeoutError):
        return TemporaryFailure(f"{server} did not answer in time")
    if isinstance(error, ssl.SSLCertVerificationError) or isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return TemporaryFailure(f"the certificate of {server} is not trusted")
    return TemporaryFailure(f"no connection with {server} ({type(error).__name__})")


_STEPS: Final[dict[type[Exception], str]] = {
    aiosmtplib.SMTPAuthenticationError: "the password",
    aiosmtplib.SMTPSenderRefused: "the sender",
}


def _refused(what: str, error: aiosmtplib.SMTPResponseException) -> MailFailure:
    permanent = 500 <= error.code <= 599
    kind = PermanentFailure if permanent else TemporaryFailure
    return kind(f"{what} is refused{'' if permanent else ' for now'}{_numbers(error)}", error.code)


def _numbers(error: aiosmtplib.SMTPResponseException) -> str:
    """Return the reply code and the enhanced one (RFC 3463), the only part of a reply that never holds an address."""
    enhanced = _ENHANCED.match(error.message)
    return f" ({error.code} {enhanced[0]})" if enhanced else f" ({error.code})"
