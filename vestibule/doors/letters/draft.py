"""A letter before it is set: its subject, its body in blocks, whose name it carries.

The blocks are the whole vocabulary of a letter. ``plain`` and ``hypertext`` each know how to show every one.
"""

import re
from dataclasses import dataclass
from enum import Enum

from vestibule.doors.letters.kinds import LetterFacts, Mailbox
from vestibule.doors.letters.wording import Sentence
from vestibule.doors.web.letter_reading import is_web_address


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One or more whole sentences."""

    text: Sentence


@dataclass(frozen=True, slots=True)
class Caution(Paragraph):
    """A paragraph nobody should miss."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A message in somebody's own words, line by line."""

    label: Sentence
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Labels with their values."""

    rows: tuple[tuple[Sentence, str], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list under a line that says what it is."""

    label: Sentence
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of the same shape; the first column names the row. A value may be missing."""

    caption: Sentence
    columns: tuple[Sentence, ...]
    rows: tuple[tuple[str | None, ...], ...]
    more: Sentence | None = None  # how many are not shown


@dataclass(frozen=True, slots=True)
class Code:
    """The eight digits of a one-time code."""

    digits: str

    def __post_init__(self) -> None:
        """Refuse anything but eight ASCII digits: this is what a reader, or a program, looks for."""
        if re.fullmatch("[0-9]{8}", self.digits) is None:
            msg = "a code has eight digits"
            raise ValueError(msg)

    @property
    def grouped(self) -> str:
        """The digits as they are read aloud: four and four."""
        return f"{self.digits[:4]} {self.digits[4:]}"


@dataclass(frozen=True, slots=True)
class Link:
    """A link whose words say where it leads."""

    label: Sentence
    address: str

    def __post_init__(self) -> None:
        """Refuse an address that is no plain web address: nothing else may be followed out of a letter."""
        if not is_web_address(self.address):
            msg = f"not a web address that a letter can carry: {self.address!r}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Button(Link):
    """The one thing a letter is for; at most one in a letter."""


Block = Paragraph | Caution | Quote | Rows | Items | Table | Code | Link | Button


class Voice(Enum):
    """Whose name stands in *From*."""

    ORGANIZATION = "organization"  # "{org} via {service}"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter, composed but not yet set."""

    subject: Sentence
    body: tuple[Block, ...]
    why: Sentence  # why the reader got it
    voice: Voice
    about: LetterFacts | None  # the organization whose privacy statement the foot links; None: a letter without links
    reply_to: Mailbox | None = None
    reference: str | None = None  # stands at the subject's end
    unsubscribe: str | None = None
