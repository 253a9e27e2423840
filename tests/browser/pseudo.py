"""The pseudo-language en-XA: English with accents and 40 percent more of it. It finds what fits English only."""

import re
from gettext import NullTranslations
from typing import Final

from babel import Locale

from vestibule.doors.web.words import Words

LANGUAGE: Final = "en-XA"
_ACCENTED: Final = str.maketrans(
    "aceginorsuyzACEGINORSUYZ",
    "àçéĝîñôŕšûýžÀÇÉĜÎÑÔŔŠÛÝŽ",
)
_PLACEHOLDER: Final = re.compile(r"(\{\w+\})")
_FILLER: Final = "wider than English "


def pseudo(sentence: str) -> str:
    """The sentence with accents, placeholders untouched, and made 40 percent longer with short words."""
    accented = "".join(
        part if _PLACEHOLDER.fullmatch(part) else part.translate(_ACCENTED) for part in _PLACEHOLDER.split(sentence)
    )
    more = max(2, round(len(_PLACEHOLDER.sub("", sentence)) * 0.4))
    return f"{accented} {(_FILLER * (more // len(_FILLER) + 1))[:more].strip()}"


class PseudoTranslations(NullTranslations):
    """A catalog that translates everything into the pseudo-language."""

    def gettext(self, message: str) -> str:
        return pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return pseudo(msgid1 if n == 1 else msgid2)


def pseudo_words() -> Words:
    """Words that speak the pseudo-language."""
    return Words(LANGUAGE, Locale.parse("en_GB"), PseudoTranslations())
