"""The audit log of an organization as a folder that can be checked without the house.

What is in it (C2SP tlog-tiles, so that other tools read it too):

* ``checkpoint``: the newest signed checkpoint; ``checkpoints/<size>``: the earlier ones that are kept. Below each, the
  cosignatures of witnesses, if there are any.
* ``keys``: the verifier keys, one a line. Whoever checks the folder should have them from somewhere else.
* ``tile/<level>/<number>``: the tree. ``tile/entries/<number>``: the records, 256 in a file.
* ``parts/<number>.jsonl``: for each of these records a line with its id and what is left of its personal parts,
  encrypted as they are in the house: the folder holds nothing that can be read and forgets nobody's key.
* ``SHA256SUMS``: all of these, as ``sha256sum -c`` reads it. ``export``: a signed note with the hash of that file.
"""

import base64
import hashlib
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vestibule.actions import sealing, witnessing
from vestibule.actions.house import House
from vestibule.actions.proving_log import InDatabase
from vestibule.actions.sealing import Damaged
from vestibule.ground import cosignatures, log_files, signed_notes
from vestibule.ground.merkle import HASH_OCTETS, TILE_WIDTH
from vestibule.store import audit_log, witnesses
from vestibule.store.audit import Payload
from vestibule.store.audit_log import KeptCheckpoint, Sealed
from vestibule.store.unit import Reading
from vestibule.store.witnesses import KeptCosignature

FORMAT: Final = "vestibule audit export 1"
STATEMENT: Final = "export"
SUMS: Final = "SHA256SUMS"
KEYS: Final = "keys"
EARLIER: Final = "checkpoints"
_line = msgspec.json.Encoder(order="sorted").encode


class NotEmpty(Exception):
    """The folder is there already, and something is in it."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: where, how many events, and the verifier keys with which it can be checked."""

    tenant_id: str
    folder: Path
    size: int
    keys: list[str]


class PartsOf(msgspec.Struct, frozen=True):
    """A line of ``parts``: what is left of an event's personal parts, as name, key, and ciphertext in base64."""

    event_id: str
    parts: list[tuple[str, str, str]] = []

    def __bytes__(self) -> bytes:
        """The line, with its end."""
        return _line(self) + b"\n"


async def export(house: House, tenant_id: str, folder: Path) -> Exported:
    """Write an organization's log into a new folder; what waits is sealed and shown to witnesses before, if it can be.

    The folder is complete or not there: it is written beside its place, and moved there at the end.

    Raises:
        NotEmpty: something is there already.
        OSError: the folder cannot be written.
        log_files.BadFile: a record is longer than an entry can be (64 KiB).
    """
    writing = _Writing(folder, folder.with_name(f".{folder.name}.{house.chance.guid()}"))
    with suppress(Damaged):  # what can be read is carried out all the same; whoever looks at it finds what is wrong
        await sealing.seal_log(house, tenant_id)
    await witnessing.offer_log(house, tenant_id)
    key = await sealing.signer(house)
    verifiers = [str(one) for one in await sealing.verifiers(house)]

    async def work(reading: Reading) -> Exported:
        writing.begin()
        log = InDatabase(reading, tenant_id)
        kept = await audit_log.checkpoints(reading, tenant_id)
        size = kept[-1].size if kept else 0
        writing.write(KEYS, "".join(f"{one}\n" for one in verifiers).encode())
        _checkpoints(writing, kept, await witnesses.cosigned(reading, tenant_id))
        await _events(writing, log, size)
        await _upper_tiles(writing, log, size)
        writing.sign(sealing.origin_of(key.name, tenant_id), size, key.name, sealing.private_half(house, key))
        return Exported(tenant_id, folder, size, verifiers)

    try:
        done = await house.store.scan(work, deadline_s=None)
        writing.finish()
    finally:
        writing.clear()
    return done


def _checkpoints(writing: "_Writing", kept: list[KeptCheckpoint], cosigned: list[KeptCosignature]) -> None:
    """The checkpoints that are kept, and those that a witness signed, each with what witnesses signed below it."""
    last = kept[-1].size if kept else 0
    notes = {one.size: one.note for one in kept}
    for one in cosigned:
        note = notes.get(one.size, one.note)
        if one.size <= last and _text(note) == _text(one.note):
            notes[one.size] = cosignatures.with_lines(note, [one.line])
    for size, note in notes.items():
        writing.write(log_files.CHECKPOINT if size == last else f"{EARLIER}/{size}", note.encode())


def _text(note: str) -> str:
    """What is signed."""
    return note.partition("\n\n")[0]


async def _events(writing: "_Writing", log: InDatabase, size: int) -> None:
    for number in range(-(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - number * TILE_WIDTH)
        some = (await log.sealed(number))[:width]
        writing.write(log_files.tile_name((0, number), width), (await log.tile((0, number)))[: width * HASH_OCTETS])
        writing.write(
            log_files.numbered(log_files.ENTRIES, number, width), log_files.bundle(one.record for one, _ in some)
        )
        writing.write(
            f"{log_files.numbered(log_files.PARTS, number, width)}.jsonl", b"".join(bytes(_parts(*one)) for one in some)
        )


async def _upper_tiles(writing: "_Writing", log: InDatabase, size: int) -> None:
    level, entries = 1, size // TILE_WIDTH
    while entries:
        for number in range(-(-entries // TILE_WIDTH)):
            width = min(TILE_WIDTH, entries - number * TILE_WIDTH)
            octets = (await log.tile((level, number)))[: width * HASH_OCTETS]
            writing.write(log_files.tile_name((level, number), width), octets)
        level, entries = level + 1, entries // TILE_WIDTH


def _parts(one: Sealed, parts: Iterable[Payload]) -> PartsOf:
    left = sorted((part.part, part.key_id, base64.b64encode(part.ciphertext).decode()) for part in parts)
    return PartsOf(one.event_id, left)


@dataclass(slots=True)
class _Writing:
    """A folder that is being written beside its place, and the sums of what is in it."""

    place: Path
    folder: Path
    sums: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        if self.place.exists() and (not self.place.is_dir() or any(self.place.iterdir())):
            raise NotEmpty(f"{self.place} is there already, and not empty")
        self.folder.mkdir(mode=0o700, parents=True)

    def finish(self) -> None:
        self.folder.replace(self.place)

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name: str, octets: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(octets)
        self.sums[name] = hashlib.sha256(octets).hexdigest()

    def sign(self, origin: str, size: int, name: str, private: Ed25519PrivateKey) -> None:
        sums = "".join(f"{value}  {path}\n" for path, value in sorted(self.sums.items())).encode()
        (self.folder / SUMS).write_bytes(sums)
        text = f"{FORMAT}\n{origin}\n{size}\n{hashlib.sha256(sums).hexdigest()}\n"
        (self.folder / STATEMENT).write_text(signed_notes.sign(text, name, private), encoding="utf-8")
