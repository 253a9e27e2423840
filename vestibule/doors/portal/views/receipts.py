"""The receipt of a leave, as page and as text, and the form that asks for a restore."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import ClassVar

from vestibule.doors.portal.views.erasure import Erasure
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_, Words
from vestibule.ground.clock import iso


class ReceiptState(Enum):
    """Where the account of a receipt stands; the values are the four words for it."""

    RESTORED = N_("Active")
    RESTORABLE = N_("Deleted, can be restored")
    PURGED = N_("Permanently deleted")
    ERASED = N_("Data removed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a receipt says. It holds nothing of the person's profile.

    Attributes:
        receipt_id: its address.
        reference: the number to quote, ``VL-XXXX-XXXX``.
        name: the organization's display name.
        domain: its primary domain.
        left_at: the moment of leaving.
        restorable_until: the end of the 30 days; None for direct connect.
        purged_at: when the account was permanently deleted; None before that.
        data_removed_by: the latest day of the removal.
        erased_at: when the removal was finished; None before that.
        restored_at: when an administrator brought the account back; None otherwise.
        held: a legal hold keeps the data, so that nobody knows when it is removed.
    """

    receipt_id: str
    reference: str
    name: str
    domain: str
    left_at: datetime
    restorable_until: datetime | None
    data_removed_by: datetime
    purged_at: datetime | None = None
    erased_at: datetime | None = None
    restored_at: datetime | None = None
    held: bool = False

    def state_at(self, now: datetime) -> ReceiptState:
        """Where the account stands, decided from the time alone where nobody has written it down yet."""
        if self.restored_at is not None:
            return ReceiptState.RESTORED
        if self.erased_at is not None:
            return ReceiptState.ERASED
        over = self.restorable_until is None or now >= self.restorable_until
        return ReceiptState.PURGED if over or self.purged_at is not None else ReceiptState.RESTORABLE

    def permanently_deleted_at(self, now: datetime) -> datetime | None:
        """When the account was permanently deleted: as written down, or at the deadline that has passed."""
        if self.purged_at is not None or self.restored_at is not None:
            return self.purged_at
        if self.restorable_until is not None and now >= self.restorable_until:
            return self.restorable_until
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPage(View):
    """*You left {org}*.

    Attributes:
        receipt: what it says.
        state: where the account stands now.
        key: the signed key of the letter's link, carried on by the links of this page; empty when signed in.
        email: where the copy was sent; empty when none was.
        privacy_contact: whom to write to; empty when the organization names nobody.
        asked: when the person asked to be restored; None when they have not.
        signed_out: the person belongs to no organization now and was signed out.
        certified: there is a certificate that the data was removed.
        erasure: the wish to be erased, an ``Erasure``; None when there is none.
        erased_with_leave: they left and were deleted for good in one, as they had asked.
    """

    template: ClassVar[str] = "portal/receipt.html"
    receipt: Receipt
    state: ReceiptState
    key: str = ""
    email: str = ""
    privacy_contact: str = ""
    asked: datetime | None = None
    signed_out: bool = False
    certified: bool = False
    erasure: Erasure | None = None
    erased_with_leave: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify(View):
    """*Check a receipt or certificate*. ``keys`` is the JWK set to check with, as JSON."""

    template: ClassVar[str] = "portal/verify.html"
    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRestore(View):
    """*Ask {org} to restore your account*: the form, what became of it, or that it is too late.

    Attributes:
        receipt: the leave it is about.
        state: where the account stands now.
        key: see ``ReceiptPage``.
        email: where the answer will go.
        asked: when the request was sent; None before.
    """

    template: ClassVar[str] = "portal/request_restore.html"
    receipt: Receipt
    state: ReceiptState
    key: str = ""
    email: str = ""
    asked: datetime | None = None


def receipt_text(receipt: Receipt, words: Words, now: datetime) -> str:
    """The receipt as plain text for saving: label, value, and each moment once more in ISO 8601."""

    def moment(at: datetime) -> str:
        return f"{words.moment(at)} ({iso(at)})"

    rows: list[tuple[str, str]] = [
        (words.text("Reference"), receipt.reference),
        (words.text("Organization"), f"{receipt.name} ({receipt.domain})"),
        (words.text("Left on"), moment(receipt.left_at)),
    ]
    if receipt.restorable_until is not None:
        rows.append((words.text("Can be restored until"), moment(receipt.restorable_until)))
    deleted = receipt.permanently_deleted_at(now)
    if deleted is not None and not receipt.held:
        rows.append((words.text("Permanently deleted on"), moment(deleted)))
    kept, by = words.text("Kept because of a legal hold"), moment(receipt.erased_at or receipt.data_removed_by)
    rows.append((words.text("Data removed by"), kept if receipt.held else by))
    rows.append((words.text("State"), words.text(receipt.state_at(now).value)))
    lines = [words.text("You left {org}", org=receipt.name), "", *(f"{label}: {value}" for label, value in rows), ""]
    return "\n".join(lines)
