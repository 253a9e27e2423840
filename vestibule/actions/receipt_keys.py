"""The keys that sign receipts and certificates, and how their public halves are found for years.

They are keys of their own: the keys of tokens go a day after the last token that they signed has ended, but a receipt
is checked years later. A public half therefore stays for good, and the private half is destroyed as soon as the next
key signs, so that nobody can write a receipt of last year. A key is called by its thumbprint (RFC 7638).
"""

from typing import Any, Final

import msgspec
import structlog

from vestibule.actions import sealing
from vestibule.actions.house import House
from vestibule.ground import public_keys, signing
from vestibule.ground.signing import SigningKey
from vestibule.store import receipt_keys
from vestibule.store.receipt_keys import ReceiptKey
from vestibule.store.unit import Unit

SEALED_FOR: Final = "receipt-key"
ADDRESS: Final = "/.well-known/vestibule-receipt-keys.json"
"""Where the public keys are published, below the public address."""
log = structlog.get_logger(__name__)


async def signer(house: House) -> SigningKey:
    """The key that signs now; made when there is none."""
    found = await receipt_keys.everything(await house.store.read())
    newest = found[-1] if found else await _make(house)
    return await house.kept.of(("receipt-key", newest.public_jwk), lambda: _opened(house, newest), for_s=60.0)


async def rotate(house: House) -> dict[str, Any]:
    """A new key signs from now on; the private half of the one before is destroyed. Returns the new public key."""
    new = await _make(house, follows=True)
    public: dict[str, Any] = msgspec.json.decode(new.public_jwk)
    log.info("receipt_key_rotated", kid=public["kid"])
    return public


async def published(house: House) -> dict[str, list[dict[str, Any]]]:
    """Every public key that a receipt or certificate is checked with, as a JWK set (RFC 7517, section 5).

    Those of receipts come newest first, then those of the audit log (Ed25519, RFC 8037), which sign the checkpoints in
    certificates; their ``name`` is the name in the log's verifier key.
    """
    await signer(house)
    kept = await receipt_keys.everything(await house.store.read())
    logs = [public_keys.log_jwk(one.name, one.public) for one in await sealing.verifiers(house)]
    return {"keys": [msgspec.json.decode(one.public_jwk) for one in reversed(kept)] + logs}


async def _opened(house: House, key: ReceiptKey) -> SigningKey:
    if key.sealed_private is None:
        msg = "the newest key of receipts has no private half"
        raise RuntimeError(msg)
    kid: str = msgspec.json.decode(key.public_jwk)["kid"]
    der = house.sealer.open(house.sealer.derive(SEALED_FOR), key.sealed_private, kid.encode())
    return SigningKey.from_der(kid, signing.ES256, der)


async def _make(house: House, *, follows: bool = False) -> ReceiptKey:
    """The first key, unless there is one by now, or one that ``follows`` it."""
    made = signing.generate_es256("")
    kid = public_keys.thumbprint(made.private.public_key())
    key = SigningKey(kid, signing.ES256, made.private)
    sealed = house.sealer.seal(house.sealer.derive(SEALED_FOR), key.private_der(), kid.encode())
    jwk = msgspec.json.encode(key.public.jwk()).decode()

    async def work(unit: Unit) -> ReceiptKey:
        there = await receipt_keys.everything(unit)
        if there and not follows:
            return there[-1]
        new = ReceiptKey(len(there) + 1, jwk, sealed, unit.moment.machine)
        receipt_keys.insert(unit, new)
        if there:
            receipt_keys.destroy_private(unit, there[-1])
        return new

    return await house.store.change(work)
