"""The key ring: what this deployment signs with, and what others verify by.

Access tokens are signed ES256; id_tokens RS256, or ES256 for apps that ask (OpenID Connect Core section 3.1.3.7: RS256
is what every client knows). Private keys are sealed under the deployment's key-encryption key. A key is made on
first need, and stays in the public set while anything it signed can be alive. Which of several signs is a matter of
time alone (``rules/signing_keys.py``), so that every process changes over at the same moment.
"""

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from vestibule.actions.house import House
from vestibule.ground import signing
from vestibule.ground.signing import PublicKey, SigningKey
from vestibule.rules import signing_keys as rules
from vestibule.store import signing_keys
from vestibule.store.signing_keys import KeptKey
from vestibule.store.unit import Unit

ES256: Final = "ES256"
RS256: Final = "RS256"
ALGORITHMS: Final = (ES256, RS256)
ACTIVE: Final = "active"
SEALED_FOR: Final = "signing-key"
READ_AGAIN: Final = timedelta(seconds=2)
"""After this long the keys are read again: another process may have made or retired one."""
REMEMBERED: Final = 2_048
"""So many verified tokens are known again without asking the curve, which takes longer than everything else about
them. Whether a token is still good is asked every time; only its signature does not change."""


@dataclass(slots=True)
class KeyRing:
    """The keys of one deployment, kept in memory and read again every other second, or when an unknown one is met.

    Attributes:
        house: the house. keys, public_keys: by kid.
    """

    house: House
    keys: dict[str, SigningKey] = field(default_factory=dict)
    public_keys: dict[str, PublicKey] = field(default_factory=dict)
    _signing: dict[str, str] = field(default_factory=dict)
    _verified: dict[tuple[bytes, frozenset[str], str], dict[str, Any]] = field(default_factory=dict)
    _read_at: datetime | None = None

    async def signer(self, alg: str) -> SigningKey:
        """The key that signs new things with this algorithm; made when there is none."""
        await self._fresh()
        if alg not in self._signing:
            await make(self.house, alg, only_first=True)
            await self.reload()
        return self.keys[self._signing[alg]]

    async def verify(self, token: str, *, algorithms: frozenset[str], typ: str) -> dict[str, Any]:
        """The claims of a token that this deployment signed; an unknown key is looked up again once.

        Raises:
            BadToken: refused.
        """
        await self._fresh()
        mark = (hashlib.sha256(token.encode()).digest(), algorithms, typ)
        known = self._verified.get(mark)
        if known is None:
            known = await self._verify(token, algorithms=algorithms, typ=typ)
            while len(self._verified) >= REMEMBERED:
                del self._verified[next(iter(self._verified))]
            self._verified[mark] = known
        return dict(known)

    async def _verify(self, token: str, *, algorithms: frozenset[str], typ: str) -> dict[str, Any]:
        try:
            return signing.verify(token, self.public_keys, algorithms=algorithms, typ=typ)
        except signing.BadToken as bad:
            if bad.fault is not signing.Fault.KEY:
                raise
        await self.reload()
        return signing.verify(token, self.public_keys, algorithms=algorithms, typ=typ)

    async def public(self) -> list[dict[str, Any]]:
        """The public keys as JWKs (RFC 7517), newest first: those that will sign, sign, and did."""
        for alg in ALGORITHMS:
            await self.signer(alg)
        kept = await signing_keys.everything(await self.house.store.read())
        return [msgspec.json.decode(one.public_jwk) for one in reversed(kept)]

    async def reload(self) -> None:
        """Read every key again (a reset puts old ones back)."""
        now = self.house.clock.now()
        kept = await signing_keys.everything(await self.house.store.read())
        self.keys = {one.kid: self.keys.get(one.kid) or self._open(one) for one in kept}
        if self.keys.keys() != self.public_keys.keys():
            self._verified.clear()
        self.public_keys = {kid: key.public for kid, key in self.keys.items()}
        found = {alg: rules.signing(timetable(kept, alg), now) for alg in ALGORITHMS}
        self._signing = {alg: kid for alg, kid in found.items() if kid is not None}
        self._read_at = now

    async def _fresh(self) -> None:
        now = self.house.clock.now()
        if self._read_at is None or not self._read_at <= now < self._read_at + READ_AGAIN:
            await self.reload()

    def _open(self, kept: KeptKey) -> SigningKey:
        sealer = self.house.sealer
        der = sealer.open(sealer.derive(SEALED_FOR), kept.sealed_private, kept.kid.encode())
        return SigningKey.from_der(kept.kid, kept.alg, der)


def timetable(kept: list[KeptKey], alg: str) -> dict[str, datetime]:
    """From when on each key of an algorithm signs, by kid."""
    return {one.kid: one.signs_from or one.created_at for one in kept if one.alg == alg}


async def make(house: House, alg: str, *, signs_from: datetime | None = None, only_first: bool = False) -> KeptKey:
    """Make a key and publish it.

    Args:
        house: the house. alg: ES256 or RS256.
        signs_from: when it begins to sign, by the machine's clock; at once when it is not given.
        only_first: nothing is made when there is a key of this algorithm, perhaps another process's.
    """
    kid = house.chance.octets(16).hex()  # never begins like an option of a command
    generate = signing.generate_rs256 if alg == RS256 else signing.generate_es256
    key = await asyncio.to_thread(generate, kid)
    sealer = house.sealer
    kept = KeptKey(
        kid=kid,
        alg=alg,
        sealed_private=sealer.seal(sealer.derive(SEALED_FOR), key.private_der(), kid.encode()),
        public_jwk=msgspec.json.encode(key.public.jwk()).decode(),
        state=ACTIVE,
        created_at=house.clock.now(),
        signs_until=None,
        signs_from=signs_from,
    )

    async def work(unit: Unit) -> None:
        if not only_first or not any(one.alg == alg for one in await signing_keys.everything(unit)):
            signing_keys.insert(unit, kept)

    await house.store.change(work)
    return kept
