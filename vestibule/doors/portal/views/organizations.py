"""The Organizations page: home, other organizations, invitations, organizations left."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import ClassVar, Final
from urllib.parse import urlencode

from vestibule.doors.portal.views.erasure import Erasure
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import Words
from vestibule.rules.lifecycle import Tie
from vestibule.rules.refusals import Reason

SEARCH_ABOVE: Final = 8
PAGE_SIZE: Final = 50


class RowState(StrEnum):
    """What decides the line under an organization's name and where its control leads; the first that applies."""

    HOME = "home"
    UNAVAILABLE = "unavailable"
    DISABLED = "disabled"
    FORBIDDEN = "forbidden"
    ONLY_ADMINISTRATOR = "onlyAdministrator"
    DIRECT_CONNECT = "directConnect"
    NOT_SIGNED_IN = "notSignedIn"
    SIGNED_IN = "signedIn"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationRow:
    """One organization the person belongs to.

    Attributes:
        tenant_id: the organization.
        name: its display name.
        domain: its primary domain.
        tie: how the person belongs to it.
        since: when that began.
        last_sign_in: the last sign-in there; None when there was none or it is not known.
        signed_in_there: this browser has a live session there.
        current: it is the organization the person is signed in to now.
        why_not: why the person may not leave, by the rules' own predicate; None when they may.
        removal_asked: when they asked to be removed; the request is open.
        removal_answered: when the organization answered such a request by keeping them.
        restored: when an administrator brought the account back.
        available: False when the organization's data could not be read just now.
        erasure: what they asked of their data there.
        logo: address of a stored logo on this origin.
    """

    tenant_id: str
    name: str
    domain: str
    tie: Tie
    since: datetime | None = None
    last_sign_in: datetime | None = None
    signed_in_there: bool = False
    current: bool = False
    why_not: Reason | None = None
    removal_asked: datetime | None = None
    removal_answered: datetime | None = None
    restored: datetime | None = None
    available: bool = True
    logo: str = ""
    erasure: Erasure | None = None

    @property
    def state(self) -> RowState:
        """The row's state."""
        if self.tie is Tie.HOME:
            return RowState.HOME
        match self.why_not:
            case _ if not self.available:
                return RowState.UNAVAILABLE
            case Reason.ACCOUNT_DISABLED:
                return RowState.DISABLED
            case Reason.ORGANIZATION_FORBIDS:
                return RowState.FORBIDDEN
            case Reason.ONLY_ADMINISTRATOR:
                return RowState.ONLY_ADMINISTRATOR
        if self.tie is Tie.DIRECT_CONNECT:
            return RowState.DIRECT_CONNECT
        return RowState.SIGNED_IN if self.signed_in_there else RowState.NOT_SIGNED_IN

    @property
    def needs_permission(self) -> bool:
        """Leave leads to the page that says whom to ask."""
        return self.state in (RowState.DISABLED, RowState.FORBIDDEN)


class LeftState(Enum):
    """How far the removal of somebody who left has come."""

    RESTORABLE = "restorable"
    PURGED = "purged"
    ERASED = "erased"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftRow:
    """One organization the person left.

    Attributes:
        tenant_id: the organization.
        name: its display name.
        domain: its primary domain.
        receipt_id: the receipt of the leave.
        state: how far the removal has come.
        left_at: when they left.
        restorable_until: the end of the 30 days; None for direct connect.
        data_removed_by: the latest day of the removal.
        erased_at: when the removal was finished.
        restored_at: when the account was brought back; a departure that was undone has only its receipt.
        held: a legal hold keeps the data.
        erasure: what they asked of their data there, while the account can be restored.
    """

    tenant_id: str
    name: str
    domain: str
    receipt_id: str
    state: LeftState
    left_at: datetime
    restorable_until: datetime | None
    data_removed_by: datetime
    erased_at: datetime | None = None
    restored_at: datetime | None = None
    held: bool = False
    erasure: Erasure | None = None


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation that waits for an answer; ``inviter`` is empty when an app invited."""

    tenant_id: str
    name: str
    domain: str
    inviter: str
    invited_on: datetime


@dataclass(frozen=True, slots=True)
class Paging:
    """Where in a long list a page stands; an address is empty where there is nothing further."""

    first: int
    last: int
    total: int
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationsPage(View):
    """The page.

    Attributes:
        home: the home organization; None for a person without one.
        others: the organizations on this page of the list, sorted.
        count: how many there are in all.
        invitations: what waits for an answer.
        left: organizations left, latest first.
        find: the text that the list is filtered by.
        paging: None while everything fits on one page.
        shared_names: display names, in case-folded form, that more than one organization bears.
        failed: the list could not be read at all.
        declined: name of the organization whose invitation was just declined.
    """

    template: ClassVar[str] = "portal/organizations.html"
    home: OrganizationRow | None = None
    others: tuple[OrganizationRow, ...] = ()
    count: int = 0
    invitations: tuple[InvitationRow, ...] = ()
    left: tuple[LeftRow, ...] = ()
    find: str = ""
    paging: Paging | None = None
    shared_names: frozenset[str] = frozenset()
    failed: bool = False
    declined: str = ""

    @property
    def searchable(self) -> bool:
        """A search field stands above a list that is longer than eight."""
        return self.count > SEARCH_ABOVE

    def shows_domain(self, row: OrganizationRow) -> bool:
        """Organizations that share a display name are told apart by their domain."""
        return row.name.casefold() in self.shared_names

    @property
    def homeless_and_alone(self) -> bool:
        """The person belongs to no organization any more."""
        return self.home is None and self.count == 0


def organizations_page(
    rows: Iterable[OrganizationRow],
    words: Words,
    *,
    invitations: Iterable[InvitationRow] = (),
    left: Iterable[LeftRow] = (),
    find: str = "",
    page: int = 1,
    declined: str = "",
) -> OrganizationsPage:
    """Arrange what was read: home first, the rest sorted, filtered and cut into pages of 50.

    Args:
        rows: every organization the person belongs to.
        words: the reader's language, which decides the order.
        invitations: what waits for an answer.
        left: organizations left.
        find: show only names and domains that contain this, ignoring case and accents.
        page: the page of the list, from 1; one that does not exist gives the nearest that does.
        declined: name of the organization whose invitation was just declined.
    """
    every = tuple(rows)
    home = next((row for row in every if row.tie is Tie.HOME), None)
    others = sorted((row for row in every if row.tie is not Tie.HOME), key=lambda row: words.sort_key(row.name))
    wanted = words.sort_key(find.strip())[0]
    found = [row for row in others if any(wanted in words.sort_key(text)[0] for text in (row.name, row.domain))]
    shown, paging = _cut(found, find.strip(), page)
    return OrganizationsPage(
        home=home,
        others=tuple(shown),
        count=len(others),
        invitations=tuple(sorted(invitations, key=lambda row: words.sort_key(row.name))),
        left=tuple(sorted(left, key=lambda row: row.left_at, reverse=True)),
        find=find.strip(),
        paging=paging,
        shared_names=frozenset(name for name, n in Counter(row.name.casefold() for row in every).items() if n > 1),
        declined=declined,
    )


def _cut(rows: Sequence[OrganizationRow], find: str, page: int) -> tuple[Sequence[OrganizationRow], Paging | None]:
    if len(rows) <= PAGE_SIZE:
        return rows, None
    last_page = -(-len(rows) // PAGE_SIZE)
    page = min(max(page, 1), last_page)
    start = (page - 1) * PAGE_SIZE
    shown = rows[start : start + PAGE_SIZE]
    return shown, Paging(
        first=start + 1,
        last=start + len(shown),
        total=len(rows),
        previous_url=_page_url(find, page - 1) if page > 1 else "",
        next_url=_page_url(find, page + 1) if page < last_page else "",
    )


def _page_url(find: str, page: int) -> str:
    return "?" + urlencode({**({"find": find} if find else {}), "page": page})
