"""Security identifiers: another way to write the id of a user or group (``S-1-12-1-`` and four numbers).

The sixteen octets of the id, in the order in which Windows keeps a GUID, read as four little-endian numbers
(MS-DTYP, sections 2.3.4.2 and 2.4.2).
"""

import re
import struct
from typing import Final
from uuid import UUID

_FORM: Final = re.compile(r"S-1-12-1-(\d{1,10})-(\d{1,10})-(\d{1,10})-(\d{1,10})", re.IGNORECASE | re.ASCII)
_NUMBERS: Final = struct.Struct("<4I")
_MOST: Final = 0xFFFF_FFFF


def sid_of(object_id: str) -> str:
    """The security identifier of the object with this id (a GUID)."""
    return "S-1-12-1-" + "-".join(str(number) for number in _NUMBERS.unpack(UUID(object_id).bytes_le))


def object_of(sid: str) -> str | None:
    """The id of the object with this security identifier; None when it is none of ours."""
    found = _FORM.fullmatch(sid)
    numbers = [int(number) for number in found.groups()] if found is not None else []
    if not numbers or max(numbers) > _MOST:
        return None
    return str(UUID(bytes_le=_NUMBERS.pack(*numbers)))
