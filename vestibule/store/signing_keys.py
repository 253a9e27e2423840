"""Signing keys: the private half sealed, the public half as a JWK."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import signing_key
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class KeptKey:
    """One signing key.

    Attributes:
        sealed_private: PKCS#8, sealed for its kid. public_jwk: JSON text.
        state: ``active`` (signs) or ``retiring`` (only verifies). created_at, signs_until: machine time.
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
_ALL = _KEYS.where(order=signing_key.c.created_at)
_RETIRE = Change(
    update(signing_key)
    .where(signing_key.c.kid == given("of_kid"), signing_key.c.state == given("if_state"))
    .values(state=given("state"), signs_until=given("until"))
)


async def everything(reading: Reading) -> list[KeptKey]:
    """Every key, oldest first."""
    return await _KEYS.all(reading, _ALL)


def insert(unit: Unit, new: KeptKey) -> None:
    """A new key."""
    _KEYS.insert(unit, new)


def retire(unit: Unit, key: KeptKey, until: datetime) -> None:
    """The key signs nothing new; what it signed lives until ``until``."""
    unit.write(_RETIRE, of_kid=key.kid, if_state=key.state, state="retiring", until=to_us(until))
