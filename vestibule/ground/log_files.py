"""The files of a log that is carried out of the house: what they are called, and how events stand in them.

Checkpoint, tiles and entry bundles are those of C2SP tlog-tiles: ``checkpoint``, ``tile/<level>/<number>`` and
``tile/entries/<number>``, the last of each level with ``.p/<width>`` behind it while it is not full. Numbers are
written in groups of three digits, all but the last with an ``x`` in front. An entry is its length in two octets, the
larger one first, and the record.
"""

import re
from collections.abc import Iterable
from typing import Final

from vestibule.ground.merkle import TILE_WIDTH, Tile

CHECKPOINT: Final = "checkpoint"
ENTRIES: Final = "tile/entries"
LONGEST_RECORD: Final = 65_535
_LENGTH_OCTETS: Final = 2
_THOUSAND: Final = 1_000
PARTS: Final = "parts"
_NAME: Final = re.compile(
    r"(?P<stem>tile/\d{1,2}|tile/entries|parts)/(?P<number>(x\d{3}/)*\d{3})(\.p/[1-9]\d{0,2})?(\.[a-z]+)?"
)
_MOST_DIGITS: Final = 15


class BadFile(Exception):
    """A file of an exported log that cannot be read; the message says why."""


def numbered(stem: str, number: int, width: int = TILE_WIDTH) -> str:
    """The name of a tile or of what stands beside it; ``width``: how many of 256 are in it."""
    groups: list[str] = []
    while True:
        number, last = divmod(number, _THOUSAND)
        groups.append(f"{last:03d}" if not groups else f"x{last:03d}")
        if not number:
            break
    name = f"{stem}/{'/'.join(reversed(groups))}"
    return name if width == TILE_WIDTH else f"{name}.p/{width}"


def tile_name(tile: Tile, width: int = TILE_WIDTH) -> str:
    """The name of a tile of hashes."""
    return numbered(f"tile/{tile[0]}", tile[1], width)


def number_in(name: str) -> tuple[str, int] | None:
    """The stem and number of such a name; None for another name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    digits = found["number"].replace("x", "").replace("/", "")
    return None if len(digits) > _MOST_DIGITS else (found["stem"], int(digits))


def bundle(records: Iterable[bytes]) -> bytes:
    """An entry bundle. Raises BadFile for a record that is longer than such a bundle can say."""
    pieces: list[bytes] = []
    for record in records:
        if len(record) > LONGEST_RECORD:
            msg = f"a record of {len(record)} octets is longer than an entry can be"
            raise BadFile(msg)
        pieces += [len(record).to_bytes(_LENGTH_OCTETS, "big"), record]
    return b"".join(pieces)


def records_in(octets: bytes) -> list[bytes]:
    """The records of an entry bundle. What is left at its end and is no whole entry is given as one more."""
    found: list[bytes] = []
    at = 0
    while at + _LENGTH_OCTETS <= len(octets):
        end = at + _LENGTH_OCTETS + int.from_bytes(octets[at : at + _LENGTH_OCTETS], "big")
        if end > len(octets):
            break
        found.append(octets[at + _LENGTH_OCTETS : end])
        at = end
    return found if at == len(octets) else [*found, octets[at:]]
