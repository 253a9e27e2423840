"""Emailed codes, one per mailbox (the newest), as keyed hashes with the tries that are left."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, literal_column, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import passcode
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class KeptCode:
    """The newest code of a mailbox.

    Attributes:
        code_mac: keyed hash over mailbox, code and request. browser_hash, request_hash: what it is bound to.
        expires_at, sent_at: lifecycle time.
    """

    address_mac: str
    code_mac: str
    browser_hash: str
    request_hash: str
    tries_left: int
    expires_at: datetime
    sent_at: datetime
    generation: str


_CODES = Records(passcode, KeptCode)
_FIND = _CODES.where(passcode.c.address_mac == given("address_mac"))
_DROP = Change(delete(passcode).where(passcode.c.address_mac == given("address_mac")))
_REPLACE = Change(
    update(passcode)
    .where(passcode.c.address_mac == given("of_address"), passcode.c.code_mac == given("if_code"))
    .values(
        code_mac=given("code_mac"),
        browser_hash=given("browser_hash"),
        request_hash=given("request_hash"),
        tries_left=given("tries_left"),
        expires_at=given("expires_at"),
        sent_at=given("sent_at"),
        generation=given("generation"),
    )
)
_TRY = Change(
    update(passcode)
    .where(
        passcode.c.address_mac == given("of_address"),
        passcode.c.code_mac == given("if_code"),
        passcode.c.tries_left == given("if_left"),
    )
    .values(tries_left=passcode.c.tries_left - literal_column("1"))
)
_USE = Change(
    delete(passcode).where(
        passcode.c.address_mac == given("address_mac"),
        passcode.c.code_mac == given("code_mac"),
        passcode.c.tries_left == given("tries_left"),
    )
)
_FORGET = Change(delete(passcode).where(passcode.c.expires_at < given("before")))


async def find(reading: Reading, address_mac: str) -> KeptCode | None:
    """The newest code of this mailbox."""
    return await _CODES.one(reading, _FIND, address_mac=address_mac)


def put(unit: Unit, before: KeptCode | None, new: KeptCode) -> None:
    """A new code; the one before it is dead."""
    if before is None:
        _CODES.insert(unit, new)
        return
    values = {name: value for name, value in _CODES.values(new).items() if name != "address_mac"}
    unit.write(_REPLACE, of_address=before.address_mac, if_code=before.code_mac, **values)


def count_try(unit: Unit, code: KeptCode) -> None:
    """One try less; the unit is stale when another try was counted meanwhile."""
    unit.write(_TRY, of_address=code.address_mac, if_code=code.code_mac, if_left=code.tries_left)


def use(unit: Unit, code: KeptCode) -> None:
    """The code is used up; the unit is stale when somebody was faster."""
    unit.write(_USE, address_mac=code.address_mac, code_mac=code.code_mac, tries_left=code.tries_left)


def drop(unit: Unit, address_mac: str) -> None:
    """No code of this mailbox stays."""
    unit.write(_DROP, rows=None, address_mac=address_mac)


def forget(unit: Unit) -> None:
    """Codes whose time is over go."""
    unit.write(_FORGET, rows=None, before=to_us(unit.now))
