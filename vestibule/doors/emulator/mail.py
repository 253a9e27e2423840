"""Captured mail, as a test reads it."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final

from vestibule.actions.house import House
from vestibule.actions.inviting import address_mac
from vestibule.ground.clock import iso
from vestibule.rules import names
from vestibule.store import captured
from vestibule.store.captured import CapturedMail

NEWEST: Final = 200
SEALED_FOR: Final = "captured-mail"
CODE_DIGITS: Final = 8


async def newest(house: House, to: str | None) -> list[dict[str, Any]]:
    """Captured messages, newest first; to one address when ``to`` is given."""
    mac = None if to is None else address_mac(house, names.key(to.strip()))
    return [_shown(house, one) for one in await captured.newest(await house.store.read(), mac, NEWEST)]


def _shown(house: House, mail: CapturedMail) -> dict[str, Any]:
    raw = house.sealer.open(house.sealer.derive(SEALED_FOR), mail.sealed, mail.mail_id.encode())
    message = message_from_bytes(raw, policy=default)
    text = _part(message, "plain")
    return {
        "to": str(message["To"]),
        "from": str(message["From"]),
        "subject": str(message["Subject"]),
        "text": text,
        "html": _part(message, "html"),
        "headers": {name: str(value) for name, value in message.items()},
        "links": [line.strip() for line in text.splitlines() if line.strip().startswith(("https://", "http://"))],
        "code": _code(text),
        "at": iso(mail.at),
    }


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


def _code(text: str) -> str | None:
    """A line that is nothing but eight digits, in two groups or one."""
    for line in text.splitlines():
        digits = line.strip().replace(" ", "")
        if len(digits) == CODE_DIGITS and digits.isascii() and digits.isdigit():
            return digits
    return None
