"""Asking an organization for one's data by a proven address: the pages that need no account.

Before an address is proven a page shows of an organization only how it was named; see ``sign_in``.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from vestibule.doors.portal.views.sign_in import SignInView
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_
from vestibule.rules.person_requests import LONGEST_TEXT, Answer, Kind

WISHES: Final = {
    Kind.ACCESS: N_("Tell me whether you have data about me, and give me a copy"),
    Kind.ERASURE: N_("Remove the data that you have about me"),
}
STATES: Final = {
    Answer.GRANTED: N_("Granted"),
    Answer.REFUSED: N_("Refused"),
    Answer.WITHDRAWN: N_("Withdrawn"),
    Answer.NOTHING_HELD: N_("No data found"),
}


class Act(StrEnum):
    """What a code is for."""

    FILE = "file"
    WITHDRAW = "withdraw"
    COPY = "copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoseData(View):
    """*Ask an organization about your data*: which one. ``typed``: what was typed and leads to none."""

    template: ClassVar[str] = "portal/whose_data.html"
    typed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForData(SignInView):
    """*Ask {org} about your data*: address, wish, words.

    Attributes:
        here: the address of the page. wish, email, words: as typed. due: by when a request of now would be answered.
    """

    template: ClassVar[str] = "portal/ask_for_data.html"
    here: str
    due: datetime
    wish: str = ""
    email: str = ""
    words: str = ""
    longest: int = LONGEST_TEXT

    @property
    def wishes(self) -> tuple[tuple[str, str], ...]:
        """Each wish as the form sends it, and in words of the catalog."""
        return tuple((kind.value, label) for kind, label in WISHES.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDataRequest(SignInView):
    """*Check your email*: the code that files a request, or does something with one.

    Attributes:
        here: where the form goes. email: masked. valid_until, tries_left, sent_again: see ``sign_in.CheckEmail``.
        act: what the code is for.
    """

    template: ClassVar[str] = "portal/confirm_data_request.html"
    here: str
    email: str
    valid_until: datetime
    act: Act
    tries_left: int | None = None
    sent_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequestSent(SignInView):
    """*Your request was sent*. ``already``: the same was asked before, ``asked``, and nobody has answered."""

    template: ClassVar[str] = "portal/data_request_sent.html"
    asked: datetime
    due: datetime
    already: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequestPage(SignInView):
    """*Your request to {org}*, for whoever holds the link of a letter.

    Attributes:
        here: the address, with the link's key. wish: what was asked. answer: None while nobody has answered.
        due, answered, copy_until, collected: when. email: masked. withdrawn: that was just done.
    """

    template: ClassVar[str] = "portal/data_request.html"
    here: str
    wish: Kind
    asked: datetime
    due: datetime
    answer: Answer | None
    answered: datetime | None
    copy_until: datetime | None
    copy_there: bool
    collected: datetime | None
    email: str
    withdrawn: bool = False

    @property
    def open(self) -> bool:
        """Nobody has answered it."""
        return self.answer is None

    @property
    def asks(self) -> str:
        """What was asked, in words of the catalog."""
        return WISHES[self.wish]

    @property
    def state(self) -> str:
        """What became of it, in words of the catalog; empty while it is open."""
        return "" if self.answer is None else STATES[self.answer]
