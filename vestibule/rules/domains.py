"""Domain names: one strict reader, one form to compare, one form to show.

A domain is kept and compared as A-labels in lower case (``xn--cre53-kva.de``) and shown as U-labels
(``cüre53.de``). Nothing is ever folded: a name with a capital beyond A to Z, a full-width letter, a ligature or a
Kelvin sign is refused, not turned into another name. Two different spellings therefore never meet in one domain.

The rules are those of IDNA2008 (RFC 5891, 5892, 5893) on the strict side: characters that are allowed only in
context (joiners, middle dots) are refused.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from vestibule.rules.refusals import Reason, Refused

LONGEST: Final = 253
LONGEST_LABEL: Final = 63

_LDH: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_NUMERIC: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LOWER_ASCII: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}

# RFC 5892, section 2.6: exceptions to the general rule.
_ALLOWED_EXCEPTIONS: Final = frozenset("\u00df\u03c2\u06fd\u06fe\u0f0b\u3007")
_REFUSED_EXCEPTIONS: Final = frozenset("\u0640\u07fa\u302e\u302f\u3031\u3032\u3033\u3034\u3035\u303b")
# Section 2.7 and 2.9: letters that show nothing, and old Hangul.
_IGNORABLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
    "\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]"
)
_WORD_CATEGORIES: Final = frozenset({"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"})

# RFC 5893, section 2.
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_IN_RTL: Final = frozenset({"R", "AL", "AN", "EN", "ES", "CS", "ET", "ON", "BN", "NSM"})
_ENDS_RTL: Final = frozenset({"R", "AL", "EN", "AN"})
_IN_LTR: Final = frozenset({"L", "EN", "ES", "CS", "ET", "ON", "BN", "NSM"})
_ENDS_LTR: Final = frozenset({"L", "EN"})


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain name; two are the same domain exactly when they are equal.

    Attributes:
        name: A-labels in lower case, joined by dots: what is stored, compared and sent to.
    """

    name: str

    @property
    def shown(self) -> str:
        """The name in its own script, for people; show ``name`` beside it where a mix-up would hurt."""
        return ".".join(_to_unicode(label) for label in self.name.split("."))


def read_domain(text: str) -> Domain | None:
    """Return the domain that ``text`` names, written with A-labels or U-labels, or None when it names none.

    At least two labels; letters, digits and inner hyphens (RFC 5890, section 2.3.1); the last label not a number, so
    that no address of a machine passes for a name (WHATWG URL, *ends in a number*). A trailing dot is refused.
    """
    if not text or len(text) > LONGEST:
        return None
    labels = [_to_ascii(label) for label in text.split(".")]
    name = ".".join(label or "" for label in labels)
    if None in labels or len(labels) == 1 or len(name) > LONGEST or _NUMERIC.fullmatch(name.rpartition(".")[2]):
        return None
    domain = Domain(name)
    return domain if _directions_agree(domain.shown) else None


def domain(text: str, *, what: str = "domain") -> Domain:
    """Return the domain that ``text`` names.

    Raises:
        Refused: BAD_VALUE with the property ``what`` when it names none.
    """
    found = read_domain(text)
    if found is None:
        raise Refused(Reason.BAD_VALUE, property=what, why="domain")
    return found


def _to_ascii(label: str) -> str | None:
    """Return the A-label (or plain label) in lower case, or None when ``label`` is none of the allowed kinds."""
    lower = label.translate(_LOWER_ASCII)
    if lower.startswith("xn--"):
        return lower if _is_a_label(lower) else None
    if not lower.isascii():
        if not _is_u_label(lower):
            return None
        lower = _encode(lower)
    elif lower[2:4] == "--":
        return None
    return lower if len(lower) <= LONGEST_LABEL and _LDH.fullmatch(lower) else None


def _is_a_label(label: str) -> bool:
    """Whether it is the one right spelling of a U-label that is allowed."""
    if not label.isascii() or len(label) > LONGEST_LABEL or not _LDH.fullmatch(label):
        return False
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return False
    return not decoded.isascii() and _is_u_label(decoded) and _encode(decoded) == label


def _encode(label: str) -> str:
    return "xn--" + label.encode("punycode").decode("ascii")


def _is_u_label(label: str) -> bool:
    """RFC 5891, section 4.2: composed, no hyphen at either end or at places three and four, no loose mark first."""
    return (
        label == unicodedata.normalize("NFC", label)
        and not label.startswith("-")
        and not label.endswith("-")
        and label[2:4] != "--"
        and not unicodedata.category(label[0]).startswith("M")
        and all(sign == "-" or _is_word_sign(sign) for sign in label)
        and not _mixes_digits(label)
    )


def _is_word_sign(sign: str) -> bool:
    """RFC 5892, section 3, without the characters that need a context."""
    if sign in _ALLOWED_EXCEPTIONS:
        return True
    if sign in _REFUSED_EXCEPTIONS or _IGNORABLE.match(sign):
        return False
    stable = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", sign).casefold())
    return sign == stable and unicodedata.category(sign) in _WORD_CATEGORIES


def _mixes_digits(label: str) -> bool:
    """RFC 5892, appendix A.8 and A.9: two sets of Arabic digits look alike and may not stand together."""
    return bool(re.search("[\u0660-\u0669]", label) and re.search("[\u06f0-\u06f9]", label))


def _to_unicode(label: str) -> str:
    return label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label


def _directions_agree(shown: str) -> bool:
    """RFC 5893, section 2: in a name with a right-to-left label, each label reads in one direction."""
    kinds = [[unicodedata.bidirectional(sign) for sign in label] for label in shown.split(".")]
    if not any(kind in _RIGHT_TO_LEFT for label in kinds for kind in label):
        return True
    return all(_reads_one_way(label) for label in kinds)


def _reads_one_way(kinds: list[str]) -> bool:
    last = next((kind for kind in reversed(kinds) if kind != "NSM"), "")
    if kinds[0] in {"R", "AL"}:
        return _IN_RTL.issuperset(kinds) and last in _ENDS_RTL and not {"EN", "AN"}.issubset(kinds)
    return kinds[0] == "L" and _IN_LTR.issuperset(kinds) and last in _ENDS_LTR
