"""The keys that sign receipts and certificates. Public halves stay for good; a private half goes with the next key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import update

from vestibule.store.records import Records
from vestibule.store.schema import receipt_key
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """A key.

    Attributes:
        number: counts them from 1, so that two processes cannot both make the same one. The last one signs.
        public_jwk: JSON text (RFC 7517); its ``kid`` is its thumbprint (RFC 7638).
        sealed_private: PKCS#8, sealed for its kid; None when the next key has taken over.
        created_at: machine time.
    """

    number: int
    public_jwk: str
    sealed_private: bytes | None
    created_at: datetime


_KEYS: Final = Records(receipt_key, ReceiptKey)
_ALL: Final = _KEYS.where(order=receipt_key.c.number)
_DESTROY: Final = Change(
    update(receipt_key)
    .where(receipt_key.c.number == given("of_number"), receipt_key.c.sealed_private.is_not(None))
    .values(sealed_private=given("nothing"))
)


async def everything(reading: Reading) -> list[ReceiptKey]:
    """Every key that signs or signed, oldest first."""
    return await _KEYS.all(reading, _ALL)


def insert(unit: Unit, new: ReceiptKey) -> None:
    """A new key; from now on it signs. Raises Duplicate when its number is taken."""
    _KEYS.insert(unit, new)


def destroy_private(unit: Unit, of: ReceiptKey) -> None:
    """Nobody signs with this key any more; the unit is stale when somebody else saw to that."""
    unit.write(_DESTROY, of_number=of.number, nothing=None)
