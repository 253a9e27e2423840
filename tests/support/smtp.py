"""A mail server that keeps what it is sent, and refuses when a test says so."""

import threading
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.ports import free_port


@dataclass(frozen=True)
class Received:
    """One message: the envelope's addresses, the octets as they came over the wire, and the same parsed."""

    sender: str
    recipients: tuple[str, ...]
    octets: bytes
    message: EmailMessage


class MailServer:
    """Listens on loopback in a thread of its own, so that tests may block and servers under test may be processes."""

    def __init__(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._arrived = threading.Condition()
        self._received: list[Received] = []
        self._answers: deque[str] = deque()

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        """``smtp://`` address, as ``VESTIBULE_SMTP_URL`` takes it."""
        return f"smtp://127.0.0.1:{self._controller.port}"

    @property
    def received(self) -> list[Received]:
        """Every accepted message so far, oldest first."""
        with self._arrived:
            return list(self._received)

    def answer_next(self, *answers: str) -> None:
        """Answer the next messages so, one each, instead of accepting them: ``451 try again``, ``550 no such user``."""
        self._answers.extend(answers)

    def wait_for(self, count: int, seconds: float = 10) -> list[Received]:
        """Wait until ``count`` messages were accepted; raises ``TimeoutError`` when they do not come."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._received) >= count, seconds):
                raise TimeoutError(f"{len(self._received)} of {count} messages arrived")
            return list(self._received)

    def clear(self) -> None:
        """Forget what was received and what was to be answered."""
        with self._arrived:
            self._received.clear()
            self._answers.clear()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self._answers:
            return self._answers.popleft()
        octets = bytes(envelope.original_content or b"")
        # Lines end with CR LF on the wire only.
        message = message_from_bytes(octets.replace(b"\r\n", b"\n"), policy=policy.default)
        assert isinstance(message, EmailMessage)
        with self._arrived:
            self._received.append(Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), octets, message))
            self._arrived.notify_all()
        return "250 OK"
