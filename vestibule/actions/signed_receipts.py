"""A receipt as a signed file, made in the unit of the leave and kept with the receipt."""

from dataclasses import replace

from vestibule.actions import receipt_keys
from vestibule.actions.house import House
from vestibule.ground import signing
from vestibule.ground.clock import iso
from vestibule.ground.signing import SigningKey
from vestibule.rules import certificates
from vestibule.store import receipts
from vestibule.store.receipts import Receipt
from vestibule.store.unit import Unit


def sign(house: House, key: SigningKey, receipt: Receipt) -> Receipt:
    """The receipt with its signed file. ``iat`` is the machine's time, and the only time that is not the page's."""
    claims = certificates.receipt_claims(
        reference=receipt.reference,
        organization=certificates.organization_claim(receipt.tenant_id, receipt.display_name, receipt.domain),
        kind=receipt.tie,
        left_at=iso(receipt.left_at),
        restorable_until=None if receipt.restorable_until is None else iso(receipt.restorable_until),
        data_removed_by=iso(receipt.data_removed_by),
    )
    return replace(receipt, signed=signing.sign(key, issued(house) | claims, certificates.RECEIPT_TYPE))


def issued(house: House) -> dict[str, object]:
    """Who signs, and when by the machine's clock; an emulator's says that it is one."""
    said: dict[str, object] = {"iss": house.public_url, "iat": int(house.clock.now().timestamp())}
    return said | ({"emulator": True} if house.emulator else {})


async def signed(house: House, receipt: Receipt) -> str:
    """The signed file of a receipt. One that an older version gave is signed now, once, and says so by its ``iat``."""
    if receipt.signed is not None:
        return receipt.signed
    new = sign(house, await receipt_keys.signer(house), receipt).signed or ""

    async def work(unit: Unit) -> str:
        found = await receipts.find(unit, receipt.receipt_id)
        if found is not None and found.signed is not None:
            return found.signed
        receipts.keep_signed(unit, receipt, new)
        return new

    return await house.store.change(work)
