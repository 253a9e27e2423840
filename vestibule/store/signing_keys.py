"""Signing keys: the private half sealed, the public half as a JWK."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from vestibule.store.records import Records
from vestibule.store.schema import signing_key
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class KeptKey:
    """One signing key.

    Attributes:
        sealed_private: PKCS#8, sealed for its kid. public_jwk: JSON text.
        state, signs_until: ``active`` and None; what a key is there for follows from the times of all of them.
        created_at: machine time.
        signs_from: machine time from which it signs, when that is later than it was made and published.
    """

    kid: str
    alg: str
    sealed_private: bytes
    public_jwk: str
    state: str
    created_at: datetime
    signs_until: datetime | None
    signs_from: datetime | None = None


_KEYS = Records(signing_key, KeptKey)
_ALL = _KEYS.where(order=(signing_key.c.created_at, signing_key.c.kid))
_DROP = Change(delete(signing_key).where(signing_key.c.kid == given("kid")))


async def everything(reading: Reading) -> list[KeptKey]:
    """Every key, oldest first."""
    return await _KEYS.all(reading, _ALL)


def insert(unit: Unit, new: KeptKey) -> None:
    """A new key."""
    _KEYS.insert(unit, new)


def drop(unit: Unit, gone: KeptKey) -> None:
    """The key is gone for good; the unit is stale when it was already."""
    unit.write(_DROP, kid=gone.kid)
