"""Whether an exported log (``exporting_log``) is what was signed: without the house, from the folder alone.

Every octet of every file counts. What is wrong is said with the first place of the log that it touches, so that whoever
looks for it knows where to begin.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from vestibule.actions import sealing
from vestibule.actions.exporting_log import EARLIER, FORMAT, KEYS, STATEMENT, SUMS, PartsOf
from vestibule.actions.proving_log import Proof, entry_of, prove
from vestibule.ground import log_files, merkle, signed_notes
from vestibule.ground.cosignatures import WitnessKey, cosignature_in
from vestibule.ground.merkle import TILE_WIDTH, Tile
from vestibule.ground.signed_notes import BadNote, Checkpoint, Verifier, taken_apart
from vestibule.rules.proven_log import Entry, Finding, Proving
from vestibule.rules.witnesses import Cosigned

_TENANT: Final = 36
_LARGEST: Final = 64 * 1024 * 1024
"""No file of an export comes near it; a larger one is not read."""
_decode = msgspec.json.Decoder(PartsOf).decode


class NoExport(Exception):
    """The folder is no exported log; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What the signed statement says: the log's origin, its size, and the hash of the file of sums."""

    origin: str
    size: int
    sums: str

    @property
    def tenant_id(self) -> str:
        return self.origin[-_TENANT:]

    def origin_with(self, key: Verifier) -> str:
        """What this log is called by a key: since a backup came back, it has another name than before."""
        return sealing.origin_of(key.name, self.tenant_id)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What witnesses have to have signed.

    Attributes:
        keys: the witnesses that are believed. quorum: so many of them are enough; None for all.
        events: so many events; None for the whole log.
    """

    keys: Sequence[WitnessKey] = ()
    quorum: int | None = None
    events: int | None = None


async def verify(
    folder: Path,
    trusted: Sequence[Verifier] = (),
    older: Sequence[str] = (),
    witnessed: Witnessed | None = None,
) -> Proof:
    """Check an exported log.

    Args:
        folder: where it is. trusted: the keys to believe; without any, those in the folder itself, which says only that
            the folder fits together. older: checkpoints that somebody has kept, as notes: the log has to begin with
            what it was then.
        witnessed: what witnesses have to have signed; by default nothing.

    Raises:
        NoExport: it is no exported log, or of another format than this version knows.
        BadNote: the statement what the folder is cannot be believed.
        OSError: a file cannot be read.
    """
    files = InFolder(folder)
    verifiers = list(trusted) or _keys_in(files)
    said = _statement(files, verifiers)
    files.size = said.size
    findings: list[Finding] = []
    signed = _signed_roots(files, verifiers, said, findings)
    for note in older:
        _check_older(note, verifiers, said, signed, findings)
    witnessed = witnessed or Witnessed()
    cosigned = [_cosigned(files, key, said, signed, findings) for key in witnessed.keys]
    _check_quorum(witnessed, cosigned, said, findings)
    proving = Proving(said.tenant_id, signed, findings)
    await prove(proving, files, said.size)
    for name, why in _strays(files, said):
        first, beyond = _stretch(name, said.size)
        proving.suspect(first, beyond, f"{name} {why}")
    found = proving.end(said.size, signed.get(said.size, merkle.EMPTY))
    return Proof(said.tenant_id, said.size, 0, found, cosigned)


def _keys_in(files: "InFolder") -> list[Verifier]:
    """The keys that the folder brings along. Raises NoExport, BadNote."""
    found = [Verifier.parse(line) for line in files.text(KEYS).split("\n") if line]
    if not found:
        raise NoExport(f"{files.folder} has no {KEYS}: it is no exported log, or not the whole of it")
    return found


def _statement(files: "InFolder", verifiers: Sequence[Verifier]) -> _Said:
    note = files.text(STATEMENT)
    if not note:
        raise NoExport(f"{files.folder} has no {STATEMENT}: it is no exported log, or not the whole of it")
    why = BadNote("there is no key to check it with")
    for verifier in reversed(verifiers):
        try:
            lines = signed_notes.open_note(note, verifier).split("\n")
        except BadNote as bad:
            why = bad
            continue
        if lines[0] != FORMAT or len(lines) != 5 or not lines[2].isdecimal():
            raise NoExport(f"this version reads {FORMAT!r}, and {files.folder} is {lines[0]!r}")
        said = _Said(lines[1], int(lines[2]), lines[3])
        if said.origin != said.origin_with(verifier):
            raise BadNote(f"the export is of another log: {said.origin}")
        return said
    raise BadNote(f"{STATEMENT}: {why}")


def _signed_roots(
    files: "InFolder", verifiers: Sequence[Verifier], said: _Said, findings: list[Finding]
) -> dict[int, bytes]:
    """The roots that were signed, by size. What is wrong with a checkpoint becomes a finding."""
    signed: dict[int, bytes] = {}
    for name, size in _checkpoints(files, said):
        try:
            found = signed_notes.signed_by_one_of(files.text(name), verifiers, said.origin_with)
        except BadNote as bad:
            findings.append(Finding(max(0, min(size, said.size) - 1), f"{name}: {bad}"))
            continue
        if found.size != size:
            findings.append(Finding(max(0, min(size, said.size) - 1), f"{name} is of {found.size} events"))
        signed[found.size] = found.root
    return signed


def _checkpoints(files: "InFolder", said: _Said) -> Iterator[tuple[str, int]]:
    """The files of checkpoints, with the size that each should have."""
    if said.size:
        for name in files.names():
            if name.startswith(f"{EARLIER}/"):
                yield name, _size_in(name)
        yield log_files.CHECKPOINT, said.size


def _cosigned(
    files: "InFolder", key: WitnessKey, said: _Said, signed: dict[int, bytes], findings: list[Finding]
) -> Cosigned:
    """What a witness signed last of this log. A cosignature that does not fit becomes a finding."""
    last = Cosigned(key.name, 0, None)
    for name, size in _checkpoints(files, said):
        note = files.text(name)
        try:
            found = cosignature_in(note, key)
            if found is None or size <= last.size:
                continue
            of = Checkpoint.parse(taken_apart(note)[0])
        except BadNote as bad:
            findings.append(Finding(max(0, min(size, said.size) - 1), f"{name}: {bad}"))
            continue
        if of.size > said.size:
            why = f"{name}: {key.name} signed {of.size} events, and the log has {said.size}"
            findings.append(Finding(said.size, why))
        elif signed.get(of.size) == of.root and of.size == size:
            last = Cosigned(key.name, of.size, datetime.fromtimestamp(found.at, UTC))
    return last


def _check_quorum(witnessed: Witnessed, cosigned: Sequence[Cosigned], said: _Said, findings: list[Finding]) -> None:
    """Whether as many witnesses as are wanted signed as many events as are wanted."""
    quorum = len(cosigned) if witnessed.quorum is None else witnessed.quorum
    wanted = said.size if witnessed.events is None else witnessed.events
    sizes = sorted((one.size for one in cosigned), reverse=True)
    enough = sizes[quorum - 1] if 0 < quorum <= len(sizes) else 0
    if quorum and enough < wanted:
        there = sum(size >= wanted for size in sizes)
        why = f"{there} of the witnesses that are believed signed the first {wanted} events, and {quorum} have to; "
        findings.append(Finding(min(enough, said.size), f"{why}the first {enough} are signed by as many"))


def _check_older(
    note: str, verifiers: Sequence[Verifier], said: _Said, signed: dict[int, bytes], findings: list[Finding]
) -> None:
    """Take up a checkpoint that was kept elsewhere. Raises BadNote when it cannot be believed, or is of another log."""
    found = signed_notes.signed_by_one_of(note, verifiers, said.origin_with)
    if found.size > said.size:
        findings.append(Finding(said.size, f"the log had {found.size} events when the older checkpoint was signed"))
    elif signed.setdefault(found.size, found.root) != found.root:
        why = f"two roots were signed for the first {found.size} events: this is another log than it was"
        findings.append(Finding(max(0, found.size - 1), why))


def _size_in(name: str) -> int:
    digits = name.removeprefix(f"{EARLIER}/")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 16 else 0


def _strays(files: "InFolder", said: _Said) -> Iterator[tuple[str, str]]:
    """Files that are not as the signed sums say, missing, or not among them; and what is wrong with them."""
    octets = files.octets(SUMS)
    if hashlib.sha256(octets).hexdigest() != said.sums:
        yield SUMS, "is not the one that was signed"
    lines = (line.partition("  ") for line in octets.decode(errors="replace").split("\n"))
    wanted = {name: sum_ for sum_, _, name in lines if name}
    for name in files.names():
        if name in {SUMS, STATEMENT}:
            continue
        if name not in wanted:
            yield name, "does not belong to the export"
        elif files.sum_of(name) != wanted[name]:
            yield name, "is not the file that was exported"
    for name in sorted(wanted.keys() - set(files.names())):
        yield name, "is missing"


def _stretch(name: str, size: int) -> tuple[int, int]:
    """Which places a file is about."""
    if name.startswith(f"{EARLIER}/"):
        return max(0, min(_size_in(name), size) - 1), size
    found = log_files.number_in(name)
    if found is None:
        return 0, size
    stem, number = found
    level = int(stem.removeprefix("tile/")) if stem.removeprefix("tile/").isdecimal() else 0
    span = TILE_WIDTH ** (min(level, 7) + 1)
    return min(number * span, size), min((number + 1) * span, size)


class InFolder:
    """The log of an export. Links are not followed: what a folder holds is files of its own.

    ``size`` is how many events it should have.
    """

    def __init__(self, folder: Path) -> None:
        """Look at what is there. Raises NoExport when there is no such folder."""
        if not folder.is_dir():
            raise NoExport(f"there is no folder {folder}")
        self.folder = folder
        self._names = sorted(self._found())
        self._known = frozenset(self._names)
        self._by_number = {found: name for name in self._names if (found := log_files.number_in(name)) is not None}
        self._sums: dict[str, str] = {}
        self.size = 0

    def _found(self) -> Iterator[str]:
        for where, folders, files in os.walk(self.folder):
            links = [one for one in folders if (Path(where) / one).is_symlink()]
            for one in [*files, *links]:
                yield (Path(where) / one).relative_to(self.folder).as_posix()

    def names(self) -> list[str]:
        """Every file, by its name within the folder."""
        return self._names

    def octets(self, name: str) -> bytes:
        """A file; nothing where there is none."""
        path = self.folder / name
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
            return b""
        found = path.read_bytes()
        self._sums[name] = hashlib.sha256(found).hexdigest()
        return found

    def text(self, name: str) -> str:
        """The same as text."""
        return self.octets(name).decode(errors="replace")

    def sum_of(self, name: str) -> str:
        """The SHA-256 of a file, in hexadecimal; empty for what is no file."""
        if name not in self._sums:
            self.octets(name)
        return self._sums.get(name, "")

    async def tile(self, tile: Tile) -> bytes:
        """The hashes of a tile; nothing where there is none."""
        return self._numbered(f"tile/{tile[0]}", tile[1], tile[0])

    async def events(self, number: int, leaves: list[bytes]) -> list[Entry]:
        """The events of a tile of level 0, by its number."""
        records = log_files.records_in(self._numbered(log_files.ENTRIES, number))
        lines = self._numbered(log_files.PARTS, number, ending=".jsonl").split(b"\n")
        return [
            self._entry(number * TILE_WIDTH + at, record, leaves, lines[at] if at < len(lines) else b"")
            for at, record in enumerate(records)
        ]

    def _numbered(self, stem: str, number: int, level: int = 0, ending: str = "") -> bytes:
        """A file as a log of this size has it, else one of another width; that finds more exactly what is wrong."""
        width = min(TILE_WIDTH, self.size // TILE_WIDTH**level - number * TILE_WIDTH)
        name = log_files.numbered(stem, number, width) + ending if width > 0 else ""
        name = name if name in self._known else self._by_number.get((stem, number), "")
        return self.octets(name) if name else b""

    def _entry(self, place: int, record: bytes, leaves: list[bytes], line: bytes) -> Entry:
        try:
            parts = _decode(line)
            found = [(key_id, base64.b64decode(text, validate=True)) for _, key_id, text in parts.parts]
        except (msgspec.DecodeError, binascii.Error, ValueError):
            return entry_of(place, "", record, leaves, ())
        return entry_of(place, parts.event_id, record, leaves, found)
