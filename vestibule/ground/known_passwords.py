"""Passwords that are known to everybody who guesses: nobody may choose them (NIST SP 800-63B-4, section 3.1.1.2).

Two sources, both on this machine: the 30,000 most common passwords, which a package brings, and optionally a file of
breached ones in the format of Have I Been Pwned's download (``SHA-1 in hexadecimal : count``, sorted by hash), which
is searched where it lies.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

from zxcvbn.frequency_lists import FREQUENCY_LISTS

_LONGEST_LINE: Final = 128


class BadPasswordFile(ValueError):
    """The file of breached passwords cannot be used; the text says why."""


class KnownPasswords:
    """The passwords that are refused.

    Args:
        file: breached passwords, sorted by hash; None for the common ones alone.

    Raises:
        BadPasswordFile: the file cannot be read, or is no such list.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        if file is not None:
            _check(file)

    def contains(self, password: str) -> bool:
        """Whether this is one of them. Case is ignored for the common ones; reads a few lines of the file."""
        if password.casefold() in _common():
            return True
        return self._file is not None and _search(self._file, _digest(password))


@cache
def _common() -> frozenset[str]:
    return frozenset(str(one).casefold() for one in FREQUENCY_LISTS["passwords"])


def _digest(password: str) -> bytes:
    # Not a way to keep passwords: the index by which the published list is sorted.
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()


def _check(file: Path) -> None:
    try:
        with file.open("rb") as lines:
            first = lines.readline(_LONGEST_LINE)
    except OSError as failure:
        raise BadPasswordFile(f"{file} cannot be read: {failure.strerror}") from failure
    if not _is_hash(first.partition(b":")[0].strip()):
        raise BadPasswordFile(f"{file} is no list of SHA-1 hashes, one a line, sorted, as Have I Been Pwned has it")


def _is_hash(text: bytes) -> bool:
    return len(text) == 40 and all(sign in b"0123456789ABCDEFabcdef" for sign in text)


def _search(file: Path, wanted: bytes) -> bool:
    """Halve the file until the line is found: about 36 reads for a thousand million lines."""
    with file.open("rb") as lines:
        low, high = 0, lines.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            start = _line_start(lines, middle)
            lines.seek(start)
            line = lines.readline(_LONGEST_LINE)
            here = line.partition(b":")[0].strip().upper()
            if here == wanted:
                return True
            if here < wanted:
                low = start + len(line)
            else:
                high = start
    return False


def _line_start(lines: BinaryIO, place: int) -> int:
    """Where the line begins that this octet lies in."""
    begin = max(0, place - _LONGEST_LINE)
    lines.seek(begin)
    before = lines.read(place - begin)
    return begin + before.rfind(b"\n") + 1
