"""Every page in every state, as view models with the frame around them: what the gallery shows and the tests walk."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from vestibule.actions.handing_over import Alone, Heir
from vestibule.doors.portal.heirs import HEIR_GONE
from vestibule.doors.portal.views import (
    access_reviews,
    account,
    data_requests,
    devices,
    leaving,
    organizations,
    problems,
    receipts,
    second_factors,
    sign_in,
)
from vestibule.doors.portal.views.erasure import Erasure
from vestibule.doors.portal.views.requests import OwnRequest, RequestErasure
from vestibule.doors.web.contacts import Contacts
from vestibule.doors.web.errors import ErrorKind, ErrorPage, GoOn, Part, Step
from vestibule.doors.web.frame import Account, Display, Frame, Site, SwitchTarget, View
from vestibule.doors.web.words import Words
from vestibule.rules.lifecycle import Tie
from vestibule.rules.person_requests import Answer, Ground, Kind
from vestibule.rules.refusals import Reason

NOW: Final = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
DAY: Final = timedelta(days=1)
NORTHWIND, ADATUM, FABRIKAM, LITWARE, TAILSPIN, WOODGROVE, ALPINE, CONTOSO = (
    f"{n:08x}-0000-7000-8000-00000000000{n}" for n in range(1, 9)
)
RECEIPT: Final = "0193b1f0-0000-7000-8000-000000000001"

ADELE: Final = Account(
    name="Adele Vance",
    email="adele@northwind.example",
    organization="Northwind Traders",
    switch_to=(
        SwitchTarget(NORTHWIND, "Northwind Traders", current=True),
        SwitchTarget(ADATUM, "Adatum Corporation"),
        SwitchTarget(FABRIKAM, "Fabrikam"),
    ),
    administrator=True,
)
NOBODY_HOME: Final = Account(name="Sam Okafor", email="sam@mailbox.example")
LONG: Final = "Nederlandse Vereniging voor Arbeidsmarktonderzoek en Onderwijsvernieuwing Noord-Holland"


def _question(name: str, **facts: Any) -> access_reviews.Question:
    return access_reviews.Question(
        **{
            "tenant_id": FABRIKAM,
            "organization": "Fabrikam",
            "review_id": f"{name}-review",
            "instance_id": f"{name}-instance",
            "decision_id": f"{name}-decision",
            "review": "Guests of North wing",
            "description": "Once a quarter.",
            "email": "robin@elsewhere.example" if facts.get("about") else "",
            "looked_at": "North wing",
            "until": NOW + 5 * DAY,
            "needs_reason": False,
            "last_sign_in": None,
            "recommendation": "",
            **facts,
        }
    )


EARLIER: Final = (
    access_reviews.Before(
        1, access_reviews.Answer.KEEP, "Megan Bowen", "Works with us until the summer, and needs the plans for that."
    ),
    access_reviews.Before(2, access_reviews.Answer.UNKNOWN, "", ""),
    access_reviews.Before(3, None, "", ""),
)


@dataclass(frozen=True, slots=True)
class Story:
    """One page in one state.

    Attributes:
        name: where the gallery shows it.
        view: what it shows.
        account: who is signed in.
        path: the page's own address.
        status: the HTTP status it comes with.
    """

    name: str
    view: View
    account: Account | None = ADELE
    path: str = "/myaccount/organizations"
    status: int = 200
    query: tuple[tuple[str, str], ...] = field(default=())


def frame(story: Story, words: Words, display: Display = Display.SYSTEM) -> Frame:
    """The frame of a story in one language and display."""
    return Frame(
        words=words,
        path=story.path,
        now=NOW,
        query=story.query,
        form_token="gallery-form-token",
        account=story.account,
        display=display,
        site=Site(operator="Contoso"),
    )


HOME: Final = organizations.OrganizationRow(
    tenant_id=NORTHWIND,
    name="Northwind Traders",
    domain="northwind.example",
    tie=Tie.HOME,
    since=datetime(2021, 2, 4, 9, tzinfo=UTC),
    signed_in_there=True,
    current=True,
    why_not=Reason.HOME_ORGANIZATION,
)
GUEST: Final = organizations.OrganizationRow(
    tenant_id=ADATUM,
    name="Adatum Corporation",
    domain="adatum.example",
    tie=Tie.GUEST,
    since=datetime(2023, 9, 19, 9, tzinfo=UTC),
    last_sign_in=NOW - 3 * DAY,
    signed_in_there=True,
)
ROWS: Final = (
    HOME,
    GUEST,
    replace(GUEST, tenant_id=FABRIKAM, name="Fabrikam", domain="fabrikam.example", signed_in_there=False),
    replace(GUEST, tenant_id=LITWARE, name="Litware", domain="litware.example", why_not=Reason.ACCOUNT_DISABLED),
    replace(
        GUEST,
        tenant_id=TAILSPIN,
        name="Tailspin Toys",
        domain="tailspin.example",
        tie=Tie.DIRECT_CONNECT,
        since=None,
        last_sign_in=None,
        signed_in_there=False,
    ),
    replace(
        GUEST,
        tenant_id=WOODGROVE,
        name="Woodgrove",
        domain="woodgrove.example",
        why_not=Reason.ORGANIZATION_FORBIDS,
        removal_asked=datetime(2026, 11, 12, 9, tzinfo=UTC),
    ),
)
FURTHER: Final = (
    replace(GUEST, tenant_id=CONTOSO, name="Contoso", domain="contoso.example", tie=Tie.EXTERNAL_MEMBER, current=True),
    replace(GUEST, tenant_id="aa", name="Blue Yonder", domain="blueyonder.example", why_not=Reason.ONLY_ADMINISTRATOR),
    replace(GUEST, tenant_id="bb", name="Coho Winery", domain="coho.example", restored=NOW - 2 * DAY),
    replace(
        GUEST,
        tenant_id="cc",
        name="Humongous Insurance",
        domain="humongous.example",
        why_not=Reason.ORGANIZATION_FORBIDS,
        removal_answered=datetime(2026, 11, 14, 9, tzinfo=UTC),
    ),
    replace(GUEST, tenant_id="dd", name="Proseware", domain="proseware.example", available=False, last_sign_in=None),
    replace(
        GUEST,
        tenant_id="ee",
        name=LONG,
        domain="nederlandse-vereniging-voor-arbeidsmarktonderzoek-en-onderwijsvernieuwing.example",
        why_not=Reason.ACCOUNT_DISABLED,
        removal_asked=NOW - DAY,
    ),
    replace(GUEST, tenant_id="ff", name="Fabrikam", domain="fabrikam-west.example", signed_in_there=False),
    replace(GUEST, tenant_id="99", name="خدمات البيانات", domain="xn--mgbh0fb.example", last_sign_in=NOW),
)
LEFT: Final = organizations.LeftRow(
    tenant_id=ALPINE,
    name="Alpine Ski House",
    domain="alpine.example",
    receipt_id=RECEIPT,
    state=organizations.LeftState.RESTORABLE,
    left_at=NOW - 18 * DAY,
    restorable_until=NOW + 12 * DAY,
    data_removed_by=NOW + 42 * DAY,
)
LEFT_ROWS: Final = (
    LEFT,
    replace(LEFT, tenant_id="l2", name="Lucerne Publishing", restorable_until=NOW + timedelta(hours=3)),
    replace(LEFT, tenant_id="l3", name="Margie's Travel", state=organizations.LeftState.PURGED),
    replace(LEFT, tenant_id="l4", name="Trey Research", state=organizations.LeftState.ERASED, erased_at=NOW - 2 * DAY),
)
RESTORED_ROW: Final = replace(LEFT, tenant_id="l5", state=organizations.LeftState.RESTORED, restored_at=NOW - 2 * DAY)
INVITATIONS: Final = (
    organizations.InvitationRow(WOODGROVE, "Woodgrove", "woodgrove.example", "Ana Silva", NOW - 17 * DAY),
    organizations.InvitationRow("i2", "Relecloud", "relecloud.example", "", NOW - 2 * DAY),
)
MANY: Final = tuple(
    replace(GUEST, tenant_id=f"m{n}", name=f"Organization {n:03d}", domain=f"o{n:03d}.example") for n in range(1, 131)
)


def _organizations(words: Words) -> Iterator[Story]:
    page = organizations.organizations_page
    few = ROWS[1:3]
    yield Story("organizations", page(ROWS, words, invitations=INVITATIONS[:1], left=LEFT_ROWS[:1]))
    yield Story("organizations-every-row", page((*ROWS, *FURTHER), words, invitations=INVITATIONS, left=LEFT_ROWS))
    yield Story("organizations-no-home", page(few, words), NOBODY_HOME)
    yield Story("organizations-home-alone", page((HOME,), words))
    yield Story("organizations-none", page((), words, left=LEFT_ROWS[:1]), NOBODY_HOME)
    yield Story("organizations-declined", page(ROWS[:2], words, declined="Woodgrove"))
    yield Story("organizations-many", page((HOME, *MANY), words, page=2))
    yield Story("organizations-not-found", page((HOME, *MANY), words, find="zebra"), query=(("find", "zebra"),))
    yield Story("organizations-failed", organizations.OrganizationsPage(failed=True), status=503)


CONFIRM: Final = leaving.ConfirmLeave(
    tenant_id=ADATUM,
    name="Adatum Corporation",
    domain="adatum.example",
    tie=Tie.GUEST,
    restorable_until=NOW + 30 * DAY,
    data_removed_by=NOW + 60 * DAY,
    idempotency_key="gallery-idempotency-key",
    losses=leaving.Losses(
        apps=leaving.Loss(3, ("Payroll", "Supplier portal", "Wiki")),
        groups=leaving.Loss(9, ("Design reviews", "Falcon", "Guests", "Newsletter", "Suppliers", "Zebra")),
        roles=leaving.Loss(1, ("Guest Inviter",)),
        owned=leaving.Loss(1, ("Falcon",)),
    ),
)
ALONE: Final = (
    Alone("a0", "group", "Falcon", (Heir("b0", "Aïcha Oñate y Muñoz-de la Cruz"), Heir("b1", "عبد الله"))),
    Alone("a1", "app", "Supplier portal for everybody who delivers to the northern warehouses", ()),
)
CONTACTS: Final = Contacts(
    privacy_contact="privacy@woodgrove.example",
    technical=("it@woodgrove.example", "directory.administrators@woodgrove.example"),
    privacy_statement="https://woodgrove.example/legal/privacy/statement-for-external-collaborators",
)
PERMISSION: Final = leaving.PermissionPage(
    tenant_id=WOODGROVE, name="Woodgrove", cause=Reason.ORGANIZATION_FORBIDS, contacts=CONTACTS
)


ASKED_ERASURE: Final = Erasure(NOW, NOW + 31 * DAY)
REFUSED_ERASURE: Final = replace(ASKED_ERASURE, answered=NOW + 3 * DAY, ground=Ground.LEGAL_OBLIGATION)


def _leaving() -> Iterator[Story]:
    path = f"/myaccount/organizations/{ADATUM}/leave"
    yield Story("confirm", CONFIRM, path=path)
    yield Story("confirm-reason", replace(CONFIRM, asks_reason=True, reason="The project is over."), path=path)
    yield Story(
        "confirm-reason-too-long",
        replace(CONFIRM, asks_reason=True, reason="x" * 501, problems=(problems.REASON_TOO_LONG,)),
        path=path,
        status=400,
    )
    yield Story("confirm-nothing-to-lose", replace(CONFIRM, losses=leaving.Losses()), path=path)
    yield Story("confirm-not-listed", replace(CONFIRM, losses=None, same_name=True), path=path)
    yield Story("confirm-heirs", replace(CONFIRM, alone=ALONE, chosen={ALONE[0].object_id: "b0"}), path=path)
    gone = replace(CONFIRM, alone=ALONE, problems=(HEIR_GONE,))
    yield Story("confirm-heir-gone", gone, path=path, status=409)
    yield Story("confirm-failed", replace(CONFIRM, failed=True, reference="01J9Z3K8Q2"), path=path, status=503)
    yield Story(
        "confirm-direct-connect",
        replace(CONFIRM, tie=Tie.DIRECT_CONNECT, restorable_until=None, data_removed_by=NOW + 30 * DAY),
        path=path,
    )
    now = replace(CONFIRM, erases_at_once=True, erase=True, erased_by=NOW + 30 * DAY)
    yield Story("confirm-erased-at-once", now, path=path)
    path = f"/myaccount/organizations/{WOODGROVE}/permission"
    disabled = replace(PERMISSION, cause=Reason.ACCOUNT_DISABLED)
    yield Story("permission", PERMISSION, path=path)
    yield Story("permission-disabled", disabled, path=path)
    yield Story("permission-no-contacts", replace(PERMISSION, contacts=Contacts()), path=path)
    asked = replace(PERMISSION, asked=NOW, may_ask_from=NOW + 7 * DAY)
    yield Story("permission-asked", asked, path=path)
    yield Story("permission-erasure-asked", replace(asked, erasure=ASKED_ERASURE), path=path)
    yield Story("permission-answered", replace(PERMISSION, answered=NOW - 6 * DAY), path=path)
    yield Story("cannot-leave-yet", leaving.CannotLeaveYet(tenant_id="aa", name="Blue Yonder"))
    yield Story("cannot-leave-home", leaving.CannotLeaveHome(name="Northwind Traders"))


RECEIPT_OF_ADATUM: Final = receipts.Receipt(
    receipt_id=RECEIPT,
    reference="VL-7KQ2-M9XT",
    name="Adatum Corporation",
    domain="adatum.example",
    left_at=NOW,
    restorable_until=NOW + 30 * DAY,
    data_removed_by=NOW + 60 * DAY,
)


def _receipt_page(**facts: object) -> receipts.ReceiptPage:
    receipt = replace(RECEIPT_OF_ADATUM, **{k: v for k, v in facts.items() if hasattr(RECEIPT_OF_ADATUM, k)})  # type: ignore[arg-type]
    page = {k: v for k, v in facts.items() if not hasattr(RECEIPT_OF_ADATUM, k)}
    return receipts.ReceiptPage(receipt=receipt, state=receipt.state_at(NOW), **page)  # type: ignore[arg-type]


def _receipts() -> Iterator[Story]:
    path = f"/myaccount/receipts/{RECEIPT}"
    contact, email = "privacy@adatum.example", "adele@northwind.example"
    long_ago = {"left_at": NOW - 40 * DAY, "restorable_until": NOW - 10 * DAY, "data_removed_by": NOW + 20 * DAY}
    yield Story("receipt", _receipt_page(privacy_contact=contact, email=email), path=path)
    yield Story("receipt-asked", _receipt_page(privacy_contact=contact, email=email, asked=NOW), path=path)
    yield Story(
        "receipt-signed-out",
        _receipt_page(privacy_contact=contact, email="sam@mailbox.example", signed_out=True, key="signed.key"),
        None,
        path,
        query=(("key", "signed.key"),),
    )
    yield Story("receipt-permanently-deleted", _receipt_page(**long_ago), path=path)
    yield Story(
        "receipt-data-removed", _receipt_page(**long_ago, erased_at=NOW - DAY, purged_at=NOW - 2 * DAY), path=path
    )
    yield Story("receipt-on-hold", _receipt_page(**long_ago, privacy_contact=contact, held=True), path=path)
    yield Story("receipt-restored", _receipt_page(**long_ago, restored_at=NOW - 20 * DAY), path=path)
    yield Story(
        "receipt-direct-connect", _receipt_page(restorable_until=None, data_removed_by=NOW + 30 * DAY), path=path
    )
    yield Story("receipt-erasure-refused", _receipt_page(erasure=REFUSED_ERASURE, email=email), path=path)
    yield Story(
        "receipt-erased-with-leave",
        _receipt_page(restorable_until=None, purged_at=NOW, erased_with_leave=True, email=email),
        path=path,
    )
    wish = RequestErasure(
        receipt=RECEIPT_OF_ADATUM, state=receipts.ReceiptState.RESTORABLE, due=NOW + 31 * DAY, email=email
    )
    there = f"{path}/request-erasure"
    yield Story("request-erasure", replace(wish, key="signed.key"), None, there)
    extended = replace(ASKED_ERASURE, extended=True)
    yield Story("request-erasure-sent", replace(wish, erasure=extended, may_ask_from=NOW + 7 * DAY), path=there)
    yield Story(
        "request-erasure-refused", replace(wish, erasure=REFUSED_ERASURE, may_ask_from=NOW + 7 * DAY), path=there
    )
    gone = receipts.ReceiptState.PURGED
    yield Story("request-erasure-too-late", replace(wish, state=gone), path=there)
    path += "/request-restore"
    ask = receipts.RequestRestore(
        receipt=RECEIPT_OF_ADATUM, state=receipts.ReceiptState.RESTORABLE, email=email, key="signed.key"
    )
    late = replace(RECEIPT_OF_ADATUM, left_at=NOW - 40 * DAY, restorable_until=NOW - 10 * DAY)
    yield Story("request-restore", ask, None, path)
    yield Story("request-restore-sent", replace(ask, asked=NOW), path=path)
    yield Story("request-restore-too-late", replace(ask, receipt=late, state=late.state_at(NOW)), None, path)


APPS: Final = (
    account.OrganizationApps(
        NORTHWIND, "Northwind Traders", (account.App("Expenses", "https://expenses.example/"), account.App("Intranet"))
    ),
    account.OrganizationApps(
        FABRIKAM,
        "Fabrikam",
        (account.App("Payroll", "https://payroll.example/"), account.App("Supplier portal", "https://s.example/")),
    ),
    account.OrganizationApps(WOODGROVE, "Woodgrove"),
)
SIGN_INS: Final = (
    account.SignInRow(at=NOW, organization="Northwind Traders", app="My Account", device="Firefox on Linux"),
    account.SignInRow(at=NOW - 3 * DAY, organization="Fabrikam", app="Supplier portal", country="Sweden"),
    account.SignInRow(at=NOW - 4 * DAY, organization="Fabrikam", app="Supplier portal", outcome=account.Outcome.FAILED),
)


def _account() -> Iterator[Story]:
    yield Story(
        "overview",
        account.Overview(
            name="Adele Vance",
            organization_count=6,
            organizations=("Northwind Traders", "Adatum Corporation", "Fabrikam"),
            apps=APPS[:2],
            app_count=4,
            sign_ins=SIGN_INS,
            receipt_count=1,
            notices=(
                account.Notice(account.NoticeKind.INVITATION, "Woodgrove", NOW + 13 * DAY, "/myaccount/organizations"),
                account.Notice(
                    account.NoticeKind.RESTORE_ENDS, "Alpine Ski House", NOW + 2 * DAY, "/myaccount/receipts/1"
                ),
                account.Notice(
                    account.NoticeKind.REMOVAL_ANSWERED, "Humongous Insurance", NOW, "/myaccount/organizations"
                ),
            ),
        ),
        path="/myaccount/",
    )
    yield Story("overview-empty", account.Overview(name="Sam Okafor"), NOBODY_HOME, "/myaccount/")
    yield Story("apps", account.AppsPage(organizations=APPS), path="/myaccount/apps")
    yield Story("apps-none", account.AppsPage(), NOBODY_HOME, "/myaccount/apps")
    info = account.PersonalInfo(name="Adele Vance", email="adele@northwind.example", managed_by="Northwind Traders")
    yield Story("personal-info", info, path="/myaccount/personal-info")
    yield Story(
        "personal-info-no-home",
        account.PersonalInfo(name="Sam Okafor", email="sam@mailbox.example", language="sv"),
        NOBODY_HOME,
        "/myaccount/personal-info",
    )
    filters = ((NORTHWIND, "Northwind Traders"), (FABRIKAM, "Fabrikam"))
    yield Story("sign-ins", account.SignInsPage(rows=SIGN_INS, organizations=filters), path="/myaccount/sign-ins")
    yield Story("sign-ins-none", account.SignInsPage(), path="/myaccount/sign-ins")
    yield Story(
        "access-reviews",
        access_reviews.AccessReviewsPage(
            questions=(
                _question("0a", about="", reason="Still on the project", answer="keep", needs_reason=True),
                _question("0b", about="Robin Counts", recommendation="Deny", last_sign_in=NOW),
                _question("0c", about="Kim Moves", stage="0c-stage", earlier=EARLIER),
            ),
            saved=True,
        ),
        NOBODY_HOME,
        "/myaccount/access-reviews",
    )
    yield Story("access-reviews-empty", access_reviews.AccessReviewsPage(), NOBODY_HOME, "/myaccount/access-reviews")
    yield Story(
        "privacy",
        account.PrivacyPage(
            organizations=(
                account.OrganizationPrivacy(
                    tenant_id=NORTHWIND,
                    name="Northwind Traders",
                    privacy_statement="https://northwind.example/privacy",
                    privacy_contact="privacy@northwind.example",
                ),
                account.OrganizationPrivacy(tenant_id=LITWARE, name="Litware"),
            ),
            blocked=(account.BlockedOrganization(TAILSPIN, "Tailspin Toys"),),
            left=(*LEFT_ROWS, RESTORED_ROW),
            requests=(
                OwnRequest(LITWARE, "Litware", Kind.ERASURE, NOW, NOW + 31 * DAY, None, None, withdrawable=True),
                OwnRequest(ADATUM, "Adatum Corporation", Kind.REMOVAL, NOW - 9 * DAY, NOW, Answer.KEPT, NOW - 2 * DAY),
            ),
        ),
        path="/myaccount/privacy",
    )
    yield Story("privacy-empty", account.PrivacyPage(allowed="Tailspin Toys"), NOBODY_HOME, "/myaccount/privacy")
    yield Story("language", account.LanguagePage(language="en"), path="/myaccount/language")
    yield Story("language-saved", account.LanguagePage(language="nl", saved=True), path="/myaccount/language")
    yield Story("help", account.Help(), None, "/help")
    yield Story("privacy-notice", account.PrivacyNotice(), None, "/privacy")


def _data_requests() -> Iterator[Story]:
    def card(name: str, view: View, path: str, status: int = 200) -> Story:
        return Story(name, view, None, path, status)

    here = "/data-request/fabrikam.example"
    yield card("whose-data", data_requests.WhoseData(), "/data-request")
    unknown = (problems.UNKNOWN_DOMAIN,)
    yield card("whose-data-unknown", data_requests.WhoseData(typed="fabrkam", problems=unknown), "/data-request", 404)
    ask = data_requests.AskForData(domain="fabrikam.example", here=here, due=NOW + 31 * DAY)
    yield card("ask-for-data", ask, here)
    typed = replace(ask, wish="erasure", email="adele", words="I once rented a room.\nIt was in 2019.")
    yield card("ask-for-data-odd-address", replace(typed, problems=(problems.ODD_EMAIL,)), here, 400)
    wrong = (problems.CHOOSE_WISH, problems.WORDS_TOO_LONG)
    yield card("ask-for-data-nothing-chosen", replace(ask, problems=wrong), here, 400)
    email = "a•••@northwind.example"
    code = data_requests.ConfirmDataRequest(
        here=here, email=email, valid_until=NOW + timedelta(minutes=10), act=data_requests.Act.FILE, flow="f"
    )
    yield card("confirm-data-request", code, here)
    yield card("confirm-data-request-wrong", replace(code, problems=(problems.WRONG_CODE,), tries_left=1), here, 400)
    yield card("confirm-copy", replace(code, act=data_requests.Act.COPY, sent_again=True), here)
    sent = data_requests.DataRequestSent(
        organization="Fabrikam", domain="fabrikam.example", asked=NOW, due=NOW + 31 * DAY, already=False
    )
    yield card("data-request-sent", sent, here)
    yield card("data-request-already", replace(sent, already=True), here)
    page = data_requests.DataRequestPage(
        organization="Fabrikam",
        domain="fabrikam.example",
        here=f"{here}/{LITWARE}?key=k",
        wish=Kind.ACCESS,
        asked=NOW,
        due=NOW + 31 * DAY,
        answer=None,
        answered=None,
        copy_until=None,
        copy_there=False,
        collected=None,
        email=email,
    )
    yield card("data-request", page, here)
    granted = replace(page, answer=Answer.GRANTED, answered=NOW + DAY)
    yield card("data-request-copy", replace(granted, copy_until=NOW + 15 * DAY, copy_there=True), here)
    yield card("data-request-collected", replace(granted, collected=NOW + 2 * DAY), here)
    withdrawn = replace(granted, answer=Answer.WITHDRAWN, withdrawn=True)
    yield card("data-request-withdrawn", withdrawn, here)


def _devices() -> Iterator[Story]:
    def card(name: str, view: View, path: str, status: int = 200) -> Story:
        return Story(name, view, None, path, status)

    path, who = "/signin/device", "adele@northwind.example"
    yield card("device-code", devices.EnterDeviceCode(account=who, typed="WDJB-MJHT", going_to=path), path)
    wrong = devices.EnterDeviceCode(account=who, typed="WDJB-MJHX", problems=(problems.WRONG_DEVICE_CODE,))
    yield card("device-code-wrong", wrong, path, 400)
    review = devices.ReviewDevice(
        account=who,
        typed="WDJB-MJHT",
        app="Meeting room screen",
        place="Fabrikam",
        permissions=("openid", "profile", "User.Read", "Calendars.Read.Shared"),
        asked_at=NOW,
        network="192.0.2.9",
    )
    yield card("device-review", review, path)
    yield card("device-review-unknown", replace(review, network="", app=LONG, place=LONG), path)
    approved = devices.DeviceAnswered(account=who, app="Meeting room screen", approved=True)
    yield card("device-approved", approved, path)
    yield card("device-declined", replace(approved, approved=False), path)


def _sign_in() -> Iterator[Story]:
    def card(name: str, view: View, path: str, status: int = 200) -> Story:
        return Story(name, view, None, path, status)

    missing = (problems.ENTER_EMAIL,)
    wrong = (problems.WRONG_CODE,)
    code = sign_in.CheckEmail(email="sam@mailbox.example", valid_until=NOW + timedelta(minutes=10), flow="f")
    yield card("sign-in", sign_in.SignIn(flow="f"), "/signin")
    providers = (sign_in.Provider(provider_id="p1", name="Woodgrove ID"),)
    yield card("sign-in-domain", sign_in.SignIn(domain="woodgrove.example", providers=providers), "/signin")
    yield card("sign-in-wrong", sign_in.SignIn(problems=missing), "/signin", 400)
    yield card("enter-password", sign_in.EnterPassword(email="adele@northwind.example"), "/signin/password")
    yield card(
        "enter-password-wrong",
        sign_in.EnterPassword(email="adele@northwind.example", problems=(problems.WRONG_PASSWORD,)),
        "/signin/password",
        400,
    )
    yield card("get-code", sign_in.GetCode(email="s…m@mailbox.example"), "/signin/code")
    yield card("check-email", code, "/signin/code")
    yield card("check-email-wrong", replace(code, problems=wrong, tries_left=4), "/signin/code", 400)
    yield card("check-email-again", replace(code, sent_again=True), "/signin/code")
    accounts = (
        sign_in.KnownAccount("1", "Adele Vance", "adele@northwind.example"),
        sign_in.KnownAccount("2", "Sam Okafor", "sam.okafor.with.a.long.address@mailbox.example"),
    )
    yield card("pick-account", sign_in.PickAccount(accounts=accounts, domain="fabrikam.example"), "/signin/accounts")
    yield card("which-organization", sign_in.WhichOrganization(), "/signin/organization")
    consent = sign_in.ReviewPermissions(
        email="adele@northwind.example",
        organization="Fabrikam",
        domain="fabrikam.example",
        privacy_statement="https://fabrikam.example/privacy",
    )
    yield card("review-permissions", consent, "/signin/consent")
    yield card(
        "review-permissions-app",
        replace(
            consent,
            app="Supplier portal",
            permissions=("openid", "profile", "User.Read", "offline_access", "Custom.Scope"),
            privacy_statement="",
        ),
        "/signin/consent",
    )
    terms = sign_in.TermsOfUse(
        tenant_id=FABRIKAM,
        edition=3,
        text="\n\n".join(
            f"{one}. Be kind to everybody whom you meet in the course of the project." for one in range(30)
        ),
        language="en",
        email="adele@northwind.example",
        organization="Fabrikam",
        domain="fabrikam.example",
    )
    yield card("terms-of-use", terms, "/signin/terms")
    elsewhere = replace(terms, text="", link="https://fabrikam.example/terms", changed=True)
    yield card("terms-of-use-link", elsewhere, "/signin/terms")
    invitation = sign_in.Invitation(
        ticket="t",
        organization="Fabrikam",
        domain="fabrikam.example",
        inviter="Ana Silva",
        invited="a…e@northwind.example",
        message="Hello Adele,\n\nhere is your access to <b>Falcon</b>.\nSee you on Monday.",
        lands_at="suppliers.fabrikam.example",
        valid_until=NOW + 30 * DAY,
    )
    yield card("invitation", invitation, "/invitations/t")
    decline = sign_in.DeclineInvitation(ticket="t", organization="Fabrikam", domain="fabrikam.example")
    yield card("decline-invitation", decline, "/invitations/t/decline")
    yield card("decline-invitation-done", replace(decline, done=True), "/invitations/t/decline")
    asked = sign_in.InvitationAsked(organization="Fabrikam", domain="fabrikam.example")
    yield card("invitation-asked", asked, "/invitations/t/new")
    block = sign_in.BlockInvitations(key="t", email="a…e@northwind.example", organization="Fabrikam")
    yield card("block-invitations", block, "/unsubscribe")
    yield card("block-invitations-done", replace(block, blocked=True, changed=True), "/unsubscribe")
    choices = (
        sign_in.SwitchChoice(NORTHWIND, "Northwind Traders", "northwind.example", current=True),
        sign_in.SwitchChoice(FABRIKAM, "Fabrikam", "fabrikam.example"),
    )
    yield card("choose-organization", sign_in.ChooseOrganization(choices=choices), "/switch")
    yield from _devices()
    yield card("signed-out", sign_in.SignedOut(), "/signout")
    yield card("signed-out-idle", sign_in.SignedOut(why="idle", going_to="/myaccount/apps"), "/signed-out")
    yield card("signed-out-terms", sign_in.SignedOut(why="terms"), "/signed-out")
    stay = sign_in.StaySignedIn(ends_at=NOW + timedelta(minutes=2), ends_in=120, going_to="/myaccount/apps")
    yield card("stay-signed-in", stay, "/signin/stay")
    yield card("stay-signed-in-ends", replace(stay, by_rest=False), "/signin/stay")
    yield card("stay-signed-in-over", replace(stay, ends_at=None, why="idle"), "/signin/stay")
    yield card("confirm-sign-out", sign_in.ConfirmSignOut(account="adele@northwind.example"), "/signout")
    yield card("go-on", GoOn(url="/gallery-landing", app="Supplier portal"), "/signin")


_STEPS: Final[dict[ErrorKind, tuple[tuple[Step, str], ...]]] = {
    ErrorKind.YOU_LEFT: ((Step.VIEW_RECEIPT, "/myaccount/receipts/1"), (Step.ASK_RESTORE, "/myaccount/receipts/1")),
    ErrorKind.DEVICE_FOR_GUESTS: ((Step.MY_ACCOUNT, "/myaccount/"),),
    ErrorKind.NO_ACCESS: ((Step.DIFFERENT_ACCOUNT, "/signin/accounts"),),
    ErrorKind.NOT_A_GUEST: ((Step.DIFFERENT_ACCOUNT, "/signin/accounts"),),
    ErrorKind.INVITATION_ACCEPTED: ((Step.CONTINUE, "/myaccount/"),),
    ErrorKind.INVITATION_FOR_OTHER: ((Step.DIFFERENT_ACCOUNT, "/signin/accounts"),),
    ErrorKind.FORM_EXPIRED: ((Step.MY_ACCOUNT, "/myaccount/"),),
    ErrorKind.NOT_FOUND: ((Step.MY_ACCOUNT, "/myaccount/"),),
    ErrorKind.SERVER: ((Step.TRY_AGAIN, "/signin"),),
}


SECRET: Final = second_factors.NewSecret(
    "otpauth://totp/Vestibule%3Aadele%40northwind.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Vestibule",
    "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
)
CODES: Final = tuple(f"ABCD{letter}-FGHI{letter}" for letter in "ABCDEFGHIJ")
KEY: Final = second_factors.PasskeyRow("key1", "Phone", NOW - 90 * DAY, NOW - DAY)
SIGNED_WITH: Final = second_factors.SecurityInfo(
    password_since=NOW - 400 * DAY,
    app_since=NOW - 100 * DAY,
    app_used=NOW,
    passkeys=(KEY, second_factors.PasskeyRow("key2", LONG[:60], NOW - 2 * DAY)),
    codes_left=9,
    has_second_factor=True,
)


def _second_factors() -> Iterator[Story]:
    path = "/myaccount/security-info"
    yield Story("security-info", SIGNED_WITH, path=path)
    yield Story("security-info-new", second_factors.SecurityInfo(password_since=NOW - 400 * DAY), path=path)
    yield Story("security-info-code", second_factors.SecurityInfo(by_code=True), NOBODY_HOME, path)
    yield Story("security-info-done", replace(SIGNED_WITH, saved="app", fresh=False), path=path)
    failed = replace(SIGNED_WITH, problems=(problems.PASSKEY_FAILED,))
    yield Story("security-info-wrong", failed, path=path, status=400)
    app = second_factors.SetUpAuthenticator(flow="f", secret=SECRET)
    yield Story("authenticator", app, path=f"{path}/authenticator")
    wrong = replace(app, replaces=True, problems=(problems.WRONG_APP_CODE,))
    yield Story("authenticator-wrong", wrong, path=f"{path}/authenticator", status=400)
    yield Story("recovery-codes", second_factors.RecoveryCodes(codes=CODES), path=f"{path}/recovery-codes")
    yield Story("remove-app", second_factors.RemoveMethod(last=True), path=f"{path}/remove")
    yield Story("remove-passkey", second_factors.RemoveMethod(passkey=KEY), path=f"{path}/remove")
    change = second_factors.ChangePassword(email="adele@northwind.example", least=15)
    yield Story("change-password", change, path=f"{path}/password")
    short = replace(change, problems=(problems.password_too_short(15),))
    yield Story("change-password-wrong", short, path=f"{path}/password", status=400)


def _second_steps() -> Iterator[Story]:
    def card(name: str, view: View, path: str, status: int = 200) -> Story:
        return Story(name, view, None, path, status)

    step = second_factors.SecondFactor(email="adele@northwind.example", app=True, passkey=True, recovery=True, flow="f")
    yield card("second-factor", step, "/signin/second-factor")
    yield card("second-factor-passkey", replace(step, app=False), "/signin/second-factor")
    wrong = replace(step, problems=(problems.WRONG_RECOVERY,))
    yield card("second-factor-wrong", wrong, "/signin/second-factor", 400)
    yield card("sign-in-again", sign_in.SignIn(email="adele@northwind.example", again=True, flow="f"), "/signin")
    enrol = second_factors.Enrol(email="admin@northwind.example", secret=SECRET, flow="f")
    yield card("enrol", enrol, "/signin/enrol")
    yield card("enrolled-codes", second_factors.EnrolledCodes(codes=CODES, flow="f"), "/signin/enrol")


_SIGNED_IN: Final = {
    ErrorKind.NOT_A_GUEST,
    ErrorKind.NO_ACCESS,
    ErrorKind.ACCOUNT_DISABLED_IN,
    ErrorKind.INVITATION_FOR_OTHER,
}
DETAIL = "AADSTS50011: The redirect address is not registered for this app."


def _errors() -> Iterator[Story]:
    for kind in ErrorKind:
        disabled = kind in (ErrorKind.ACCOUNT_DISABLED, ErrorKind.ACCOUNT_DISABLED_IN)
        view = ErrorPage(
            kind=kind,
            reference="01J9Z3K8Q2",
            at=NOW,
            part=Part.MY_ACCOUNT if kind is ErrorKind.NOT_A_GUEST else Part.SIGN_IN,
            organization="Woodgrove",
            email="a…e@northwind.example",
            account=ADELE.email if kind in _SIGNED_IN else "",
            until=NOW + timedelta(minutes=15),
            contacts=CONTACTS if disabled else Contacts(),
            steps=_STEPS.get(kind, ()),
            new_invitation_url="/invitations/t/new" if kind is ErrorKind.INVITATION_EXPIRED else "",
            sign_out=kind is ErrorKind.NOT_A_GUEST,
            typed="wodgrove.example" if kind is ErrorKind.UNKNOWN_ORGANIZATION else "",
            detail=DETAIL if kind is ErrorKind.BAD_REQUEST else "",
        )
        yield Story("error-" + kind.name.lower().replace("_", "-"), view, None, "/signin", 400)


def stories(words: Words) -> dict[str, Story]:
    """Every story by its name; some sort by the reader's language."""
    every = (
        *_organizations(words),
        *_leaving(),
        *_receipts(),
        *_account(),
        *_second_factors(),
        *_sign_in(),
        *_data_requests(),
        *_second_steps(),
        *_errors(),
    )
    return {story.name: story for story in every}
