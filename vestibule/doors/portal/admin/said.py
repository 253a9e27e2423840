"""What was just done, said once on the page that follows: *Saved.*, *Ada Lovelace was restored.*

It travels in a cookie of one minute, sealed and bound to the session: names stay out of addresses and logs.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec

from vestibule.doors.portal.desk import Visit
from vestibule.doors.web import visits
from vestibule.ground.sealing import CannotOpen

SEALED_FOR: Final = "said"
_LONGEST: Final = 3_000
_LONGEST_NAME: Final = 300


class Said(msgspec.Struct, frozen=True):
    """A sentence of the catalog (marked with ``N_``) and what fills its placeholders.

    Attributes:
        sentence: the sentence. names: what people typed, by placeholder. many: the other form of the sentence when it
            depends on a number, with ``n``. wrong: it is no good news, and is said as an alert.
        undo: where a form takes it back; empty for what cannot be. fields: that form's fields.
    """

    sentence: str
    names: dict[str, str] = {}
    many: str = ""
    n: int = 0
    wrong: bool = False
    undo: str = ""
    fields: dict[str, str] = {}


def say(visit: Visit, said: Said) -> None:
    """Let the next page say it."""
    short = {name: value[:_LONGEST_NAME] for name, value in said.names.items()}
    sealer = visit.house.sealer
    text = msgspec.json.encode(msgspec.structs.replace(said, names=short))
    sealed = sealer.seal(sealer.derive(SEALED_FOR), text, _bound(visit))
    visit.kept.said = urlsafe_b64encode(sealed).decode().rstrip("=")


def heard(visit: Visit) -> Said | None:
    """What the page before wants to have said; it is said only once."""
    sealed = visits.said(visit.request)
    if not sealed:
        return None
    visit.kept.said = ""
    if len(sealed) > _LONGEST:
        return None
    sealer = visit.house.sealer
    try:
        opened = sealer.open(
            sealer.derive(SEALED_FOR), urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)), _bound(visit)
        )
        return msgspec.json.decode(opened, type=Said)
    except (CannotOpen, ValueError, msgspec.MsgspecError):
        return None


def _bound(visit: Visit) -> bytes:
    return visit.who.session.form_key.encode()
