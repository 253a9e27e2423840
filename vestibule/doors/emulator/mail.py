"""Captured mail, as a test reads it."""

from typing import Any, Final

from vestibule.actions.house import House
from vestibule.actions.inviting import address_mac
from vestibule.doors.web.letter_reading import read
from vestibule.ground.clock import iso
from vestibule.rules import names
from vestibule.store import captured
from vestibule.store.captured import CapturedMail

NEWEST: Final = 200
SEALED_FOR: Final = "captured-mail"


async def newest(house: House, to: str | None) -> list[dict[str, Any]]:
    """Captured messages, newest first; to one address when ``to`` is given."""
    mac = None if to is None else address_mac(house, names.key(to.strip()))
    return [_shown(house, one) for one in await captured.newest(await house.store.read(), mac, NEWEST)]


def _shown(house: House, mail: CapturedMail) -> dict[str, Any]:
    raw = house.sealer.open(house.sealer.derive(SEALED_FOR), mail.sealed, mail.mail_id.encode())
    letter = read(raw)
    return {
        "to": letter.to,
        "from": letter.sender,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "headers": letter.headers,
        "links": list(letter.links),
        "code": letter.code,
        "at": iso(mail.at),
    }
