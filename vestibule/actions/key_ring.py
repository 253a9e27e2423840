"""The key ring: what this deployment signs with, and what others verify by.

Access tokens are signed ES256; id_tokens RS256, or ES256 for apps that ask (OpenID Connect Core section 3.1.3.7: RS256
is what every client knows). Private keys are sealed under the deployment's key-encryption key. A key is made on
first need, and stays in the public set while anything it signed can be alive.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from vestibule.actions.house import House
from vestibule.ground import signing
from vestibule.ground.signing import PublicKey, SigningKey
from vestibule.store import signing_keys
from vestibule.store.signing_keys import KeptKey
from vestibule.store.unit import Unit

ES256: Final = "ES256"
RS256: Final = "RS256"
ACTIVE: Final = "active"
SEALED_FOR: Final = "signing-key"


@dataclass(slots=True)
class KeyRing:
    """The keys of one deployment, kept in memory and read again when an unknown one is met.

    Attributes:
        house: the house. keys, public_keys: by kid.
    """

    house: House
    keys: dict[str, SigningKey] = field(default_factory=dict)
    public_keys: dict[str, PublicKey] = field(default_factory=dict)
    _active: dict[str, str] = field(default_factory=dict)

    async def signer(self, alg: str) -> SigningKey:
        """The key that signs new things with this algorithm; made when there is none."""
        if alg not in self._active:
            await self.reload()
        if alg not in self._active:
            await self._make(alg)
            await self.reload()
        return self.keys[self._active[alg]]

    async def verify(self, token: str, *, algorithms: frozenset[str], typ: str) -> dict[str, Any]:
        """The claims of a token that this deployment signed; an unknown key is looked up again once.

        Raises:
            BadToken: refused.
        """
        try:
            return signing.verify(token, self.public_keys, algorithms=algorithms, typ=typ)
        except signing.BadToken as bad:
            if bad.fault is not signing.Fault.KEY:
                raise
        await self.reload()
        return signing.verify(token, self.public_keys, algorithms=algorithms, typ=typ)

    async def public(self) -> list[dict[str, Any]]:
        """The public keys as JWKs (RFC 7517), newest first, retiring ones included."""
        await self.signer(ES256)
        await self.signer(RS256)
        kept = await signing_keys.everything(await self.house.store.read())
        return [msgspec.json.decode(one.public_jwk) for one in reversed(kept)]

    async def reload(self) -> None:
        """Read every key again (another process may have made or retired one; a reset puts old ones back)."""
        kept = await signing_keys.everything(await self.house.store.read())
        self.keys = {one.kid: self.keys.get(one.kid) or self._open(one) for one in kept}
        self.public_keys = {kid: key.public for kid, key in self.keys.items()}
        self._active = {one.alg: one.kid for one in kept if one.state == ACTIVE}

    async def _make(self, alg: str) -> None:
        kid = self.house.chance.token(16)
        make = signing.generate_rs256 if alg == RS256 else signing.generate_es256
        key = await asyncio.to_thread(make, kid)
        sealer = self.house.sealer
        kept = KeptKey(
            kid=kid,
            alg=alg,
            sealed_private=sealer.seal(sealer.derive(SEALED_FOR), key.private_der(), kid.encode()),
            public_jwk=msgspec.json.encode(key.public.jwk()).decode(),
            state=ACTIVE,
            created_at=self.house.clock.now(),
            signs_until=None,
        )

        async def work(unit: Unit) -> None:
            if not any(one.alg == alg and one.state == ACTIVE for one in await signing_keys.everything(unit)):
                signing_keys.insert(unit, kept)

        await self.house.store.change(work)

    def _open(self, kept: KeptKey) -> SigningKey:
        sealer = self.house.sealer
        der = sealer.open(sealer.derive(SEALED_FOR), kept.sealed_private, kept.kid.encode())
        return SigningKey.from_der(kept.kid, kept.alg, der)
