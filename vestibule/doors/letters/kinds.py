"""What can be written, and the facts each kind of letter needs.

Facts are values only: whoever asks for a letter gathers them inside its transaction, and rendering later needs neither
database nor clock. They travel as JSON with camelCase names and ISO 8601 times; ``read`` gives them back as values.
Links are complete addresses made from the configured public address, never from a request's headers.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct, convert


class LetterKind(StrEnum):
    """A kind of letter; the value is stored and never reused."""

    INVITATION = "invitation"
    INVITATION_NOTHING_TO_DO = "invitationNothingToDo"
    PASSCODE = "passcode"
    YOU_LEFT = "youLeft"
    REMOVAL_REQUEST_RECEIVED = "removalRequestReceived"
    REMOVAL_REQUEST_ANSWERED = "removalRequestAnswered"
    ACCOUNT_RESTORED = "accountRestored"
    PERMANENTLY_DELETED = "permanentlyDeleted"
    DATA_REMOVED = "dataRemoved"
    ADMIN_REMOVAL_ASKED = "adminRemovalAsked"
    ADMIN_RESTORE_ASKED = "adminRestoreAsked"
    ADMIN_ERASURE_ASKED = "adminErasureAsked"
    REQUEST_EXTENDED = "requestExtended"
    ERASURE_REFUSED = "erasureRefused"
    DATA_REQUEST_CODE = "dataRequestCode"
    DATA_REQUEST_RECEIVED = "dataRequestReceived"
    DATA_REQUEST_EXTENDED = "dataRequestExtended"
    DATA_REQUEST_REFUSED = "dataRequestRefused"
    DATA_REQUEST_ANSWERED = "dataRequestAnswered"
    ADMIN_DATA_REQUESTED = "adminDataRequested"
    INVITATION_ASKED = "invitationAsked"
    GUEST_DIGEST = "guestDigest"
    DEADLINE_AT_RISK = "deadlineAtRisk"
    EXPORT_READY = "exportReady"
    REVIEW_ASKED = "reviewAsked"
    REVIEW_REMINDER = "reviewReminder"
    REVIEW_COMPLETED = "reviewCompleted"
    METHOD_ADDED = "signInMethodAdded"
    METHOD_REMOVED = "signInMethodRemoved"
    PASSWORD_CHANGED = "passwordChanged"  # noqa: S105 - the name of a letter
    SIGNED_OUT_EVERYWHERE = "signedOutEverywhere"


Moment = Annotated[datetime, Meta(tz=True)]
"""A time with its zone."""


class Facts(Struct, frozen=True, kw_only=True, rename="camel"):
    """The base of all facts: immutable, named arguments only, camelCase in JSON. Every time is an aware datetime."""


class Mailbox(Facts, frozen=True, kw_only=True):
    """Who can be written to. A name may be empty; an address that is empty or none at all is never written to."""

    name: str
    address: str


class LetterFacts(Facts, frozen=True, kw_only=True):
    """What nearly every kind tells about its organization."""

    organization: str  # its display name
    domain: str  # the primary one
    privacy_contact: str | None = None  # a mail address
    privacy_statement: str | None = None  # a web address


# --- To guests ------------------------------------------------------------------------------------------------


class InvitingFacts(LetterFacts, frozen=True, kw_only=True):
    """What both kinds of invitation tell."""

    block_link: str
    inviter: Mailbox | None = None  # None: an app invited, and the organization stands for it
    message: str | None = None  # plain text


class InvitationFacts(InvitingFacts, frozen=True, kw_only=True):
    """Somebody asks the reader in."""

    accept_link: str
    valid_until: Moment
    redirect_url: str | None = None  # where the reader lands after accepting; only its host is shown


class InvitationNothingToDoFacts(InvitingFacts, frozen=True, kw_only=True):
    """The reader has access already and needs to do nothing."""

    open_link: str
    organizations_link: str
    may_leave: bool  # on their own: the organization's leave setting
    shared: tuple[str, ...] = ()  # names of apps and groups


class PasscodeFacts(Facts, frozen=True, kw_only=True):
    """A code proves that the reader opens this mailbox."""

    code: str  # 8 digits
    valid_until: Moment
    organization: str | None = None  # None: not signing in to a particular organization


class SignInMethod(StrEnum):
    """What people sign in with."""

    AUTHENTICATOR_APP = "authenticatorApp"
    PASSKEY = "passkey"
    RECOVERY_CODES = "recoveryCodes"
    EVERY_SECOND_FACTOR = "everySecondFactor"


class MethodFacts(Facts, frozen=True, kw_only=True):
    """What both letters about a way to sign in tell. Without an organization it is the service's own."""

    method: SignInMethod
    at: Moment
    organization: str | None = None


class MethodAddedFacts(MethodFacts, frozen=True, kw_only=True):
    """A way to sign in was added to the reader's account."""


class MethodRemovedFacts(MethodFacts, frozen=True, kw_only=True):
    """A way to sign in was removed from the reader's account."""


class AccountFacts(Facts, frozen=True, kw_only=True):
    """What happened to the reader's account as a whole. Without an organization it is the service's own."""

    at: Moment
    by_reader: bool  # else an administrator, or a program of theirs
    organization: str | None = None


class PasswordChangedFacts(AccountFacts, frozen=True, kw_only=True):
    """The reader's account has another password."""


class SignedOutEverywhereFacts(AccountFacts, frozen=True, kw_only=True):
    """Nothing that was signed in with the reader's account is signed in any more."""


class YouLeftFacts(LetterFacts, frozen=True, kw_only=True):
    """The reader left, on their own."""

    left_at: Moment
    data_removed_by: Moment
    reference: str
    receipt_link: str
    restorable_until: Moment | None = None  # None: removal has begun (direct connect, or asked for with the leave)
    restore_link: str | None = None  # needed exactly when ``restorable_until`` is there


class RemovalRequestReceivedFacts(LetterFacts, frozen=True, kw_only=True):
    """The reader, who may not leave alone, asked to be removed; or they asked to be erased (``erasure``)."""

    asked_at: Moment
    answer_due: Moment
    organizations_link: str
    reference: str | None = None
    erasure: bool = False


class RemovalRequestAnsweredFacts(LetterFacts, frozen=True, kw_only=True):
    """The organization keeps the reader, who had asked to be removed."""

    asked_at: Moment
    answered_at: Moment
    organizations_link: str
    ask_again_from: Moment
    message: str | None = None  # plain text: why, in the organization's words


class RequestExtendedFacts(LetterFacts, frozen=True, kw_only=True):
    """The answer to the reader's request to be removed, or erased, takes longer than a month."""

    asked_at: Moment
    first_due: Moment
    answer_due: Moment
    organizations_link: str
    message: str  # plain text: why, in the organization's words
    erasure: bool = False


class Ground(StrEnum):
    """Why an erasure is refused (GDPR, articles 12(5) and 17(3))."""

    EXPRESSION = "freedomOfExpression"
    LEGAL_OBLIGATION = "legalObligation"
    PUBLIC_HEALTH = "publicHealth"
    ARCHIVING = "archiving"
    LEGAL_CLAIMS = "legalClaims"
    UNFOUNDED = "manifestlyUnfounded"
    EXCESSIVE = "excessive"


class ErasureRefusedFacts(LetterFacts, frozen=True, kw_only=True):
    """The organization does not erase the reader, who had asked for it."""

    asked_at: Moment
    answered_at: Moment
    ground: Ground
    organizations_link: str
    ask_again_from: Moment
    message: str | None = None  # plain text: more about it, in the organization's words


# --- To whoever proved an address, with an account or without ---------------------------------------------------


class Wish(StrEnum):
    """What they ask for (GDPR, articles 15 and 17)."""

    ACCESS = "access"
    ERASURE = "erasure"


class DataRequestCodeFacts(Facts, frozen=True, kw_only=True):
    """A code proves that the reader opens this mailbox, for a request."""

    code: str  # 8 digits
    valid_until: Moment
    organization: str


class DataRequestFacts(LetterFacts, frozen=True, kw_only=True):
    """What each letter about a request tells. The link asks for a fresh code before it shows anything."""

    wish: Wish
    asked_at: Moment
    request_link: str


class DataRequestReceivedFacts(DataRequestFacts, frozen=True, kw_only=True):
    """The request was filed."""

    answer_due: Moment


class DataRequestExtendedFacts(DataRequestFacts, frozen=True, kw_only=True):
    """Its answer takes longer than a month."""

    first_due: Moment
    answer_due: Moment
    message: str  # plain text: why, in the organization's words


class DataRequestRefusedFacts(DataRequestFacts, frozen=True, kw_only=True):
    """The organization does not do it."""

    answered_at: Moment
    ground: Ground
    message: str | None = None  # plain text: more about it, in the organization's words


class DataRequestAnsweredFacts(DataRequestFacts, frozen=True, kw_only=True):
    """The organization did it, or there was nothing to do it with.

    ``copy_until``: until when a copy can be fetched. ``kept``: what names the address and stays, as codes.
    """

    answered_at: Moment
    nothing_held: bool = False
    copy_until: Moment | None = None
    accounts_removed: int = 0
    letters_removed: int = 0
    kept: tuple[str, ...] = ()
    message: str | None = None  # plain text


class Thing(StrEnum):
    """What hangs on a membership and comes back with it, or does not."""

    GROUP = "group"
    APP = "app"
    ROLE = "role"
    OWNED = "owned"


class Returned(Facts, frozen=True, kw_only=True):
    """How many things of one sort came back. Those the reader may not see are counted, not named."""

    what: Thing
    count: int
    names: tuple[str, ...] = ()


class NotReturned(Facts, frozen=True, kw_only=True):
    """One thing that did not come back.

    Attributes:
        why: ``gone`` (deleted for good), ``withheld`` (the restoring administrator may not grant it), ``leftOut`` (they
            did not want it back); anything else means that the right was withdrawn meanwhile.
    """

    what: Thing
    name: str
    why: str


class AccountRestoredFacts(LetterFacts, frozen=True, kw_only=True):
    """An administrator restored the reader's account.

    ``unasked``: the reader had left by choice, and did not ask to be restored.
    """

    restored_at: Moment
    organizations_link: str
    may_leave: bool
    returned: tuple[Returned, ...] = ()
    not_returned: tuple[NotReturned, ...] = ()
    still_disabled: bool = False
    unasked: bool = False


class PurgeCause(StrEnum):
    """Why an account was permanently deleted."""

    ADMINISTRATOR = "administrator"
    TIME_PASSED = "timePassed"
    ASKED_FOR = "askedFor"  # the person asked for removal without the wait


class PermanentlyDeletedFacts(LetterFacts, frozen=True, kw_only=True):
    """The reader's account is gone for good."""

    deleted_at: Moment
    cause: PurgeCause
    data_removed_by: Moment
    reference: str | None = None


class DataRemovedFacts(LetterFacts, frozen=True, kw_only=True):
    """Nothing of the reader is left; the last letter."""

    removed_at: Moment
    reference: str | None = None
    certificate_link: str | None = None  # the receipt, below which the certificate of the removal is


# --- To reviewers -----------------------------------------------------------------------------------------------


class ReviewFacts(LetterFacts, frozen=True, kw_only=True):
    """The reader is asked whether people still need access."""

    review: str  # its name
    until: Moment
    review_link: str
    about_reader: bool = False  # it is their own access
    message: str | None = None  # from who made the review, plain text


class ReviewAskedFacts(ReviewFacts, frozen=True, kw_only=True):
    """A review begins."""


class ReviewReminderFacts(ReviewFacts, frozen=True, kw_only=True):
    """A review is half over, and the reader has not decided about everybody."""


class ReviewCompletedFacts(LetterFacts, frozen=True, kw_only=True):
    """A review has ended, and the reader was to hear of it: how many were kept, denied, or not decided about."""

    review: str  # its name
    ended_at: Moment
    kept: int
    denied: int
    undecided: int
    review_link: str


# --- To administrators ----------------------------------------------------------------------------------------


class AskedFacts(LetterFacts, frozen=True, kw_only=True):
    """A guest asks for something only an administrator can do."""

    guest: Mailbox
    asked_at: Moment
    row_link: str  # the guest's row in the Admin center
    message: str | None = None  # in the guest's words
    reference: str | None = None


class AdminRemovalAskedFacts(AskedFacts, frozen=True, kw_only=True):
    """A guest asks to be removed."""

    answer_due: Moment


class AdminErasureAskedFacts(AskedFacts, frozen=True, kw_only=True):
    """A guest asks to be erased."""

    answer_due: Moment


class AdminDataRequestedFacts(LetterFacts, frozen=True, kw_only=True):
    """Somebody asks by a proven address; who it is stands in the Admin center alone."""

    wish: Wish
    asked_at: Moment
    answer_due: Moment
    row_link: str


class AdminRestoreAskedFacts(AskedFacts, frozen=True, kw_only=True):
    """A guest who left asks to be restored."""

    left_at: Moment
    restorable_until: Moment


class InvitationAskedFacts(AskedFacts, frozen=True, kw_only=True):
    """Somebody whose invitation ended asks the one who sent it for a new one."""

    invited_at: Moment
    expired_at: Moment


class DigestPeriod(StrEnum):
    """How often the digest comes."""

    DAY = "day"
    WEEK = "week"


class Departure(Facts, frozen=True, kw_only=True):
    """A guest who left in the digest's period."""

    name: str
    left_at: Moment
    restorable_until: Moment | None = None  # None: direct connect
    reason: str | None = None  # in the guest's words


class OpenRequest(Facts, frozen=True, kw_only=True):
    """A guest who waits for an administrator's answer."""

    name: str
    asked_at: Moment
    due: Moment  # restore: the end of the 30 days; removal, erasure: the day to answer by


class GuestDigestFacts(LetterFacts, frozen=True, kw_only=True):
    """Who left, and who waits for an answer. The list of those who left may be shorter than their count.

    Of requests by a confirmed address (``by_address``) only the number is told, since they may be anybody's.
    """

    period: DigestPeriod
    since: Moment
    until: Moment
    left_count: int
    deleted_users_link: str
    requests_link: str
    settings_link: str
    left: tuple[Departure, ...] = ()
    restores_asked: tuple[OpenRequest, ...] = ()
    removals_asked: tuple[OpenRequest, ...] = ()
    erasures_asked: tuple[OpenRequest, ...] = ()
    by_address: int = 0


class FailedStep(Facts, frozen=True, kw_only=True):
    """A system whose part of a data removal did not succeed."""

    system: str
    error: str | None = None


class DeadlineAtRiskFacts(LetterFacts, frozen=True, kw_only=True):
    """Data removal may miss the promised date. ``on_hold``: of how many people because of a legal hold."""

    people: int
    due_by: Moment
    data_removal_link: str
    on_hold: int = 0
    failed: tuple[FailedStep, ...] = ()


class ExportReadyFacts(LetterFacts, frozen=True, kw_only=True):
    """The file that the reader asked for in the Admin center is there."""

    begun_at: Moment
    kept_until: Moment
    file_link: str


AnyFacts = (
    InvitationFacts
    | InvitationNothingToDoFacts
    | PasscodeFacts
    | YouLeftFacts
    | RemovalRequestReceivedFacts
    | RemovalRequestAnsweredFacts
    | AccountRestoredFacts
    | PermanentlyDeletedFacts
    | DataRemovedFacts
    | AdminRemovalAskedFacts
    | AdminRestoreAskedFacts
    | AdminErasureAskedFacts
    | RequestExtendedFacts
    | ErasureRefusedFacts
    | DataRequestCodeFacts
    | DataRequestReceivedFacts
    | DataRequestExtendedFacts
    | DataRequestRefusedFacts
    | DataRequestAnsweredFacts
    | AdminDataRequestedFacts
    | InvitationAskedFacts
    | GuestDigestFacts
    | DeadlineAtRiskFacts
    | ExportReadyFacts
    | ReviewAskedFacts
    | ReviewReminderFacts
    | ReviewCompletedFacts
    | MethodAddedFacts
    | MethodRemovedFacts
    | PasswordChangedFacts
    | SignedOutEverywhereFacts
)

FACTS: Final[dict[LetterKind, type[AnyFacts]]] = {
    LetterKind.INVITATION: InvitationFacts,
    LetterKind.INVITATION_NOTHING_TO_DO: InvitationNothingToDoFacts,
    LetterKind.PASSCODE: PasscodeFacts,
    LetterKind.YOU_LEFT: YouLeftFacts,
    LetterKind.REMOVAL_REQUEST_RECEIVED: RemovalRequestReceivedFacts,
    LetterKind.REMOVAL_REQUEST_ANSWERED: RemovalRequestAnsweredFacts,
    LetterKind.ACCOUNT_RESTORED: AccountRestoredFacts,
    LetterKind.PERMANENTLY_DELETED: PermanentlyDeletedFacts,
    LetterKind.DATA_REMOVED: DataRemovedFacts,
    LetterKind.ADMIN_REMOVAL_ASKED: AdminRemovalAskedFacts,
    LetterKind.ADMIN_RESTORE_ASKED: AdminRestoreAskedFacts,
    LetterKind.ADMIN_ERASURE_ASKED: AdminErasureAskedFacts,
    LetterKind.REQUEST_EXTENDED: RequestExtendedFacts,
    LetterKind.ERASURE_REFUSED: ErasureRefusedFacts,
    LetterKind.DATA_REQUEST_CODE: DataRequestCodeFacts,
    LetterKind.DATA_REQUEST_RECEIVED: DataRequestReceivedFacts,
    LetterKind.DATA_REQUEST_EXTENDED: DataRequestExtendedFacts,
    LetterKind.DATA_REQUEST_REFUSED: DataRequestRefusedFacts,
    LetterKind.DATA_REQUEST_ANSWERED: DataRequestAnsweredFacts,
    LetterKind.ADMIN_DATA_REQUESTED: AdminDataRequestedFacts,
    LetterKind.INVITATION_ASKED: InvitationAskedFacts,
    LetterKind.GUEST_DIGEST: GuestDigestFacts,
    LetterKind.DEADLINE_AT_RISK: DeadlineAtRiskFacts,
    LetterKind.EXPORT_READY: ExportReadyFacts,
    LetterKind.REVIEW_ASKED: ReviewAskedFacts,
    LetterKind.REVIEW_REMINDER: ReviewReminderFacts,
    LetterKind.REVIEW_COMPLETED: ReviewCompletedFacts,
    LetterKind.METHOD_ADDED: MethodAddedFacts,
    LetterKind.METHOD_REMOVED: MethodRemovedFacts,
    LetterKind.PASSWORD_CHANGED: PasswordChangedFacts,
    LetterKind.SIGNED_OUT_EVERYWHERE: SignedOutEverywhereFacts,
}
"""The facts that each kind of letter takes."""


def read(kind: LetterKind, facts: Mapping[str, object]) -> AnyFacts:
    """Return stored facts as values. Names that the kind does not know are passed over.

    Args:
        kind: the kind of letter.
        facts: as they were stored, in camelCase, times in ISO 8601.

    Raises:
        msgspec.ValidationError: a fact is missing or has the wrong shape, or a time has no zone.
    """
    return convert(facts, type=FACTS[kind])
