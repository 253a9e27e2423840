"""Header values with people's names in them (RFC 5322, section 3.4; RFC 2047 for what is not ASCII).

The older ``email.header.Header`` does the encoding: the newer header registry drops the quotes of some display names
when it folds them, and a name with a comma would become two addresses.
"""

import re
from email.header import Header
from typing import Final

from vestibule.doors.letters import neutral
from vestibule.doors.letters.kinds import Mailbox

_PLAIN: Final = re.compile(r"(?!.*=\?)[ -~]*")
"""Printable ASCII in which no reader sees an encoded word."""

_LONGEST_PLAIN_WORD: Final = 60
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")


def is_address(address: str) -> bool:
    """Tell whether a mail address can stand in a header as it is: ASCII, unquoted, the domain in its DNS form."""
    return _ADDRESS.fullmatch(address) is not None


def address(value: str) -> str:
    """Return a mail address.

    Raises:
        ValueError: it is none that can stand in a header as it is.
    """
    if not is_address(value):
        msg = f"not a mail address that a letter can carry: {value!r}"
        raise ValueError(msg)
    return value


def text(value: str, *, field: str) -> str:
    """Return free text, such as a subject, encoded where it must be and folded."""
    return Header(value, "us-ascii" if _is_plain(value) else "utf-8", header_name=field).encode()


def mailbox(person: Mailbox, *, field: str) -> str:
    """Return ``"name" <address>``, folded, the name made harmless; the bare address when no name is left.

    Raises:
        ValueError: the address is none that can stand in a header as it is.
    """
    bare, name = address(person.address), neutral.name(person.name)
    if not name:
        return bare
    if _is_plain(name):
        quoted = name.replace("\\", r"\\").replace('"', r"\"")
        return Header(f'"{quoted}" <{bare}>', "us-ascii", header_name=field).encode()
    header = Header(name, "utf-8", header_name=field)
    header.append(f"<{bare}>", "us-ascii")
    return header.encode()


def _is_plain(value: str) -> bool:
    words = value.split(" ")
    return _PLAIN.fullmatch(value) is not None and max(map(len, words)) <= _LONGEST_PLAIN_WORD
