"""Terms of use: what an organization wants people to accept before they come in, in one or more languages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from vestibule.rules import links, texts
from vestibule.rules.refusals import Reason, Refused

LANGUAGES: Final = ("en", "nl", "sv")
LONGEST_TEXT: Final = 50_000
PROPERTY: Final = "documents"


@dataclass(frozen=True, slots=True)
class Document:
    """The terms in one language: the text itself, or where it is to be read. One of the two is empty."""

    text: str = ""
    link: str = ""

    def as_kept(self) -> dict[str, str]:
        """As it is kept and sent: ``text`` or ``link``."""
        return {"text": self.text} if self.text else {"link": self.link}


def of_kept(kept: Mapping[str, str]) -> Document:
    """What ``as_kept`` gave."""
    return Document(text=kept.get("text", ""), link=kept.get("link", ""))


def document(*, text: str | None = None, link: str | None = None) -> Document:
    """Return a document with this text, or behind this link.

    Raises:
        Refused: BAD_VALUE with the property ``documents`` and ``why``: a text that is blank, longer than 50,000
            characters or holds characters that show nothing; a link that is no https page; both, or neither.
    """
    if (text is None) == (link is None):
        raise Refused(Reason.BAD_VALUE, property=PROPERTY, why="textOrLink")
    if text is not None:
        plain = text.replace("\r\n", "\n").strip("\n")
        return Document(text=texts.text_lines(plain, limit=LONGEST_TEXT, what=PROPERTY))
    found = links.read_link(link or "") if len(link or "") <= links.LONGEST_REDIRECT else None
    if found is None or found.scheme != "https":
        raise Refused(Reason.BAD_VALUE, property=PROPERTY, why="link")
    return Document(link=found.text)


def language(tag: str) -> str:
    """Return the language of a document. Raises Refused (BAD_VALUE) when pages do not speak it."""
    if tag.lower() not in LANGUAGES:
        raise Refused(Reason.BAD_VALUE, property=PROPERTY, why="language")
    return tag.lower()


def best(available: Iterable[str], *, wanted: str, of_organization: str) -> str:
    """Which of the languages there are somebody reads: their own, else the organization's, else English, else any.

    Raises:
        ValueError: there is none; a mistake in the program.
    """
    there = sorted(available)
    chosen = next((one for one in (wanted, of_organization, "en") if one in there), None)
    return chosen or min(there)
