"""The other pages of My Account: overview, apps, personal info, sign-ins, privacy, language; help and the notice."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import ClassVar

from vestibule.doors.portal.views.organizations import LeftRow
from vestibule.doors.portal.views.requests import OwnRequest
from vestibule.doors.web.frame import Display, View


@dataclass(frozen=True, slots=True)
class App:
    """An app an organization shares with the person; without an address it is shown but leads nowhere."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class OrganizationApps:
    """The apps of one organization."""

    tenant_id: str
    name: str
    apps: tuple[App, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppsPage(View):
    """*Apps*: tiles, grouped by organization."""

    template: ClassVar[str] = "portal/apps.html"
    organizations: tuple[OrganizationApps, ...] = ()


class Outcome(Enum):
    """How a sign-in ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRow:
    """One sign-in. ``country`` is empty when the place is not known; so is ``device``."""

    at: datetime
    organization: str
    app: str
    device: str = ""
    country: str = ""
    outcome: Outcome = Outcome.SUCCEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInsPage(View):
    """*Sign-ins*, latest first.

    Attributes:
        rows: what is shown.
        organizations: (tenant id, name) of every organization to filter by.
        organization: tenant id of the one that is filtered by; empty for all.
    """

    template: ClassVar[str] = "portal/sign_ins.html"
    rows: tuple[SignInRow, ...] = ()
    organizations: tuple[tuple[str, str], ...] = ()
    organization: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalInfo(View):
    """*Personal info*, read-only.

    Attributes:
        name: the display name.
        email: the address.
        language: the language the person prefers, a tag; empty when none is stored.
        managed_by: the home organization that owns name and address; empty for a person without one.
    """

    template: ClassVar[str] = "portal/personal_info.html"
    name: str
    email: str
    language: str = ""
    managed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationPrivacy:
    """What one organization says about privacy."""

    tenant_id: str
    name: str
    privacy_statement: str = ""
    privacy_contact: str = ""


@dataclass(frozen=True, slots=True)
class BlockedOrganization:
    """An organization that may not invite the person."""

    tenant_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyPage(View):
    """*Privacy*: per organization, who is blocked, and every receipt, however old."""

    template: ClassVar[str] = "portal/privacy.html"
    organizations: tuple[OrganizationPrivacy, ...] = ()
    blocked: tuple[BlockedOrganization, ...] = ()
    left: tuple[LeftRow, ...] = ()
    requests: tuple[OwnRequest, ...] = ()
    allowed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagePage(View):
    """*Language*: language, display and keyboard shortcuts. ``saved``: the form was just sent."""

    template: ClassVar[str] = "portal/language.html"
    language: str
    display: Display = Display.SYSTEM
    shortcuts: bool = True
    saved: bool = False


class NoticeKind(Enum):
    """What needs the person."""

    INVITATION = "invitation"
    RESTORE_ENDS = "restoreEnds"
    REMOVAL_ANSWERED = "removalAnswered"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that needs the person: of which organization, when, and where to look."""

    kind: NoticeKind
    organization: str
    at: datetime
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview(View):
    """*Overview*.

    Attributes:
        name: how the person is greeted.
        notices: what needs them, most urgent first.
        organization_count: how many organizations they belong to.
        organizations: names of the first three.
        apps: the first apps, grouped by organization.
        app_count: how many apps there are.
        sign_ins: the latest sign-ins; empty when none are known.
        receipt_count: how many receipts are kept.
    """

    template: ClassVar[str] = "portal/overview.html"
    name: str
    notices: tuple[Notice, ...] = ()
    organization_count: int = 0
    organizations: tuple[str, ...] = ()
    apps: tuple[OrganizationApps, ...] = ()
    app_count: int = 0
    sign_ins: tuple[SignInRow, ...] = ()
    receipt_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Help(View):
    """*Help*: how things are done here. Needs no sign-in."""

    template: ClassVar[str] = "portal/help.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyNotice(View):
    """What the service keeps and why. Needs no sign-in; not to be confused with *Privacy* in My Account."""

    template: ClassVar[str] = "portal/privacy_notice.html"
