"""What a page says: whole sentences in the reader's language, with dates and numbers as that language writes them.

English is the source. The other languages stand in ``vestibule/locale/{language}/LC_MESSAGES/{domain}.po`` (gettext),
which is read once at start; there are no compiled files to keep in step. Placeholders are named, ``{org}``, and a
sentence is never put together from pieces. Plural rules, dates, numbers and lists come from CLDR, through Babel.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations
from markupsafe import Markup, escape

SOURCE_LANGUAGE: Final = "en"
NAMES: Final = {"en": "English", "nl": "Nederlands", "sv": "Svenska"}
"""The languages that are shipped, each by its own name. A further one is a catalog and a line here."""

_LOCALES: Final = {"en": "en_GB", "nl": "nl_NL", "sv": "sv_SE"}
_FOLDER: Final = Path(__file__).parents[2] / "locale"
_AFTER_Z: Final = str.maketrans({"å": "{", "ä": "|", "ö": "}"})
_RECENT: Final = timedelta(days=60)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "mark, translate later"
    """Mark a sentence for the catalog without translating it here."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 - as above, for a sentence with a number
    """Mark a sentence that depends on a number."""
    return one, many


@cache
def catalog(language: str, domain: str) -> NullTranslations:
    """Read the catalog of a shipped language; the source language has none.

    Raises:
        FileNotFoundError: there is no catalog of this domain in that language.
    """
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    with (_FOLDER / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as source:
        entries = read_po(source, locale=language, domain=domain, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, entries)
    compiled.seek(0)
    return Translations(compiled, domain=domain)


@dataclass(frozen=True, slots=True)
class Words:
    """One language, in one time zone.

    Attributes:
        language: the BCP 47 tag, as ``html lang`` and ``Content-Language`` say it.
        locale: how dates, numbers and lists are written.
        translations: the catalog of one domain.
        zone: the reader's time zone; its short name is shown with every hour.
    """

    language: str
    locale: Locale
    translations: NullTranslations
    zone: tzinfo = UTC

    def text(self, message: str, /, **values: object) -> str:
        """The sentence as plain text."""
        return self.translations.gettext(message).format(**values)

    def html(self, message: str, /, **values: object) -> Markup:
        """The sentence as HTML: it and every value that is not ``Markup`` are escaped."""
        return Markup(escape(self.translations.gettext(message))).format(**values)  # noqa: S704 - escaped just here

    def plural(self, one: str, many: str, n: int, /, **values: object) -> str:
        """The sentence for ``n`` things as plain text; ``{n}`` in it is the number."""
        return self.translations.ngettext(one, many, n).format(n=self.number(n), **values)

    def plural_html(self, one: str, many: str, n: int, /, **values: object) -> Markup:
        """The sentence for ``n`` things as HTML."""
        sentence = escape(self.translations.ngettext(one, many, n))
        return Markup(sentence).format(n=self.number(n), **values)  # noqa: S704 - escaped in the line above

    def number(self, n: int) -> str:
        """The number with the language's own grouping."""
        return format_decimal(n, locale=self.locale)

    def day(self, moment: datetime) -> str:
        """The date in words: 20 December 2026."""
        return format_date(moment.astimezone(self.zone), "long", locale=self.locale)

    def short_day(self, moment: datetime) -> str:
        """The date with a short month: 20 Dec 2026."""
        day = moment.astimezone(self.zone)
        if self.locale.territory == "GB":
            # British CLDR data writes "Sept" beside eleven months of three letters.
            return format_date(day, "d MMM y", locale="en_US")
        return format_date(day, "medium", locale=self.locale)

    def clock(self, moment: datetime) -> str:
        """The time of day with its zone: 19:00 UTC."""
        local = moment.astimezone(self.zone)
        name = local.tzname() or "UTC"
        # The time zone database has no letters for some zones, only an offset (+03); say what it is an offset from.
        zone = f"UTC{name}" if name[:1] in "+-" else name
        # CLDR puts a narrow no-break space before AM and PM; a plain no-break space survives more fonts.
        return f"{format_time(local, 'short', locale=self.locale)} {zone}".replace("\u202f", "\u00a0")

    def moment(self, moment: datetime) -> str:
        """Date and time of day: 20 December 2026 at 19:00 UTC."""
        return self.text("{date} at {time}", date=self.day(moment), time=self.clock(moment))

    def ago(self, then: datetime, now: datetime) -> str:
        """How long ago in whole days; from two months on the date, which says more by then."""
        if now - then > _RECENT:
            return self.short_day(then)
        days = (now.astimezone(self.zone).date() - then.astimezone(self.zone).date()).days
        if days <= 0:
            return self.text("today")
        # Counted in days only: a formatter left alone rounds 12 days to two weeks.
        return format_timedelta(
            timedelta(days=-days), granularity="day", threshold=math.inf, add_direction=True, locale=self.locale
        )

    def country(self, code: str | None) -> str:
        """The name of a country by its two letters; empty for none, the letters where they have no name."""
        return str(self.locale.territories.get(code, code)) if code else ""

    def joined(self, items: Iterable[str]) -> str:
        """The items as a list in a sentence: A, B and C."""
        return format_list(list(items), locale=self.locale)

    def joined_html(self, items: Sequence[Markup]) -> Markup:
        """The items as a list in a sentence, as HTML."""
        marks = [f"\x00{place}\x00" for place in range(len(items))]
        sentence = escape(format_list(marks, locale=self.locale))
        for mark, item in zip(marks, items, strict=True):
            sentence = sentence.replace(mark, item)
        return sentence

    def sort_key(self, name: str) -> tuple[str, str]:
        """A key that sorts names without regard to case and accents, except where the language has further letters."""
        return _sort_key(name, self.language)


def words(language: str, domain: str, *, american: bool = False, zone: tzinfo = UTC) -> Words:
    """The words of a shipped language; ``american`` writes English dates and hours as in the United States."""
    locale = "en_US" if american and language == SOURCE_LANGUAGE else _LOCALES[language]
    return Words(language, Locale.parse(locale), catalog(language, domain), zone)


def days_left(until: datetime, now: datetime) -> int:
    """Whole days until a moment, rounded up, so that 1 is the last day and 0 means over."""
    return max(0, math.ceil((until - now) / timedelta(days=1)))


def _sort_key(name: str, language: str) -> tuple[str, str]:
    folded = name.casefold()
    # Swedish has three more letters after z; everywhere else they are a and o with a mark.
    later = folded.translate(_AFTER_Z) if language == "sv" else folded
    plain = "".join(c for c in unicodedata.normalize("NFKD", later) if not unicodedata.combining(c))
    return plain, name
