"""What people typed, made harmless for a letter: names for headers and sentences, messages for quoting.

Unicode Standard Annex 9 (Bidirectional Algorithm) names the controls that can turn the words around a name; the line
and paragraph separators are those of RFC 5322, section 2.2, and of the Unicode Standard, section 5.8.
"""

import re
import unicodedata
from typing import Final

_JOINERS: Final = "\u200c\u200d"  # written inside words of Persian and Indic scripts, and inside emoji
_LINE_END: Final = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_SPACES: Final = re.compile("  +")
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


def name(typed: str | None, *, otherwise: str = "") -> str:
    """Return a name on one line, without control or invisible characters.

    Args:
        typed: the name as it was given.
        otherwise: what to return when nothing visible is left; has to be harmless itself.
    """
    kept = "".join(_harmless(character) for character in _LINE_END.sub(" ", typed or ""))
    return _SPACES.sub(" ", kept).strip().strip(_JOINERS) or otherwise


def message(typed: str | None) -> tuple[str, ...]:
    """Return a message as its lines, in order; empty when it says nothing. Blank lines inside are kept."""
    lines = [
        "".join(_harmless(character) for character in line).rstrip() for line in _LINE_END.split((typed or "").strip())
    ]
    return tuple(lines) if any(lines) else ()


def runs_right_to_left(text: str) -> bool:
    """Tell whether the text has a letter of a right-to-left script (and needs isolating inside a sentence)."""
    return any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text)


def _harmless(character: str) -> str:
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cf":
            return character if character in _JOINERS else ""
        case "Cs":
            return "\ufffd"  # half a character: no encoding can carry it
        case _:
            return character
