"""What is kept about a guest, why, until when, and how it goes.

Every column that says something about a guest stands in ``KEPT``; a test compares it with the tables, so that a new
column cannot be forgotten. Columns that say nothing about anybody are listed in ``ABOUT_NOBODY`` with the reason.

Data removal follows the permanent deletion at once and takes the steps of ``STEPS`` in their order, each in one
transaction; ``python -m vestibule.rules.retention`` prints the list for the documentation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class How(StrEnum):
    """How a kind of data goes."""

    ROW_DELETED = "the row is deleted"
    EMPTIED = "the columns are emptied"
    KEY_DESTROYED = "the key is destroyed first, then the row is deleted"
    RUNS_OUT = "it runs out by itself and is swept away"
    AFTER_SENDING = "it is deleted as soon as it is sent"
    STAYS = "it stays, without anything of the profile"
    AT_RESET = "it goes when the emulator is reset"


ROWS_GO: Final = frozenset({How.ROW_DELETED, How.KEY_DESTROYED, How.RUNS_OUT, How.AFTER_SENDING})
"""The ways that take whole rows, which can be counted."""


class Step(StrEnum):
    """A step of a data removal; the value is what the ledger of finished steps says."""

    KEY = "key"
    ACCESS = "access"
    RIGHTS = "rights"
    INVITATIONS = "invitations"
    REQUESTS = "requests"
    LETTERS = "letters"
    PERSON = "person"
    PROFILE = "profile"
    FINISH = "finish"


STEPS: Final = tuple(Step)
"""The order: the key first, so that from then on the personal parts of events cannot be read even in old backups."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of data about a guest.

    Attributes:
        table: where it is kept.
        columns: in which columns.
        what: what it is, in words an administrator uses.
        why: what it is kept for.
        until: the latest moment at which it is still there.
        how: how it goes.
        step: the step of the data removal that takes it away; None when something else does, or it stays.
    """

    table: str
    columns: tuple[str, ...]
    what: str
    why: str
    until: str
    how: How
    step: Step | None = None


def _columns(names: str) -> tuple[str, ...]:
    return tuple(names.split())


_REMOVAL: Final = "data removal, which follows the permanent deletion at once"
_LAST: Final = "data removal of the person's last membership, when they have no home organization here"

KEPT: Final = (
    # What opens the rest
    Kept(
        "subject_key",
        _columns("key_id wrapped created_at"),
        "the key to the personal parts of audit events",
        "audit events name the person only in encrypted parts",
        _REMOVAL,
        How.KEY_DESTROYED,
        Step.KEY,
    ),
    Kept(
        "audit_payload",
        _columns("event_id part key_id ciphertext"),
        "personal parts of audit events: names, addresses, network addresses, old and new values",
        "who did what to whom",
        _REMOVAL,
        How.ROW_DELETED,
        Step.KEY,
    ),
    Kept(
        "subject_index",
        _columns("tag object_id"),
        "the way from a user's id to their label in the audit log",
        "an administrator looks up what happened to a user",
        _REMOVAL,
        How.ROW_DELETED,
        Step.KEY,
    ),
    # Signing in to the organization
    Kept(
        "subscription",
        _columns("client_id user_id person_id carried strength epoch home_epoch kind object_id members resource"),
        "which programs are told, for whom, that users and groups changed",
        "change notifications",
        "29 days after it was renewed last, or the end of the right to read",
        How.ROW_DELETED,
        Step.ACCESS,
    ),
    Kept(
        "organization_session",
        _columns("session_hash user_id epoch opened_at"),
        "sessions of a browser in the organization",
        "staying signed in",
        _REMOVAL,
        How.ROW_DELETED,
        Step.ACCESS,
    ),
    Kept(
        "authorization_code",
        _columns("code_hash app_id user_id person_id facts epoch home_epoch family_id used_at"),
        "sign-in codes given to apps",
        "signing in to apps",
        "60 seconds after it is given; swept within a day",
        How.RUNS_OUT,
        Step.ACCESS,
    ),
    Kept(
        "refresh_token",
        _columns("token_hash family_id app_id user_id person_id facts epoch home_epoch used_at"),
        "hashes of refresh tokens",
        "staying signed in to apps; a token used twice is noticed",
        _REMOVAL,
        How.ROW_DELETED,
        Step.ACCESS,
    ),
    Kept(
        "token_family",
        _columns("family_id user_id ended_at session_id client_id began_in"),
        "which refresh tokens come from one sign-in, to which app",
        "ending all of them together, and telling the app",
        _REMOVAL,
        How.ROW_DELETED,
        Step.ACCESS,
    ),
    Kept(
        "device_grant",
        _columns(
            "device_hash user_code_mac app_id state facts user_tenant user_id person_id epoch home_epoch family_id"
            " polls_every polled_at"
        ),
        "sign-ins on a device without a keyboard, with the network address that began them",
        "signing in to apps there",
        "10 minutes after it began; swept within a day",
        How.RUNS_OUT,
        Step.ACCESS,
    ),
    Kept(
        "sign_in",
        _columns(
            "sign_in_id at kind user_id client_id resource_id resource_name error_code why crossing home_tenant"
            " resource_tenant through strength correlation_id browser operating_system network_marks sealed"
            " country"
        ),
        "sign-ins and failed sign-ins: to what, from where and with what; the network address encrypted",
        "seeing what the account was used for, and who tried",
        "30 days after it; with the data removal earlier what came from the person, and a label stands for the user",
        How.EMPTIED,
        Step.ACCESS,
    ),
    Kept(
        "sign_in",
        _columns("label key_id"),
        "the label of the audit log, and the key of what is encrypted",
        "as above",
        "30 days after it",
        How.RUNS_OUT,
    ),
    Kept(
        "sign_in_activity",
        _columns("user_id last_at last_id last_quiet_at last_quiet_id last_success_at last_success_id"),
        "when the guest signed in last",
        "finding accounts that nobody uses any more",
        _REMOVAL,
        How.ROW_DELETED,
        Step.ACCESS,
    ),
    # What hangs on the membership
    Kept(
        "vanished",
        _columns("kind object_id user_id at"),
        "who was in which group until when, by ids alone",
        "programs that follow what changes are told of it",
        "30 days after the end of that membership in the group; swept within an hour",
        How.RUNS_OUT,
    ),
    Kept(
        "group_member",
        _columns("user_id group_id since struck struck_name"),
        "groups the guest is in",
        "access, and giving it back on a restore",
        _REMOVAL,
        How.ROW_DELETED,
        Step.RIGHTS,
    ),
    Kept(
        "role_assignment",
        _columns("user_id role_id assignment_id since struck"),
        "directory roles",
        "access, and giving it back on a restore",
        _REMOVAL,
        How.ROW_DELETED,
        Step.RIGHTS,
    ),
    Kept(
        "ownership",
        _columns("user_id object_kind object_id since struck struck_name"),
        "groups and apps the guest owns",
        "access, and giving it back on a restore",
        _REMOVAL,
        How.ROW_DELETED,
        Step.RIGHTS,
    ),
    Kept(
        "app_assignment",
        _columns("user_id app_id app_role_id assignment_id since struck struck_name"),
        "apps the guest is assigned to",
        "access, and giving it back on a restore",
        _REMOVAL,
        How.ROW_DELETED,
        Step.RIGHTS,
    ),
    Kept(
        "consent",
        _columns("user_id app_id scopes grant_id given_at"),
        "what the guest allowed apps to do",
        "not asking again at each sign-in",
        _REMOVAL,
        How.ROW_DELETED,
        Step.RIGHTS,
    ),
    Kept(
        "api_consent",
        _columns("user_id app_id resource_id scopes grant_id given_at"),
        "what the guest allowed apps to do with the organization's own APIs",
        "not asking again at each sign-in",
        _REMOVAL,
        How.ROW_DELETED,
        Step.RIGHTS,
    ),
    Kept(
        "terms_acceptance",
        _columns("user_id edition accepted_at"),
        "which editions of the organization's terms of use the guest accepted, and when",
        "not asking again at each sign-in, and showing what was agreed to",
        _REMOVAL,
        How.ROW_DELETED,
        Step.RIGHTS,
    ),
    Kept(
        "review_decision",
        _columns(
            "decision_id instance_id user_id decision justification recommendation last_sign_in reviewed_at result"
            " applied_at blocked_until step"
        ),
        "what was decided about the guest in access reviews, and what came of it",
        "showing who still needs access, and why somebody lost it",
        _REMOVAL,
        How.ROW_DELETED,
        Step.RIGHTS,
    ),
    Kept(
        "review_earlier",
        _columns("decision_id instance_id step user_id decision justification recommendation last_sign_in reviewed_at"),
        "what was decided about the guest in earlier stages of access reviews",
        "showing later stages, and whoever asks, what was decided and why",
        _REMOVAL,
        How.ROW_DELETED,
        Step.RIGHTS,
    ),
    Kept(
        "review_earlier",
        _columns("reviewed_by"),
        "that the guest decided about others in earlier stages, and in which words",
        "showing who decided",
        _REMOVAL,
        How.EMPTIED,
        Step.RIGHTS,
    ),
    Kept(
        "review_decision",
        _columns("reviewed_by"),
        "that the guest decided about others, and in which words",
        "showing who decided",
        _REMOVAL,
        How.EMPTIED,
        Step.RIGHTS,
    ),
    Kept(
        "review_reviewer",
        _columns("instance_id user_id decision_id contacted_at step"),
        "that the guest is asked to decide in an access review",
        "letting them decide, and writing to them",
        _REMOVAL,
        How.ROW_DELETED,
        Step.RIGHTS,
    ),
    Kept(
        "review",
        _columns("made_by"),
        "that the guest made an access review",
        "showing who made it",
        _REMOVAL,
        How.EMPTIED,
        Step.RIGHTS,
    ),
    Kept(
        "review_history",
        _columns("made_by"),
        "that the guest asked for a history of access reviews",
        "showing who asked for it",
        _REMOVAL,
        How.EMPTIED,
        Step.RIGHTS,
    ),
    Kept(
        "review_instance",
        _columns("applied_by"),
        "that the guest asked for the decisions of a review to be applied",
        "showing who asked for it",
        _REMOVAL,
        How.EMPTIED,
        Step.RIGHTS,
    ),
    Kept(
        "sponsor",
        _columns("user_id sponsor_id"),
        "who answers for the guest, and for whom the guest answers",
        "somebody to ask about the guest",
        _REMOVAL,
        How.ROW_DELETED,
        Step.RIGHTS,
    ),
    Kept(
        "manager",
        _columns("user_id manager_id"),
        "who manages the guest, and whom the guest manages",
        "somebody to ask about the guest",
        _REMOVAL,
        How.ROW_DELETED,
        Step.RIGHTS,
    ),
    # How the guest came
    Kept(
        "invitation",
        _columns(
            "user_id invitation_id ticket_hash address address_mac state redirect_url message language created_at"
            " expires_at"
        ),
        "invitations of the guest",
        "redeeming them, and showing who invited whom",
        _REMOVAL,
        How.ROW_DELETED,
        Step.INVITATIONS,
    ),
    Kept(
        "invitation",
        _columns("inviter_name inviter_user_id inviter_address"),
        "the guest as the one who invited others",
        "the invited person sees who asked them",
        _REMOVAL,
        How.EMPTIED,
        Step.INVITATIONS,
    ),
    Kept(
        "person_invitation",
        _columns("address_mac user_id"),
        "which mailbox an invitation waits for, as a keyed hash",
        "showing waiting invitations to whoever proves the mailbox",
        "the invitation is answered, or " + _REMOVAL,
        How.ROW_DELETED,
        Step.INVITATIONS,
    ),
    Kept(
        "data_export",
        _columns("user_id status location submitted_at completed_at"),
        "exports of what is kept about the user, and where they went",
        "an administrator looks how far an export is",
        "30 days after it was asked for, or the data removal",
        How.ROW_DELETED,
        Step.REQUESTS,
    ),
    Kept(
        "job",
        _columns(
            "job_id user_id session_hash what asked language state total done failed position why begun_at ended_at"
            " leased_until"
        ),
        "long exports, and changes to many users, that the user began as an administrator",
        "it goes on when they leave the page, and they look how far it is",
        "24 hours, or the data removal",
        How.ROW_DELETED,
        Step.REQUESTS,
    ),
    Kept(
        "job_part",
        _columns("sealed"),
        "the file of a long export, sealed: whoever stands in it",
        "whoever asked for it fetches it",
        "24 hours",
        How.RUNS_OUT,
    ),
    Kept(
        "guest_request",
        _columns("user_id kind reason asked_at answer_due answer answered_at first_due ground"),
        "requests to be removed, restored or erased, until when they are answered, and how",
        "answering them in time",
        _REMOVAL,
        How.ROW_DELETED,
        Step.REQUESTS,
    ),
    Kept(
        "legal_hold",
        _columns("hold_id user_id reason reference set_at lifted_at lifted_why"),
        "legal holds on the guest: why they were set and lifted, and when",
        "nothing is deleted while one stands, and somebody answers for it",
        _REMOVAL + ", once every hold is lifted",
        How.ROW_DELETED,
        Step.REQUESTS,
    ),
    Kept(
        "legal_hold",
        _columns("set_by lifted_by"),
        "who set and who lifted a legal hold on somebody else",
        "a named person answers for it",
        "the data removal of that person; then their label stands there",
        How.EMPTIED,
        Step.REQUESTS,
    ),
    Kept(
        "removal_recipient",
        _columns("waived_by"),
        "who decided that a data removal does not wait for an app",
        "a named person answers for it",
        "the data removal of that person; then their label stands there",
        How.EMPTIED,
        Step.REQUESTS,
    ),
    Kept(
        "letter",
        _columns("user_id kind sealed written_at not_before tries sent_at last_error"),
        "mail that waits to be sent, encrypted",
        "telling the person and the administrators",
        "it is sent; what still waits goes with the data removal, except the letters that tell of the end",
        How.AFTER_SENDING,
        Step.LETTERS,
    ),
    # The person behind
    Kept(
        "person_membership",
        _columns("person_id user_id"),
        "which organizations the person belongs to",
        "the list of organizations in My Account",
        _REMOVAL,
        How.ROW_DELETED,
        Step.PERSON,
    ),
    Kept(
        "person_mailbox",
        _columns("address"),
        "the proven mail address",
        "sending codes and letters to it",
        _LAST,
        How.EMPTIED,
        Step.PERSON,
    ),
    Kept(
        "person_mailbox",
        _columns("address_mac person_id proven_at"),
        "a keyed hash of the proven address",
        "a person who comes back with the mailbox finds their receipts",
        "for good; without the deployment's key it leads to nobody",
        How.STAYS,
    ),
    Kept(
        "credential",
        _columns("person_id kind secret changed_at"),
        "the hash of a password",
        "signing in",
        _LAST,
        How.ROW_DELETED,
        Step.PERSON,
    ),
    Kept(
        "passkey",
        _columns("credential_id person_id public_key sign_count name transports backed_up created_at last_used_at"),
        "passkeys: their public halves, and what the person calls them",
        "signing in",
        _LAST,
        How.ROW_DELETED,
        Step.PERSON,
    ),
    Kept(
        "authenticator_app",
        _columns("person_id sealed_secret last_step created_at last_used_at"),
        "the secret shared with an authenticator app, encrypted",
        "signing in with a second factor",
        _LAST,
        How.ROW_DELETED,
        Step.PERSON,
    ),
    Kept(
        "recovery_code",
        _columns("person_id code_mac made_at"),
        "keyed hashes of recovery codes",
        "signing in without the second factor",
        _LAST,
        How.ROW_DELETED,
        Step.PERSON,
    ),
    Kept(
        "browser_session",
        _columns("session_hash person_id strength form_key signed_in_at used_at home_epoch"),
        "sessions of a browser",
        "staying signed in",
        "24 hours after signing in, or " + _LAST,
        How.RUNS_OUT,
        Step.PERSON,
    ),
    Kept(
        "person",
        _columns("person_id issuer subject home_tenant home_user preferred_language created_at"),
        "who signs in, as the identity provider calls them, never by address",
        "recognizing the person, in every organization they belong to",
        "the person's receipts",
        How.STAYS,
    ),
    # The user object
    Kept(
        "profile",
        _columns(
            "user_id user_principal_name display_name display_name_key mail mail_key user_type given_name surname"
            " job_title department company_name preferred_language creation_type external_user_state"
            " external_user_state_at attributes"
        ),
        "the guest's profile",
        "the organization knows whom it works with",
        _REMOVAL,
        How.ROW_DELETED,
        Step.PROFILE,
    ),
    Kept(
        "profile_word",
        _columns("word user_id"),
        "the words of the guest's name and address",
        "finding them by the beginning of a word",
        _REMOVAL,
        How.ROW_DELETED,
        Step.PROFILE,
    ),
    Kept(
        "provisioned",
        _columns("client_id object_id object_kind external_id brought since"),
        "what provisioning clients call the guest, and which of them brought the guest",
        "keeping another directory and this one in step",
        _REMOVAL,
        How.ROW_DELETED,
        Step.PROFILE,
    ),
    Kept(
        "membership",
        _columns("person_id upn_key subject_key_id"),
        "whose membership it is, the taken name, and the way to the key",
        "signing in, unique names, reading audit events",
        _REMOVAL,
        How.EMPTIED,
        Step.FINISH,
    ),
    Kept(
        "membership",
        _columns(
            "user_id tie stage enabled stage_at due_at cause was was_at audit_tag created_at self_service epoch version"
            " held released_at"
        ),
        "that somebody was here, from when to when, and that their data is gone",
        "ids are never used again, and the organization can show that it removed the data",
        "for good",
        How.STAYS,
    ),
    Kept(
        "delivery",
        _columns("app_id kind user_id delivery_id event sealed written_at state tries answer tried_at taken"),
        "what connected apps are told of a user, encrypted, and what they answered last",
        "apps end the account and delete their copy too",
        "the end of the data removal, which waits for the required ones",
        How.ROW_DELETED,
        Step.FINISH,
    ),
    Kept(
        "removal_recipient",
        _columns("user_id app_id kind display_name required frozen_at state tries answer answered_at waived_why"),
        "which apps had to be told of a removal, and what each of them answered",
        "ending it only when they have answered, and showing that they did",
        "for good",
        How.STAYS,
    ),
    Kept(
        "erasure",
        _columns("sealed_contact"),
        "address and language for the last letter, encrypted",
        "telling the person that their data is gone",
        "the end of the data removal",
        How.EMPTIED,
        Step.FINISH,
    ),
    Kept(
        "erasure",
        _columns("user_id started_at due_by reason state finished_at alarm_at"),
        "the progress of a data removal",
        "ending it in time, and showing that it ended",
        "for good",
        How.STAYS,
    ),
    Kept(
        "erasure_step",
        _columns("user_id step finished_at removed"),
        "which steps of a data removal are done",
        "going on after a crash without doing a step twice",
        "for good",
        How.STAYS,
    ),
    Kept(
        "erasure_certificate",
        _columns("user_id event_id facts signed made_at"),
        "the certificate of a data removal: what was removed, how much, and who is told; nothing of the person",
        "the person and the organization can show that the data was removed",
        "for good",
        How.STAYS,
    ),
    Kept(
        "erasure_journal",
        _columns("key_id destroyed_at"),
        "which keys were destroyed; random numbers",
        "removing the data again when an old backup is restored",
        "for good",
        How.STAYS,
    ),
    # What outlives the guest
    Kept(
        "audit_event",
        _columns("event_id record leaf type outcome reason at object_tag actor_tag correlation_id door"),
        "that something happened, to a label that leads to nobody once the key is gone",
        "a log that can be checked years later",
        "for good",
        How.STAYS,
    ),
    Kept(
        "receipt",
        _columns("person_id receipt_id reference user_id tie left_at restorable_until data_removed_by signed"),
        "the receipt of a leave; it belongs to the person and holds nothing of the profile",
        "the person can show that they left, and when",
        "for good",
        How.STAYS,
    ),
    Kept(
        "idempotency",
        _columns("owner idempotency_key asked answer at"),
        "the answer to a leave, by the caller's own key",
        "a repeated call gets the same answer and changes nothing",
        "61 days after the call, as long as a departure shows in the list of organizations",
        How.RUNS_OUT,
    ),
    Kept(
        "review",
        _columns("definition"),
        "ids of single people in an access review, where an administrator named some as reviewers or to hear its end",
        "who is asked, and who is told",
        "an administrator takes them out",
        How.STAYS,
    ),
    Kept(
        "review_stage",
        _columns("setting"),
        "ids of single people in a stage of an access review, where an administrator named some as reviewers",
        "who is asked",
        "an administrator takes them out",
        How.STAYS,
    ),
    Kept(
        "invitation_block",
        _columns("address_mac blocked_at"),
        "that a mailbox wants no more invitations, as a keyed hash",
        "the person asked not to be invited again",
        "the person allows invitations again",
        How.STAYS,
    ),
    Kept(
        "cross_tenant",
        _columns("setting"),
        "ids of single people in a cross-tenant access setting, where an administrator named some",
        "who may connect",
        "an administrator takes them out",
        How.STAYS,
    ),
    # Of whoever asks by a proven address, with or without an account
    Kept(
        "data_request",
        _columns("request_id subject_key_id sealed address_mac audit_tag"),
        "who asks for their data, or for its removal, by a proven address, and their words, under a key of their own",
        "answering the request",
        "30 days after the answer, its key first",
        How.RUNS_OUT,
    ),
    Kept(
        "data_request",
        _columns("wish asked_at answer_due first_due answer answered_at ground ends_at copy_until collected_at"),
        "what was asked for by a proven address, until when it is answered, and how",
        "answering it in time",
        "30 days after the answer",
        How.RUNS_OUT,
    ),
    # What runs out by itself
    Kept(
        "sign_in_request",
        _columns("request_hash browser_hash facts"),
        "how far a sign-in has come, with the typed address",
        "signing in over several pages",
        "an hour after it began",
        How.RUNS_OUT,
    ),
    Kept(
        "federation_request",
        _columns("state_hash browser_hash provider_id sealed"),
        "that a browser is away at an identity provider, and for five minutes what one said by SAML",
        "taking the answer in that browser, once",
        "60 minutes after it went there; swept within a day",
        How.RUNS_OUT,
    ),
    Kept(
        "passcode",
        _columns("address_mac code_mac browser_hash request_hash tries_left sent_at"),
        "a keyed hash of the newest emailed code and of the mailbox it went to",
        "proving a mailbox",
        "10 minutes after it was sent",
        How.RUNS_OUT,
    ),
    Kept(
        "rate",
        _columns("bucket used window_start"),
        "how often an account, mailbox or network address tried something, as keyed hashes",
        "limits against guessing and flooding",
        "a day after the last try",
        How.RUNS_OUT,
    ),
    # Emulator databases only
    Kept(
        "captured_mail",
        _columns("mail_id to_mac sealed at"),
        "mail that would have been sent, encrypted (emulator databases only)",
        "a team's tests read it",
        "the reset",
        How.AT_RESET,
    ),
    Kept(
        "seed_snapshot",
        _columns("id sealed"),
        "the seeded state, encrypted (emulator databases only)",
        "the reset returns to it",
        "the database is thrown away",
        How.STAYS,
    ),
)
"""Every kind of data about a guest, in the order in which a data removal takes it away."""

_OF_SUBSCRIPTIONS: Final = (
    "subscription.change_types subscription.notification_url subscription.lifecycle_url subscription.sealed_state"
    " subscription.tls subscription.created_at subscription.feed subscription.place subscription.not_before"
    " subscription.tries subscription.failing_since subscription.missed subscription.warned subscription.lease_token"
    " subscription.lease_until"
)
ABOUT_NOBODY: Final[Mapping[str, str]] = {
    "deployment": "one row about the installation itself",
    "signing_key": "the installation's own keys",
    "job_part.job_id": "which job of an administrator it is of",
    "job_part.number": "which part it is",
    "organization": "about the organization; its contacts are given by the organization for everybody to see",
    "domain": "names of organizations",
    "domain_claim": "names that organizations say are theirs",
    "role_definition": "what a role of an organization's own lets people do, not who holds it",
    "directory_group": "what a group is, not who is in it",
    "app": "what an app is, not who uses it",
    "foreign_principal": "which apps of others an organization lets in, not who uses them",
    "terms_of_use": "an organization's terms of use, in its own words",
    "identity_provider": "where an organization lets its guests be at home, not who is",
    "provider_domain": "which domains an identity provider is responsible for",
    "app_secret": "secrets of programs",
    "group_assignment": "which apps a group is assigned to; who is in it is told of by ``group_member``",
    "app_permission": "what programs may do at the APIs of others, for themselves",
    "app_key": "public keys and certificates of programs",
    "app_identifier": "what programs are called as APIs",
    "app_origin": "where programs in a browser are served from",
    "client_assertion": "which assertions of programs were used",
    "audit_pending": "which events the sealer has yet to take; ids of events only",
    "audit_seal": "which event stands at which place of the sealed log; ids of events only",
    "audit_tile": "hashes of records, which hold nothing personal",
    "audit_checkpoint": "how large a sealed log was, and its root",
    "audit_witness": "how a log stands with a witness: names of logs and witnesses, sizes and times",
    "audit_cosignature": "what witnesses signed: the name of a log, its size and its root",
    "audit_key": "the installation's own keys",
    "receipt_key": "the installation's own keys",
    "data_export.export_id": "a random id",
    "review.review_id": "a random id",
    "review.display_name": "what an administrator calls a review",
    "review.made_at": "when a review was made",
    "review.changed_at": "when a review was changed",
    "review.started": "how many times a review has come round",
    "review.next_at": "when a review comes round next",
    "review_history.history_id": "a random id",
    "review_history.display_name": "what an administrator calls a history of access reviews",
    "review_history.definition": "which reviews and decisions it is about, and when; names nobody",
    "review_history.made_at": "when a history was asked for",
    "review_history.runs": "how often a history was made",
    "review_history.next_at": "when a history is made next",
    "review_history.gone_at": "when a history goes",
    "review_history_run.run_id": "a random id",
    "review_history_run.history_id": "which history was made",
    "review_history_run.starts_at": "the period it looks at",
    "review_history_run.ends_at": "the period it looks at",
    "review_history_run.made_at": "when it was made",
    "review_history_run.address_hash": "a hash of a random secret",
    "review_history_run.address_until": "until when the secret fetches the file",
    "review_instance.instance_id": "a random id",
    "review_instance.review_id": "which review comes round",
    "review_instance.group_id": "which group is looked at",
    "review_instance.starts_at": "when it comes round",
    "review_instance.ends_at": "when it is over",
    "review_instance.state": "where it is",
    "review_instance.remind_at": "when reviewers are reminded",
    "review_instance.due_at": "what time does with it next",
    "review_instance.step": "in which stage it is",
    "review_instance.decide_until": "when that stage is over",
    "review_stage.instance_id": "which instance has the stage",
    "review_stage.step": "which stage it is",
    "review_stage.stage_id": "a random id",
    "review_stage.starts_at": "when it begins",
    "review_stage.ends_at": "when it is over",
    "*.tenant_id": "which organization",
    "*.version": "how often a row was written",
    "*.changed": "a place in the order of commits",
    "*.moved": "a place in the order of commits",
    "*.generation": "which state of an emulator a session belongs to",
    "*.offset_at_birth": "how far the emulator's clock was ahead",
    "*.expires_at": "when something runs out",
    "audit_event.xid": "the transaction of the database",
    "letter.letter_id": "a random id",
    "subscription.subscription_id": "a random id",
    **dict.fromkeys(_columns(_OF_SUBSCRIPTIONS), "where and how a program is told of changes"),
    "app_connection": "how an organization's apps are told of people; names nobody",
    "letter.lease_token": "which worker is sending",
    "letter.lease_until": "until when it may try",
    "receipt.display_name": "the organization's name when the person left",
    "receipt.domain": "the organization's domain when the person left",
    "cross_tenant.partner_id": "which other organization a setting is for",
}
"""Tables and columns that say nothing about any person, and why; ``*.column`` stands for that column in every table."""


def is_listed(table: str, column: str) -> bool:
    """Whether a column has a line: in ``KEPT``, or as saying nothing about anybody."""
    kept = any(one.table == table and column in one.columns for one in KEPT)
    return kept or any(name in ABOUT_NOBODY for name in (table, f"{table}.{column}", f"*.{column}"))


def as_markdown() -> str:
    """Return the list as a Markdown table, one line for each kind of data."""
    head = "| What | Why | Kept until | How it goes | Step | Where |\n|---|---|---|---|---|---|\n"
    lines = (
        f"| {one.what} | {one.why} | {one.until} | {one.how.value} | {one.step.value if one.step else '–'} "
        f"| `{one.table}`: {', '.join(f'`{column}`' for column in one.columns)} |\n"
        for one in KEPT
    )
    return head + "".join(lines)


if __name__ == "__main__":
    print(as_markdown(), end="")  # noqa: T201 - this is what the command is for
