"""A letter's sentences, with dates and clock times in the reader's language and time zone.

The words themselves are those of ``doors.web.words``. A letter says each sentence twice, as plain text and as HTML, so
a sentence keeps its translation and its values apart until it is shown: then each is escaped in its place, and a value
never becomes part of a format, a header or a template.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup, escape

from vestibule.doors.letters import neutral
from vestibule.doors.web.words import NAMES, words

DOMAIN: Final = "letters"
_NAMED_AT_MOST: Final = 5


class Sentence(str):
    """A translated sentence with the values for its ``{placeholders}``: a plain text that knows itself as HTML."""

    __slots__ = ("_template", "_values")
    _template: str
    _values: Mapping[str, str]

    def __new__(cls, template: str, values: Mapping[str, str]) -> Self:
        """Put the values into the template."""
        sentence = super().__new__(cls, template.format_map(values))
        sentence._template, sentence._values = template, values
        return sentence

    def __html__(self) -> Markup:
        """The sentence as HTML: everything escaped, right-to-left names isolated from the words around them."""
        return escape(self._template).format_map({key: _isolated(value) for key, value in self._values.items()})


class Wording:
    """How one letter says things."""

    def __init__(self, language: str, time_zone: str) -> None:
        """Prepare a language and a time zone.

        Args:
            language: a shipped language.
            time_zone: an IANA name. One that is unknown here gives UTC: a letter is worth more than its hour's zone,
                and the zone stands beside each hour.

        Raises:
            ValueError: the language is not shipped.
        """
        if language not in NAMES:
            msg = f"no letters in language {language!r}; there are {', '.join(NAMES)}"
            raise ValueError(msg)
        self.language = language
        self._words = words(language, DOMAIN, zone=_zone(time_zone))

    def say(self, message: str, /, **values: str) -> Sentence:
        """Return a sentence in the reader's language; values are made harmless on the way."""
        return Sentence(self._words.translations.gettext(message), _harmless(values))

    def count(self, one: str, many: str, n: int, /, **values: str) -> Sentence:
        """Return the plural form for ``n``, which the sentence shows as ``{n}``."""
        template = self._words.translations.ngettext(one, many, n)
        return Sentence(template, {"n": self.number(n), **_harmless(values)})

    def number(self, n: int) -> str:
        """Return a whole number with the language's grouping."""
        return self._words.number(n)

    def series(self, names: Sequence[str], *, of: int) -> str:
        """Return names as one phrase: all of ``of``, or the first five and how many more there are."""
        shown = names[:_NAMED_AT_MOST]
        if len(shown) >= of:
            return self._words.joined(shown)
        return self.say("{names} and {n} more", names=", ".join(shown), n=self.number(of - len(shown)))

    def day(self, moment: datetime) -> str:
        """Return the date, spelled out: *20 December 2026*."""
        return self._words.day(aware(moment))

    def clock(self, moment: datetime) -> str:
        """Return the time of day with its zone: *19:00 UTC*."""
        return self._words.clock(aware(moment))

    def moment(self, moment: datetime) -> str:
        """Return date and time of day with its zone: *20 December 2026 at 19:00 UTC*."""
        return self._words.moment(aware(moment))


def _harmless(values: Mapping[str, str]) -> dict[str, str]:
    return {key: neutral.name(value) for key, value in values.items()}


def _isolated(value: str) -> Markup:
    return Markup("<bdi>{}</bdi>").format(value) if neutral.runs_right_to_left(value) else escape(value)


def aware(moment: datetime) -> datetime:
    """Return the moment, or raise ``ValueError`` when it has no zone."""
    if moment.tzinfo is None:
        msg = "a time without a zone cannot be shown"
        raise ValueError(msg)
    return moment


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
