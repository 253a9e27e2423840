"""Captured mail: what an emulator database keeps instead of sending, sealed under its own key until the reset."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from vestibule.store.records import Records
from vestibule.store.schema import captured_mail
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class CapturedMail:
    """One message. ``to_mac``: keyed hash of the recipient's address. ``sealed``: the message as it would have gone."""

    mail_id: str
    to_mac: str
    sealed: bytes
    at: datetime


_MAILS = Records(captured_mail, CapturedMail)
_NEWEST = (captured_mail.c.at.desc(), captured_mail.c.mail_id.desc())
_ALL = _MAILS.where(order=_NEWEST, limit=given("limit"))
_TO = _MAILS.where(captured_mail.c.to_mac == given("to_mac"), order=_NEWEST, limit=given("limit"))
_FORGET = Change(delete(captured_mail))


def insert(unit: Unit, new: CapturedMail) -> None:
    """Keep a message instead of sending it."""
    _MAILS.insert(unit, new)


async def newest(reading: Reading, to_mac: str | None, limit: int) -> list[CapturedMail]:
    """Captured messages, newest first; to one mailbox, or all."""
    if to_mac is None:
        return await _MAILS.all(reading, _ALL, limit=limit)
    return await _MAILS.all(reading, _TO, to_mac=to_mac, limit=limit)


def forget(unit: Unit) -> None:
    """All captured mail goes (the emulator's reset)."""
    unit.write(_FORGET, rows=None)
