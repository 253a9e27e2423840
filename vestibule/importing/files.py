"""Opening a file: whatever it was saved as, it is read as UTF-8 without a byte order mark.

Spreadsheets save *Unicode text*, and older shells redirect output, as UTF-16. Such a file is recoded while it is read;
what is no text in it becomes octets that are no UTF-8 either, so that the line that holds them is refused and nothing
is replaced in silence.
"""

import codecs
import io
from pathlib import Path
from typing import BinaryIO, Final, cast

from vestibule.importing.pieces import Unreadable

CHUNK: Final = 64 * 1024
_NO_TEXT: Final = b"\xff"


def open_text(path: Path) -> BinaryIO:
    """Open a file for reading its text in UTF-8.

    Raises:
        Unreadable: it is empty, no regular file, or in UTF-32. OSError: it cannot be opened.
    """
    if not path.is_file():
        raise Unreadable("not a regular file; it is read more than once, so save it first")
    file = path.open("rb")
    try:
        return _decoding(file)
    except BaseException:
        file.close()
        raise


def _decoding(file: io.BufferedReader) -> BinaryIO:
    first = file.read(4)
    if not first:
        raise Unreadable("the file is empty")
    if first in {codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE}:
        raise Unreadable("UTF-32; save the file as UTF-8")
    encoding, mark = _encoding(first)
    file.seek(mark)
    if encoding == "utf-8":
        return file
    # A BufferedReader is what the readers need of a binary file: read, readline, close.
    return cast("BinaryIO", io.BufferedReader(_Recoded(file, encoding), CHUNK))


def _encoding(first: bytes) -> tuple[str, int]:
    """The encoding and the length of the mark. Both kinds of files begin with a sign of ASCII."""
    if first.startswith(codecs.BOM_UTF8):
        return "utf-8", len(codecs.BOM_UTF8)
    if first.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", len(codecs.BOM_UTF16_LE)
    if first.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", len(codecs.BOM_UTF16_BE)
    match [octet == 0 for octet in first[:2]]:
        case [False, True]:
            return "utf-16-le", 0
        case [True, False]:
            return "utf-16-be", 0
        case _:
            return "utf-8", 0


class _Recoded(io.RawIOBase):
    """The octets of a UTF-16 file in UTF-8."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self._rest = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override] # any writable buffer
        while not self._rest and not self._ended:
            self._rest = self._more()
        given = self._rest[: len(buffer)]
        self._rest = self._rest[len(given) :]
        buffer[: len(given)] = given
        return len(given)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _more(self) -> bytes:
        raw = self._file.read(CHUNK)
        self._ended = not raw
        try:
            return self._decoder.decode(raw, final=self._ended).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError:  # half a sign at the end
            return _NO_TEXT
