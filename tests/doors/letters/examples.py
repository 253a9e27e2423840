"""One letter of every kind, and its variants, with facts that a reader would find likely."""

from datetime import UTC, datetime, timedelta
from typing import Final, NotRequired, TypedDict

from vestibule.doors.letters import kinds
from vestibule.doors.letters.kinds import LetterKind
from vestibule.doors.letters.render import message_id, render
from vestibule.doors.web.accent import ORDINARY, Accent

SITE: Final = "https://vestibule.example"
SENDER: Final = "no-reply@vestibule.example"
RECIPIENT: Final = "adele@contoso.example"
NOW: Final = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
GONE: Final = NOW + timedelta(days=30)
REMOVED: Final = NOW + timedelta(days=60)


class About(TypedDict):
    organization: str
    domain: str
    privacy_statement: NotRequired[str]
    privacy_contact: NotRequired[str]


FABRIKAM: Final[About] = {
    "organization": "Fabrikam",
    "domain": "fabrikam.example",
    "privacy_statement": "https://fabrikam.example/privacy",
    "privacy_contact": "privacy@fabrikam.example",
}
LITWARE: Final[About] = {"organization": "Litware", "domain": "litware.example"}
ANA: Final = kinds.Mailbox(name="Ana Silva", address="ana@fabrikam.example")
ADELE: Final = kinds.Mailbox(name="Adele Vance", address=RECIPIENT)


class AskedByAddress(TypedDict):
    wish: kinds.Wish
    asked_at: datetime
    request_link: str


ASKED: Final[AskedByAddress] = {
    "wish": kinds.Wish.ACCESS,
    "asked_at": NOW,
    "request_link": f"{SITE}/data-request/fabrikam.example/01932f5c?key=a1b2",
}
ASKED_TO_BE_ERASED: Final[AskedByAddress] = {**ASKED, "wish": kinds.Wish.ERASURE}

EXAMPLES: Final[dict[str, tuple[LetterKind, kinds.AnyFacts]]] = {
    "invitation": (
        LetterKind.INVITATION,
        kinds.InvitationFacts(
            **FABRIKAM,
            inviter=ANA,
            message="Hi Adele,\n\nthe drawings for the north wing are in the project group.\nSee you on Monday.\nAna",
            redirect_url="https://apps.fabrikam.example/start?x=1",
            accept_link=f"{SITE}/invitations/nVn3cR0j1mYb6r8T",
            block_link=f"{SITE}/unsubscribe?key=eyJvIjoiNSJ9.c2ln",
            valid_until=NOW + timedelta(days=30),
        ),
    ),
    "invitation-by-app": (
        LetterKind.INVITATION,
        kinds.InvitationFacts(
            **LITWARE,
            accept_link=f"{SITE}/invitations/nVn3cR0j1mYb6r8T",
            block_link=f"{SITE}/unsubscribe?key=eyJvIjoiNSJ9.c2ln",
            valid_until=NOW + timedelta(days=30),
        ),
    ),
    "invitation-nothing-to-do": (
        LetterKind.INVITATION_NOTHING_TO_DO,
        kinds.InvitationNothingToDoFacts(
            **FABRIKAM,
            inviter=ANA,
            shared=("North wing", "Timesheets"),
            open_link=f"{SITE}/invitations/nVn3cR0j1mYb6r8T",
            organizations_link=f"{SITE}/myaccount/organizations",
            block_link=f"{SITE}/unsubscribe?key=eyJvIjoiNSJ9.c2ln",
            may_leave=True,
        ),
    ),
    "invitation-nothing-to-do-by-app": (
        LetterKind.INVITATION_NOTHING_TO_DO,
        kinds.InvitationNothingToDoFacts(
            **LITWARE,
            open_link=f"{SITE}/invitations/nVn3cR0j1mYb6r8T",
            organizations_link=f"{SITE}/myaccount/organizations",
            block_link=f"{SITE}/unsubscribe?key=eyJvIjoiNSJ9.c2ln",
            may_leave=False,
        ),
    ),
    "passcode": (
        LetterKind.PASSCODE,
        kinds.PasscodeFacts(code="04719382", valid_until=NOW + timedelta(minutes=10), organization="Fabrikam"),
    ),
    "passcode-anywhere": (
        LetterKind.PASSCODE,
        kinds.PasscodeFacts(code="04719382", valid_until=NOW + timedelta(minutes=10)),
    ),
    "you-left": (
        LetterKind.YOU_LEFT,
        kinds.YouLeftFacts(
            **FABRIKAM,
            left_at=NOW,
            restorable_until=GONE,
            data_removed_by=REMOVED,
            reference="VL-7K2M-9QRT",
            receipt_link=f"{SITE}/myaccount/receipts/01932f5c?key=a1b2",
            restore_link=f"{SITE}/myaccount/receipts/01932f5c/request-restore?key=a1b2",
        ),
    ),
    "you-left-direct-connect": (
        LetterKind.YOU_LEFT,
        kinds.YouLeftFacts(
            **FABRIKAM,
            left_at=NOW,
            data_removed_by=GONE,
            reference="VL-7K2M-9QRT",
            receipt_link=f"{SITE}/myaccount/receipts/01932f5c?key=a1b2",
        ),
    ),
    "removal-request-received": (
        LetterKind.REMOVAL_REQUEST_RECEIVED,
        kinds.RemovalRequestReceivedFacts(
            **FABRIKAM,
            asked_at=NOW,
            answer_due=GONE,
            reference="VL-7K2M-9QRT",
            organizations_link=f"{SITE}/myaccount/organizations",
        ),
    ),
    "removal-request-answered": (
        LetterKind.REMOVAL_REQUEST_ANSWERED,
        kinds.RemovalRequestAnsweredFacts(
            **FABRIKAM,
            asked_at=NOW,
            answered_at=NOW,
            ask_again_from=GONE,
            organizations_link=f"{SITE}/myaccount/organizations",
            message="Your project runs until June.",
        ),
    ),
    "erasure-request-received": (
        LetterKind.REMOVAL_REQUEST_RECEIVED,
        kinds.RemovalRequestReceivedFacts(
            **FABRIKAM,
            asked_at=NOW,
            answer_due=GONE,
            organizations_link=f"{SITE}/myaccount/organizations",
            erasure=True,
        ),
    ),
    "request-extended": (
        LetterKind.REQUEST_EXTENDED,
        kinds.RequestExtendedFacts(
            **FABRIKAM,
            asked_at=NOW,
            first_due=NOW,
            answer_due=GONE,
            organizations_link=f"{SITE}/myaccount/organizations",
            message="We have to look through the archive.",
            erasure=True,
        ),
    ),
    "erasure-refused": (
        LetterKind.ERASURE_REFUSED,
        kinds.ErasureRefusedFacts(
            **FABRIKAM,
            asked_at=NOW,
            answered_at=NOW,
            ground=kinds.Ground.LEGAL_OBLIGATION,
            ask_again_from=GONE,
            organizations_link=f"{SITE}/myaccount/organizations",
            message="Invoices are kept for seven years.",
        ),
    ),
    "data-request-code": (
        LetterKind.DATA_REQUEST_CODE,
        kinds.DataRequestCodeFacts(code="04719382", valid_until=NOW, organization="Fabrikam"),
    ),
    "data-request-received": (
        LetterKind.DATA_REQUEST_RECEIVED,
        kinds.DataRequestReceivedFacts(**FABRIKAM, **ASKED, answer_due=GONE),
    ),
    "data-request-extended": (
        LetterKind.DATA_REQUEST_EXTENDED,
        kinds.DataRequestExtendedFacts(
            **FABRIKAM,
            **ASKED,
            first_due=NOW,
            answer_due=GONE,
            message="We have to look through the archive.",
        ),
    ),
    "data-request-refused": (
        LetterKind.DATA_REQUEST_REFUSED,
        kinds.DataRequestRefusedFacts(
            **FABRIKAM,
            **ASKED,
            answered_at=NOW,
            ground=kinds.Ground.EXCESSIVE,
            message="You asked every week.",
        ),
    ),
    "data-request-copy": (
        LetterKind.DATA_REQUEST_ANSWERED,
        kinds.DataRequestAnsweredFacts(**FABRIKAM, **ASKED, answered_at=NOW, copy_until=GONE),
    ),
    "data-request-nothing": (
        LetterKind.DATA_REQUEST_ANSWERED,
        kinds.DataRequestAnsweredFacts(**LITWARE, **ASKED, answered_at=NOW, nothing_held=True),
    ),
    "data-request-removed": (
        LetterKind.DATA_REQUEST_ANSWERED,
        kinds.DataRequestAnsweredFacts(
            **FABRIKAM,
            **ASKED_TO_BE_ERASED,
            answered_at=NOW,
            accounts_removed=1,
            letters_removed=2,
            kept=("invitationBlock", "contact"),
            message="The visitor book stays with the reception.",
        ),
    ),
    "admin-data-requested": (
        LetterKind.ADMIN_DATA_REQUESTED,
        kinds.AdminDataRequestedFacts(
            **FABRIKAM,
            wish=kinds.Wish.ERASURE,
            asked_at=NOW,
            answer_due=GONE,
            row_link=f"{SITE}/admin/requests/01932f5c/data",
        ),
    ),
    "account-restored": (
        LetterKind.ACCOUNT_RESTORED,
        kinds.AccountRestoredFacts(
            **FABRIKAM,
            restored_at=NOW,
            organizations_link=f"{SITE}/myaccount/organizations",
            may_leave=True,
            returned=(
                kinds.Returned(what=kinds.Thing.GROUP, count=7, names=("North wing", "Visitors", "Site safety")),
                kinds.Returned(what=kinds.Thing.APP, count=1, names=("Timesheets",)),
                kinds.Returned(what=kinds.Thing.ROLE, count=2, names=("Guest Inviter", "Reports Reader")),
                kinds.Returned(what=kinds.Thing.OWNED, count=1),
            ),
            not_returned=(
                kinds.NotReturned(what=kinds.Thing.GROUP, name="South wing", why="gone"),
                kinds.NotReturned(what=kinds.Thing.APP, name="Badges", why="revoked"),
                kinds.NotReturned(what=kinds.Thing.ROLE, name="User Administrator", why="withheld"),
                kinds.NotReturned(what=kinds.Thing.GROUP, name="East wing", why="leftOut"),
            ),
        ),
    ),
    "account-restored-disabled": (
        LetterKind.ACCOUNT_RESTORED,
        kinds.AccountRestoredFacts(
            **LITWARE,
            restored_at=NOW,
            organizations_link=f"{SITE}/myaccount/organizations",
            may_leave=False,
            still_disabled=True,
            unasked=True,
        ),
    ),
    "permanently-deleted": (
        LetterKind.PERMANENTLY_DELETED,
        kinds.PermanentlyDeletedFacts(
            **FABRIKAM,
            deleted_at=GONE,
            cause=kinds.PurgeCause.TIME_PASSED,
            data_removed_by=REMOVED,
            reference="VL-7K2M-9QRT",
        ),
    ),
    "permanently-deleted-by-administrator": (
        LetterKind.PERMANENTLY_DELETED,
        kinds.PermanentlyDeletedFacts(
            **LITWARE, deleted_at=GONE, cause=kinds.PurgeCause.ADMINISTRATOR, data_removed_by=REMOVED
        ),
    ),
    "permanently-deleted-as-asked": (
        LetterKind.PERMANENTLY_DELETED,
        kinds.PermanentlyDeletedFacts(
            **FABRIKAM, deleted_at=NOW, cause=kinds.PurgeCause.ASKED_FOR, data_removed_by=GONE
        ),
    ),
    "data-removed": (
        LetterKind.DATA_REMOVED,
        kinds.DataRemovedFacts(**FABRIKAM, removed_at=GONE, reference="VL-7K2M-9QRT"),
    ),
    "admin-removal-asked": (
        LetterKind.ADMIN_REMOVAL_ASKED,
        kinds.AdminRemovalAskedFacts(
            **FABRIKAM,
            guest=ADELE,
            asked_at=NOW,
            answer_due=GONE,
            row_link=f"{SITE}/admin/users/01932f5c-0000-7000-8000-000000000001",
            message="The project is over.",
            reference="VL-7K2M-9QRT",
        ),
    ),
    "admin-removal-asked-without-name": (
        LetterKind.ADMIN_REMOVAL_ASKED,
        kinds.AdminRemovalAskedFacts(
            **LITWARE,
            guest=kinds.Mailbox(name="", address=RECIPIENT),
            asked_at=NOW,
            answer_due=GONE,
            row_link=f"{SITE}/admin/users/01932f5c-0000-7000-8000-000000000001",
        ),
    ),
    "admin-erasure-asked": (
        LetterKind.ADMIN_ERASURE_ASKED,
        kinds.AdminErasureAskedFacts(
            **FABRIKAM,
            guest=ADELE,
            asked_at=NOW,
            answer_due=GONE,
            row_link=f"{SITE}/admin/requests/01932f5c-0000-7000-8000-000000000001/erasure",
        ),
    ),
    "admin-restore-asked": (
        LetterKind.ADMIN_RESTORE_ASKED,
        kinds.AdminRestoreAskedFacts(
            **FABRIKAM,
            guest=ADELE,
            left_at=NOW - timedelta(days=18),
            asked_at=NOW,
            restorable_until=NOW + timedelta(days=12),
            row_link=f"{SITE}/admin/users/deleted?search=adele",
            reference="VL-7K2M-9QRT",
        ),
    ),
    "new-invitation-asked": (
        LetterKind.INVITATION_ASKED,
        kinds.InvitationAskedFacts(
            **FABRIKAM,
            guest=ADELE,
            invited_at=NOW - timedelta(days=33),
            expired_at=NOW - timedelta(days=3),
            asked_at=NOW,
            row_link=f"{SITE}/admin/users/01932f5c-0000-7000-8000-000000000001",
        ),
    ),
    "guest-digest": (
        LetterKind.GUEST_DIGEST,
        kinds.GuestDigestFacts(
            **FABRIKAM,
            period=kinds.DigestPeriod.WEEK,
            since=NOW - timedelta(days=7),
            until=NOW,
            left_count=4,
            left=(
                kinds.Departure(
                    name="Adele Vance",
                    left_at=NOW - timedelta(days=1),
                    restorable_until=GONE - timedelta(days=1),
                    reason="The project is over.\nThank you all!",
                ),
                kinds.Departure(
                    name="Alex Wilber", left_at=NOW - timedelta(days=2), restorable_until=GONE - timedelta(days=2)
                ),
                kinds.Departure(name="Megan Bowen", left_at=NOW - timedelta(days=3)),
            ),
            restores_asked=(kinds.OpenRequest(name="Lee Gu", asked_at=NOW, due=NOW + timedelta(days=3)),),
            removals_asked=(kinds.OpenRequest(name="Pradeep Gupta", asked_at=NOW, due=GONE),),
            erasures_asked=(kinds.OpenRequest(name="Adele Vance", asked_at=NOW, due=GONE),),
            by_address=2,
            deleted_users_link=f"{SITE}/admin/users/deleted",
            requests_link=f"{SITE}/admin/#needs-attention",
            settings_link=f"{SITE}/admin/external-identities/collaboration",
        ),
    ),
    "guest-digest-day": (
        LetterKind.GUEST_DIGEST,
        kinds.GuestDigestFacts(
            **FABRIKAM,
            period=kinds.DigestPeriod.DAY,
            since=NOW - timedelta(days=1),
            until=NOW,
            left_count=1,
            deleted_users_link=f"{SITE}/admin/users/deleted",
            requests_link=f"{SITE}/admin/#needs-attention",
            settings_link=f"{SITE}/admin/external-identities/collaboration",
        ),
    ),
    "deadline-at-risk": (
        LetterKind.DEADLINE_AT_RISK,
        kinds.DeadlineAtRiskFacts(
            **FABRIKAM,
            people=3,
            due_by=GONE,
            data_removal_link=f"{SITE}/admin/data-removal",
            on_hold=1,
            failed=(
                kinds.FailedStep(system="Timesheets (SCIM)", error="connection refused"),
                kinds.FailedStep(system="Badges webhook"),
            ),
        ),
    ),
    "export-ready": (
        LetterKind.EXPORT_READY,
        kinds.ExportReadyFacts(
            **FABRIKAM,
            begun_at=NOW,
            kept_until=GONE,
            file_link=f"{SITE}/admin/jobs/2b1f5c1e-8c00-4000-8000-00000000002a",
        ),
    ),
    "review-asked": (
        LetterKind.REVIEW_ASKED,
        kinds.ReviewAskedFacts(
            **FABRIKAM,
            review="Guests of Readers",
            until=NOW,
            review_link=f"{SITE}/myaccount/access-reviews?tenantId=0a1b",
            message="Once a quarter.",
        ),
    ),
    "review-reminder": (
        LetterKind.REVIEW_REMINDER,
        kinds.ReviewReminderFacts(
            **LITWARE,
            review="Guests of Readers",
            until=NOW,
            review_link=f"{SITE}/myaccount/access-reviews?tenantId=0a1b",
        ),
    ),
    "review-asked-about-oneself": (
        LetterKind.REVIEW_ASKED,
        kinds.ReviewAskedFacts(
            **FABRIKAM,
            review="Guests of Readers",
            until=NOW,
            review_link=f"{SITE}/myaccount/access-reviews?tenantId=0a1b",
            about_reader=True,
        ),
    ),
    "review-reminder-about-oneself": (
        LetterKind.REVIEW_REMINDER,
        kinds.ReviewReminderFacts(
            **LITWARE,
            review="Guests of Readers",
            until=NOW,
            review_link=f"{SITE}/myaccount/access-reviews?tenantId=0a1b",
            about_reader=True,
        ),
    ),
    "review-completed": (
        LetterKind.REVIEW_COMPLETED,
        kinds.ReviewCompletedFacts(
            **FABRIKAM,
            review="Guests of Readers",
            ended_at=NOW,
            kept=12,
            denied=3,
            undecided=0,
            review_link=f"{SITE}/admin/access-reviews/0a1b",
        ),
    ),
    "method-added": (
        LetterKind.METHOD_ADDED,
        kinds.MethodAddedFacts(method=kinds.SignInMethod.AUTHENTICATOR_APP, at=NOW, organization="Contoso"),
    ),
    "passkey-added": (LetterKind.METHOD_ADDED, kinds.MethodAddedFacts(method=kinds.SignInMethod.PASSKEY, at=NOW)),
    "codes-made": (
        LetterKind.METHOD_ADDED,
        kinds.MethodAddedFacts(method=kinds.SignInMethod.RECOVERY_CODES, at=NOW, organization="Contoso"),
    ),
    "password-changed": (
        LetterKind.PASSWORD_CHANGED,
        kinds.PasswordChangedFacts(at=NOW, by_reader=True, organization="Contoso"),
    ),
    "password-given": (
        LetterKind.PASSWORD_CHANGED,
        kinds.PasswordChangedFacts(at=NOW, by_reader=False, organization="Contoso"),
    ),
    "signed-out-everywhere": (
        LetterKind.SIGNED_OUT_EVERYWHERE,
        kinds.SignedOutEverywhereFacts(at=NOW, by_reader=True, organization="Contoso"),
    ),
    "signed-out-by-an-administrator": (
        LetterKind.SIGNED_OUT_EVERYWHERE,
        kinds.SignedOutEverywhereFacts(at=NOW, by_reader=False),
    ),
    "method-removed": (
        LetterKind.METHOD_REMOVED,
        kinds.MethodRemovedFacts(method=kinds.SignInMethod.AUTHENTICATOR_APP, at=NOW, organization="Contoso"),
    ),
    "method-every-removed": (
        LetterKind.METHOD_REMOVED,
        kinds.MethodRemovedFacts(method=kinds.SignInMethod.EVERY_SECOND_FACTOR, at=NOW, organization="Contoso"),
    ),
    "passkey-removed": (
        LetterKind.METHOD_REMOVED,
        kinds.MethodRemovedFacts(method=kinds.SignInMethod.PASSKEY, at=NOW, organization="Contoso"),
    ),
}


def written(
    example: str | tuple[LetterKind, kinds.AnyFacts],
    *,
    language: str = "en",
    time_zone: str = "UTC",
    accent: Accent = ORDINARY,
) -> bytes:
    """Return an example, or facts of the test's own, as a message."""
    kind, facts = EXAMPLES[example] if isinstance(example, str) else example
    return render(
        kind,
        facts,
        language=language,
        time_zone=time_zone,
        service_name="Vestibule",
        operated_by="Northwind Traders",
        sender_address=SENDER,
        recipient=RECIPIENT,
        message_id=message_id("01932f5c-8c00-7000-8000-00000000002a", SENDER),
        date=NOW,
        accent=accent,
    )
