"""Text that people give for others to read: names on one line, messages on several.

Text is kept exactly as it was given or refused; nothing is cut, folded or cleaned, so what an administrator
approves is what everybody sees. Doors escape it and isolate its direction (``dir="auto"``).
"""

import unicodedata
from typing import Final

from vestibule.rules.refusals import Reason, Refused

JOINERS: Final = frozenset("\u200c\u200d")
"""Invisible, yet needed to write Persian, several scripts of India, and many emoji."""

_BREAKS: Final = frozenset("\n\r\t")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PLANE: Final = 0x10000
_NONCHARACTERS: Final = range(0xFDD0, 0xFDF0)
_LAST_TWO: Final = 0xFFFE


def text_line(text: str, *, limit: int, what: str) -> str:
    """Return ``text`` when it can stand in one line: a name, a subject, a title.

    Args:
        text: what was given.
        limit: the most characters (code points).
        what: the property's name, for the refusal.

    Raises:
        Refused: BAD_VALUE when it is blank, too long, or holds a control character, a line break, something that
            turns the direction of writing, or something that shows nothing.
    """
    return _checked(text, limit, what, allowed=JOINERS)


def text_lines(text: str, *, limit: int, what: str) -> str:
    """Return ``text`` when it can stand as a message: as ``text_line``, but line breaks and tabs are welcome.

    Raises:
        Refused: BAD_VALUE, as ``text_line``.
    """
    return _checked(text, limit, what, allowed=JOINERS | _BREAKS)


def has_hidden(text: str) -> bool:
    """Whether a character is in ``text`` that may not stand in a line."""
    return any(_is_hidden(sign) and sign not in JOINERS for sign in text)


def _checked(text: str, limit: int, what: str, *, allowed: frozenset[str]) -> str:
    if not text.strip() or not text.strip("".join(JOINERS) + " "):
        raise Refused(Reason.BAD_VALUE, property=what, why="blank")
    if len(text) > limit:
        raise Refused(Reason.BAD_VALUE, property=what, why="tooLong", most=limit)
    if any(_is_hidden(sign) and sign not in allowed for sign in text):
        raise Refused(Reason.BAD_VALUE, property=what, why="hiddenCharacter")
    return text


def _is_hidden(sign: str) -> bool:
    """Controls, format characters (all bidi controls and zero-width ones among them), lone surrogates, no characters.

    Unassigned code points pass: Unicode grows, and this Python does not know next year's letters.
    """
    point = ord(sign)
    no_character = point in _NONCHARACTERS or point % _PLANE >= _LAST_TWO
    return no_character or unicodedata.category(sign) in _HIDDEN
