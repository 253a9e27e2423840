"""A large file that is sealed piece by piece: written and read as a stream, and whole or nothing.

A header in the open says what it is; the frames after it are encrypted with AES-256-GCM under a key of the file's own,
which the header holds wrapped. Each frame is bound to the header, to its number and to whether it is the last, so that
a frame that was changed, left out, moved or added is found, and so is an end that is missing.
"""

import base64
import binascii
import fcntl
import hashlib
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from vestibule.ground.sealing import CannotOpen, Sealer

MOST_OCTETS: Final = 64 * 1024 * 1024
"""No frame is larger; a length above it is a damaged one."""
_LENGTH: Final = struct.Struct(">I")
_PLACE: Final = struct.Struct(">Q?")
_FINGERPRINT: Final = "sealed file"
_SHORT: Final = 8


class BadFile(Exception):
    """The file cannot be read; the message says what is wrong with it."""


class Header(msgspec.Struct, frozen=True):
    """What is in the open.

    Attributes:
        key: the wrapped key of the file, in base64. under: which key-encryption key wrapped it (``fingerprint``).
        about: what the file is, for whoever looks at it.
    """

    key: str
    under: str
    about: dict[str, Any]


def fingerprint(sealer: Sealer) -> str:
    """Which key-encryption key this is: 16 hexadecimal digits that say nothing else of it."""
    return sealer.mac(_FINGERPRINT, b"which")[:_SHORT].hex()


class SealedWriter:
    """Writes a file under another name, and gives it its own when it is whole.

    Args:
        path: what it will be called. magic: its first line. about: see ``Header``.
        overwrite: another file of that name is replaced.

    Raises:
        FileExistsError: there is such a file. BlockingIOError: somebody else is writing it. OSError.
    """

    def __init__(
        self, path: Path, magic: bytes, sealer: Sealer, about: Mapping[str, Any], *, overwrite: bool = False
    ) -> None:
        """Begin the file."""
        if path.exists() and not overwrite:
            raise FileExistsError(f"there is a file {path} already")
        self.path = path
        self._overwrite = overwrite
        # Always the same name: what a killed process left is written over by the next one.
        self._draft = path.with_name(f".{path.name}.part")
        self._sealer = sealer
        self._key = sealer.new_key()
        self._frames = 0
        handle = os.open(self._draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._file: BinaryIO = os.fdopen(handle, "wb")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise BlockingIOError(f"{path} is being written by another process") from None
        os.fchmod(handle, 0o600)
        os.ftruncate(handle, 0)
        wrapped = base64.b64encode(sealer.wrap(self._key)).decode()
        header = msgspec.json.encode(Header(wrapped, fingerprint(sealer), dict(about)))
        self._bound = hashlib.sha256(magic + header).digest()
        self._file.write(magic + _LENGTH.pack(len(header)) + header)

    def write(self, octets: bytes, *, last: bool = False) -> None:
        """Add a frame."""
        sealed = self._sealer.seal(self._key, octets, self._bound + _PLACE.pack(self._frames, last))
        self._file.write(_LENGTH.pack(len(sealed)))
        self._file.write(sealed)
        self._frames += 1

    def end(self) -> int:
        """Everything is written, the last frame too: make it durable. Returns its size in octets."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def publish(self) -> None:
        """Give it its name. Raises FileExistsError when somebody else was faster."""
        if self._overwrite:
            self._draft.replace(self.path)
        else:
            os.link(self._draft, self.path)  # a link, unlike a rename, fails when the name is taken
            self._draft.unlink()
        self._file.close()
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def give_up(self) -> None:
        """Take away what was written; nothing when it was published."""
        if not self._file.closed:
            with suppress(OSError):
                self._draft.unlink()
            with suppress(OSError):  # what it still holds does not fit on the disk
                self._file.close()


class SealedReader:
    """Reads such a file from its beginning.

    Raises:
        BadFile: it is no such file, or its header is damaged. OSError.
    """

    def __init__(self, path: Path, magic: bytes, what: str) -> None:
        """Read the header. ``what`` is what the file should be, for messages."""
        self.path = path
        with path.open("rb") as file:
            if file.read(len(magic)) != magic:
                raise BadFile(f"{path} is no {what} of Vestibule, or its beginning is damaged")
            octets = self._piece(file, "its header")
            self._first = file.tell()
        try:
            self.header = msgspec.json.decode(octets, type=Header)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadFile(f"{path} is damaged: its header cannot be read") from None
        self._bound = hashlib.sha256(magic + octets).digest()

    def frames(self, sealer: Sealer) -> Iterator[tuple[bytes, bool]]:
        """Every frame, and whether it is the last.

        Raises:
            BadFile: another key-encryption key sealed it, a frame was changed, or the end is missing; it says where.
        """
        key = self._key(sealer)
        with self.path.open("rb") as file:
            file.seek(self._first)
            number, last = 0, False
            while not last:
                at = file.tell()
                sealed = self._piece(file, f"what begins at octet {at}")
                octets, last = self._open(sealer, key, sealed, number, at)
                yield octets, last
                number += 1
            if file.read(1):
                raise BadFile(f"{self.path} is damaged: something follows its end, at octet {file.tell() - 1}")

    def _key(self, sealer: Sealer) -> bytes:
        if self.header.under != fingerprint(sealer):
            raise BadFile(
                f"{self.path} was sealed under another key-encryption key ({self.header.under}, and this one is "
                f"{fingerprint(sealer)}): put the key file of the house it was taken from in place, or name it with "
                "VESTIBULE_KEY_FILE"
            )
        try:
            return sealer.unwrap(base64.b64decode(self.header.key, validate=True))
        except (CannotOpen, binascii.Error, ValueError):
            raise BadFile(f"{self.path} is damaged: the key in its header cannot be opened") from None

    def _open(self, sealer: Sealer, key: bytes, sealed: bytes, number: int, at: int) -> tuple[bytes, bool]:
        for last in (False, True):
            with suppress(CannotOpen):
                return sealer.open(key, sealed, self._bound + _PLACE.pack(number, last)), last
        raise BadFile(f"{self.path} is damaged: what begins at octet {at} was changed, or does not belong there")

    def _piece(self, file: BinaryIO, what: str) -> bytes:
        length = file.read(_LENGTH.size)
        size = _LENGTH.unpack(length)[0] if len(length) == _LENGTH.size else 0
        if len(length) == _LENGTH.size and not 0 < size <= MOST_OCTETS:
            raise BadFile(f"{self.path} is damaged: the length of {what} cannot be right")
        octets = file.read(size)
        if len(length) < _LENGTH.size or len(octets) < size:
            raise BadFile(f"{self.path} is cut off: {what} is not all there, so a part of it is missing")
        return octets
