"""The pages of leaving: confirm, you need permission, you can't leave yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Final

from vestibule.actions.handing_over import Alone
from vestibule.doors.portal.views.erasure import Erasure
from vestibule.doors.web.contacts import Contacts
from vestibule.doors.web.frame import View
from vestibule.rules.lifecycle import Tie
from vestibule.rules.refusals import Reason

NAMES_SHOWN: Final = 5
ASK_AGAIN_AFTER: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Loss:
    """Things of one kind that leaving takes away.

    Attributes:
        count: how many, hidden ones included.
        names: those that may be named, at most five of which are shown.
    """

    count: int = 0
    names: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """The names that are shown."""
        return self.names[:NAMES_SHOWN]

    @property
    def more(self) -> int:
        """How many are counted but not named."""
        return max(0, self.count - len(self.shown))


@dataclass(frozen=True, slots=True)
class Losses:
    """What the person will lose."""

    apps: Loss = Loss()
    groups: Loss = Loss()
    roles: Loss = Loss()
    owned: Loss = Loss()

    @property
    def nothing(self) -> bool:
        """There is nothing to lose."""
        return not (self.apps.count or self.groups.count or self.roles.count or self.owned.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmLeave(View):
    """*Leave {org}?*, as a page and as the dialog over the list.

    Attributes:
        tenant_id: the organization.
        name: its display name.
        domain: its primary domain.
        tie: how the person belongs to it; direct connect has other consequences.
        restorable_until: until when it could restore the account if the person left now; None for direct connect.
        data_removed_by: the latest day of the removal in that case.
        losses: None when they could not be listed in time.
        alone: what nobody else owns; each may be handed over to somebody who is in it.
        chosen: the new owners that were chosen, by the id of the thing.
        idempotency_key: makes a second press the same request.
        same_name: the person belongs to another organization of this name.
        asks_reason: the organization wants to know why.
        reason: what was typed, kept when the form comes back.
        erase: they want to be erased as well, kept when the form comes back. erases_at_once: the organization's
            setting. erased_by: the latest day of the removal at once.
        failed: the leave was tried and did not happen.
        reference: names the failed attempt to support.
    """

    template: ClassVar[str] = "portal/confirm_leave.html"
    fragment: ClassVar[str] = "portal/confirm_leave_dialog.html"
    tenant_id: str
    name: str
    domain: str
    tie: Tie
    restorable_until: datetime | None
    data_removed_by: datetime
    idempotency_key: str
    losses: Losses | None = None
    alone: tuple[Alone, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)
    same_name: bool = False
    asks_reason: bool = False
    reason: str = ""
    erase: bool = False
    erases_at_once: bool = False
    erased_by: datetime | None = None
    failed: bool = False
    reference: str = ""

    @property
    def wrong(self) -> bool:
        """See ``View.wrong``."""
        return self.failed or bool(self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionPage(View):
    """*You need permission to leave {org}*.

    Attributes:
        tenant_id: the organization.
        name: its display name.
        cause: ``ACCOUNT_DISABLED`` or ``ORGANIZATION_FORBIDS``.
        contacts: whom to ask.
        asked: when the person asked to be removed; None when they have not.
        answered: when the organization answered by keeping them.
        may_ask_from: the moment from which they may ask (again); None for now.
        erasure, may_ask_erasure_from: the same for the wish to be erased.
    """

    template: ClassVar[str] = "portal/permission.html"
    tenant_id: str
    name: str
    cause: Reason
    contacts: Contacts = field(default_factory=Contacts)
    asked: datetime | None = None
    answered: datetime | None = None
    may_ask_from: datetime | None = None
    erasure: Erasure | None = None
    may_ask_erasure_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotLeaveYet(View):
    """*You can't leave {org} yet*: the only administrator has to hand over first."""

    template: ClassVar[str] = "portal/cannot_leave_yet.html"
    tenant_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotLeaveHome(View):
    """*You can't leave {org}*: somebody opened the confirm page of their home organization by its address."""

    template: ClassVar[str] = "portal/cannot_leave_home.html"
    name: str
