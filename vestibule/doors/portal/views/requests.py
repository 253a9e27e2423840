"""What somebody asked of organizations, as their own pages show it: the same words wherever it stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from vestibule.doors.portal.views.erasure import Erasure
from vestibule.doors.portal.views.receipts import Receipt, ReceiptState
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_
from vestibule.rules.person_requests import Answer, Kind


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """A line under Privacy: what was asked of whom, by when it is answered, and what became of it.

    ``answer`` is None while the request is open. ``receipt_id``: of the leave, when they are gone from there by their
    own choice. ``withdrawable``: they can take it back.
    """

    tenant_id: str
    org: str
    kind: Kind
    asked: datetime
    due: datetime
    answer: Answer | None
    answered: datetime | None
    receipt_id: str = ""
    withdrawable: bool = False

    @property
    def what(self) -> str:
        """What was asked, in words of the catalog."""
        return KINDS[self.kind]

    @property
    def became(self) -> str:
        """What became of it, in words of the catalog; empty while it is open."""
        return "" if self.answer is None else ANSWERS[self.answer]


KINDS: Final = {
    Kind.REMOVAL: N_("Removal"),
    Kind.RESTORE: N_("Restore"),
    Kind.ERASURE: N_("Removal of data"),
    Kind.ACCESS: N_("Copy of data"),
}
ANSWERS: Final = {
    Answer.KEPT: N_("Kept"),
    Answer.REMOVED: N_("Removed"),
    Answer.RESTORED: N_("Restored"),
    Answer.LEFT: N_("You left"),
    Answer.GRANTED: N_("Granted"),
    Answer.REFUSED: N_("Refused"),
    Answer.WITHDRAWN: N_("Withdrawn"),
    Answer.NOTHING_HELD: N_("No data found"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestErasure(View):
    """*Ask {org} to remove your data*: the form, what became of it, or that it is too late.

    Attributes:
        receipt: the leave it is about. state: where the account stands now. key: see ``ReceiptPage``.
        email: where the answer will go. due: by when a request of now would be answered.
        erasure: what was asked; None before. may_ask_from: the moment from which they may ask again; None for now.
    """

    template: ClassVar[str] = "portal/request_erasure.html"
    receipt: Receipt
    state: ReceiptState
    due: datetime
    key: str = ""
    email: str = ""
    erasure: Erasure | None = None
    may_ask_from: datetime | None = None
