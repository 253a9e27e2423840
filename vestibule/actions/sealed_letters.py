"""What waits in the outbox, sealed: mail, notices to apps, exports. The same row for each, opened by its kind alone."""

from datetime import datetime
from typing import TypeVar

import msgspec

from vestibule.actions.house import House
from vestibule.store import outbox
from vestibule.store.outbox import Letter
from vestibule.store.unit import Unit

T = TypeVar("T", bound=msgspec.Struct)


def put(
    house: House,
    unit: Unit,
    content: msgspec.Struct,
    *,
    kind: str,
    sealed_for: str,
    tenant_id: str,
    user_id: str | None,
    at: datetime | None = None,
) -> str:
    """Put a letter into the unit. Returns its id.

    Args:
        house, unit: where. content: what it says. kind: ``Letter.kind``. sealed_for: the purpose of the key.
        tenant_id, user_id: whose data are in it; without a user it goes out although the account is being erased.
        at: the moment it belongs to (now by default), before which it does not go out.
    """
    letter_id = house.chance.guid()
    key = house.sealer.derive(sealed_for)
    outbox.insert(
        unit,
        Letter(
            tenant_id=tenant_id,
            letter_id=letter_id,
            kind=kind,
            user_id=user_id,
            sealed=house.sealer.seal(key, msgspec.json.encode(content), letter_id.encode()),
            written_at=at or unit.now,
            not_before=at or unit.now,
            tries=0,
        ),
    )
    return letter_id


def opened(house: House, letter: Letter, content: type[T], *, sealed_for: str) -> T:
    """What a letter says, which was put there as ``content`` under this purpose."""
    plain = house.sealer.open(house.sealer.derive(sealed_for), letter.sealed, letter.letter_id.encode())
    return msgspec.json.decode(plain, type=content)
