"""The tables.

Every table begins with the organization (``tenant_id``) and so does its key, so that the tables can be
partitioned or sharded by it. Tables of the person and of the deployment are the exception; they are listed in
``WITHOUT_TENANT`` with the reason, and a test holds that list.

Columns are plain on purpose: ids are lower-case GUID text, times are integer microseconds since 1970 in UTC,
lists and objects are JSON text. Rows therefore need no result processor and read the same from both databases.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Text,
    and_,
    literal_column,
)
from sqlalchemy import Table as SqlTable

metadata: Final = MetaData()

WITHOUT_TENANT: Final = {
    "deployment": "one row for the whole deployment: emulator stamp, generation, clock offset",
    "signing_key": "the deployment signs for every organization",
    "audit_key": "the deployment signs the checkpoints of every organization's log",
    "receipt_key": "the deployment signs the receipts and certificates of every organization",
    "person": "a person belongs to no single organization",
    "person_mailbox": "the proven address leads to the person before any organization is known",
    "person_membership": "the one look-up across organizations: which ones does this person belong to",
    "person_invitation": "the same look-up for invitations that wait for a mailbox",
    "credential": "a password belongs to the person",
    "passkey": "a passkey belongs to the person, and is looked up before anybody is known",
    "authenticator_app": "an authenticator app belongs to the person",
    "recovery_code": "recovery codes belong to the person",
    "browser_session": "a browser session may span organizations",
    "sign_in_request": "a sign-in may begin before the organization is known",
    "passcode": "an emailed code proves a mailbox, whatever the organization",
    "receipt": "a receipt belongs to the person and outlives the organization's erasure",
    "idempotency": "a caller's key is the caller's own, over all organizations",
    "rate": "limits count per account, mailbox and network address",
    "captured_mail": "the emulator's mailbox of everybody",
    "seed_snapshot": "the emulator's seeded state is the whole database",
    "erasure_journal": "what was erased must be found again when any backup is restored",
    "subject_key": "keys lie in a store of their own, without anything that says whose they are",
}


def _table(name: str, *columns: Any, key: tuple[str, ...]) -> SqlTable:
    return SqlTable(name, metadata, *columns, PrimaryKeyConstraint(*key))


# Texts are compared by code point in both databases; an index of PostgreSQL serves a comparison only when both have
# the same collation, and one of the operating system's would change with it.
_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, _TEXT, nullable=null)


def _time(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null, info={"kind": "time"})


def _position(name: str) -> Column[int]:
    """A place in the order of commits, of the unit that wrote the row last; see ``feed``."""
    return Column(name, BigInteger, nullable=False, info={"kind": "position"})


def _json(name: str) -> Column[str]:
    return Column(name, _TEXT, nullable=False, info={"kind": "json"})


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, info={"kind": "flag"})


def _octets(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


# --- The deployment -------------------------------------------------------------------------------------------

deployment = _table(
    "deployment",
    Column("id", Integer, nullable=False, autoincrement=False),
    _flag("emulator"),
    _text("generation"),  # raised by the emulator's reset; every token and session carries it
    _count("clock_offset"),  # microseconds by which lifecycle time runs ahead of the machine
    _flag("worker_on"),
    _count("scrub_wanted"),  # raised by an erasure: the next checkpoint truncates the write-ahead log
    _count("scrub_done"),
    _time("worker_seen", null=True),
    _time("created_at"),
    _text("feed"),  # places in the order of commits hold within it: another one after a backup was restored
    _count("feed_position"),  # SQLite: units that changed something that is told of; PostgreSQL counts itself
    key=("id",),
)

signing_key = _table(
    "signing_key",
    _text("kid"),
    _text("alg"),
    _octets("sealed_private"),
    _text("public_jwk"),
    _text("state"),  # active, retiring
    _time("created_at"),  # machine time
    _time("signs_until", null=True),
    _time("signs_from", null=True),  # None: since it was made
    key=("kid",),
)

receipt_key = _table(
    "receipt_key",
    _count("number"),  # from 1; the last one signs
    _text("public_jwk"),  # stays for good, so that what it signed can be checked
    _octets("sealed_private", null=True),  # destroyed when the next key signs
    _time("created_at"),  # machine time
    key=("number",),
)

# --- Organizations --------------------------------------------------------------------------------------------

organization = _table(
    "organization",
    _text("tenant_id"),
    _text("display_name"),
    _text("initial_domain"),
    _text("country"),
    _text("notification_language"),
    _text("time_zone"),
    _text("technical_contact", null=True),
    _text("privacy_contact", null=True),
    _text("privacy_statement", null=True),
    _flag("guests_may_leave"),
    _flag("asks_why"),
    _text("allow_invites_from"),
    _text("guest_access"),
    _json("settings"),  # JSON: whatever no rule decides on in a hot path
    _text("subject_key_id"),  # opens the parts of audit events that are about no person
    _count("version"),
    _time("created_at"),
    _flag("refuses_codes"),  # who proves a mailbox by code alone does not get in
    _time("digest_at", null=True),  # when its contacts hear next who left; null: never
    _count("epoch"),  # how often everything that was given in it was ended; see ``membership.epoch``
    key=("tenant_id",),
)
Index("organization_digest", organization.c.digest_at)

domain = _table(
    "domain",
    _text("tenant_id"),
    _text("name"),
    _flag("is_default"),
    _flag("is_initial"),
    _time("verified_at", null=True),
    key=("tenant_id", "name"),
)
Index("domain_name", domain.c.name, unique=True)

domain_claim = _table(
    "domain_claim",  # a domain that an organization says is its own; it keeps the name from nobody until it is proven
    _text("tenant_id"),
    _text("name"),
    _text("proof"),  # what the record in the DNS has to say
    _time("asked_at"),
    key=("tenant_id", "name"),
)

cross_tenant = _table(
    "cross_tenant",
    _text("tenant_id"),
    _text("partner_id"),  # another organization, or "default"
    _json("setting"),  # JSON: b2bDirectConnectInbound, …Outbound, b2bCollaborationInbound, …
    _count("version"),
    key=("tenant_id", "partner_id"),
)

# --- People ---------------------------------------------------------------------------------------------------

person = _table(
    "person",
    _text("person_id"),
    _text("issuer"),
    _text("subject"),
    _text("home_tenant", null=True),
    _text("home_user", null=True),
    _text("preferred_language", null=True),
    _count("version"),
    _time("created_at"),
    key=("person_id",),
)
Index("person_identity", person.c.issuer, person.c.subject, unique=True)

person_mailbox = _table(
    "person_mailbox",
    _text("address_mac"),  # keyed hash of the exactly stored address
    _text("person_id"),
    _text("address", null=True),  # dropped when the last membership is erased
    _time("proven_at"),
    key=("address_mac",),
)
Index("person_mailbox_person", person_mailbox.c.person_id)

person_membership = _table(
    "person_membership",
    _text("person_id"),
    _text("tenant_id"),
    _text("user_id"),
    key=("person_id", "tenant_id", "user_id"),
)

person_invitation = _table(
    "person_invitation",
    _text("address_mac"),
    _text("tenant_id"),
    _text("user_id"),
    key=("address_mac", "tenant_id", "user_id"),
)

credential = _table(
    "credential",
    _text("person_id"),
    _text("kind"),
    _text("secret"),  # argon2id encoded hash
    _time("changed_at"),
    key=("person_id", "kind"),
)

passkey = _table(
    "passkey",
    _text("credential_id"),
    _text("person_id"),
    _octets("public_key"),  # COSE
    _count("sign_count"),
    _text("name"),
    _json("transports"),
    _flag("backed_up"),
    _time("created_at"),  # machine time, as all times of second factors
    _time("last_used_at", null=True),
    key=("credential_id",),
)
Index("passkey_person", passkey.c.person_id)

authenticator_app = _table(
    "authenticator_app",
    _text("person_id"),
    _octets("sealed_secret"),
    _count("last_step"),  # of the last code used: it and earlier ones are dead
    _time("created_at"),
    _time("last_used_at", null=True),
    key=("person_id",),
)

recovery_code = _table(
    "recovery_code",
    _text("person_id"),
    _text("code_mac"),
    _time("made_at"),
    key=("person_id", "code_mac"),
)

identity_provider = _table(
    "identity_provider",  # where guests of an organization may be at home
    _text("tenant_id"),
    _text("provider_id"),
    _text("kind"),  # oidc, saml
    _text("display_name"),
    _text("issuer"),
    _text("client_id"),
    _octets("sealed_secret"),
    _text("authorization_endpoint"),  # as it was met last: the sign-in page names it before anybody is asked
    _flag("enabled"),
    _count("version"),
    _time("created_at"),
    _json("certificates"),  # SAML: JSON list of what it may sign with, DER in base64
    _text("metadata_url", null=True),  # SAML: where it describes itself
    _text("name_id_format", null=True),  # SAML: the kind of name that it calls people by
    _text("email_attribute", null=True),  # SAML: the attribute that holds an address; null: whichever is usual
    key=("tenant_id", "provider_id"),
)
Index("identity_provider_id", identity_provider.c.provider_id, unique=True)
Index("identity_provider_issuer", identity_provider.c.tenant_id, identity_provider.c.issuer, unique=True)

provider_domain = _table(
    "provider_domain",  # the mail domains that a provider is responsible for, in this organization alone
    _text("tenant_id"),
    _text("name"),
    _text("provider_id"),
    key=("tenant_id", "name"),
)
Index("provider_domain_provider", provider_domain.c.tenant_id, provider_domain.c.provider_id)

federation_request = _table(
    "federation_request",  # a browser that is away at a provider; gone as soon as it comes back
    _text("tenant_id"),
    _text("state_hash"),
    _text("browser_hash"),
    _text("provider_id"),
    _octets("sealed"),  # nonce, proof key, the handle of the sign-in under way
    _time("expires_at"),  # machine time
    _count("offset_at_birth"),
    _text("generation"),
    key=("tenant_id", "state_hash"),
)
Index("federation_request_end", federation_request.c.expires_at)
Index("federation_request_state", federation_request.c.state_hash, unique=True)

# --- Memberships ----------------------------------------------------------------------------------------------

membership = _table(
    "membership",
    _text("tenant_id"),
    _text("user_id"),
    _text("person_id", null=True),  # null until the invitation is redeemed
    _text("tie"),
    _text("stage"),
    _flag("enabled"),
    _time("stage_at"),  # since when this stage holds
    _time("due_at", null=True),  # deleted: purge due; purged: data removed by
    _text("cause", null=True),
    _text("was", null=True),  # deleted: invited or present
    _time("was_at", null=True),
    _text("upn_key", null=True),  # lower-case user principal name while nobody else may take it
    _count("epoch"),  # sessions, codes and tokens born in an older epoch are dead
    _count("version"),
    _text("audit_tag"),  # the label of this membership in the audit log
    _text("subject_key_id", null=True),  # whose personal parts in audit events it opens
    _time("created_at"),
    _flag("self_service"),  # left by choice: only a new explicit invitation brings them back
    _position("changed"),  # when anything about the user object changed last
    _position("moved"),  # when it came or went
    _count("held"),  # legal holds that stand; while there is one nothing about the person is deleted
    _time("released_at", null=True),  # when the last of them was lifted
    key=("tenant_id", "user_id"),
)
Index("membership_changed", membership.c.tenant_id, membership.c.changed, membership.c.user_id)
Index("membership_upn", membership.c.tenant_id, membership.c.upn_key, unique=True)
Index("membership_stage", membership.c.tenant_id, membership.c.stage, membership.c.due_at, membership.c.user_id)
Index("membership_tag", membership.c.tenant_id, membership.c.audit_tag)
Index("membership_created", membership.c.tenant_id, membership.c.created_at, membership.c.user_id)
# The worker's alone. It says of the version what always holds: PostgreSQL, which sees by a deadline in a question that
# there is one, would take the index for the list of one organization, and go through everybody's.
HAS_DEADLINE: Final = and_(membership.c.due_at > literal_column("0"), membership.c.version > literal_column("0"))
Index(
    "membership_due",
    membership.c.stage,
    membership.c.due_at,
    sqlite_where=HAS_DEADLINE,
    postgresql_where=HAS_DEADLINE,
)
Index("membership_tie", membership.c.tenant_id, membership.c.tie, membership.c.user_id)

profile = _table(
    "profile",
    _text("tenant_id"),
    _text("user_id"),
    _text("user_principal_name"),
    _text("display_name"),
    _text("display_name_key"),
    _text("mail", null=True),
    _text("mail_key", null=True),
    _text("user_type"),
    _text("given_name", null=True),
    _text("surname", null=True),
    _text("job_title", null=True),
    _text("department", null=True),
    _text("company_name", null=True),
    _text("preferred_language", null=True),
    _text("creation_type", null=True),
    _text("external_user_state", null=True),
    _time("external_user_state_at", null=True),
    _json("attributes"),  # JSON: every other property of a user
    key=("tenant_id", "user_id"),
)
Index("profile_display_name", profile.c.tenant_id, profile.c.display_name_key, profile.c.user_id)
Index("profile_user_type", profile.c.tenant_id, profile.c.user_type, profile.c.user_id)
for _dialect, _mail_key in (
    ("sqlite", profile.c.mail_key),
    ("postgresql", profile.c.mail_key.nulls_first()),  # as SQLite has them, so that both walk one order
):
    Index("profile_mail", profile.c.tenant_id, _mail_key, profile.c.user_id).ddl_if(dialect=_dialect)

profile_word = _table(
    "profile_word",  # words of names and addresses, folded; the database itself keeps them as the profiles are
    _text("tenant_id"),
    _text("word"),
    _text("user_id"),
    key=("tenant_id", "word", "user_id"),
)

invitation = _table(
    "invitation",
    _text("tenant_id"),
    _text("invitation_id"),
    _text("user_id"),
    _text("ticket_hash"),
    _text("address"),
    _text("address_mac"),
    _text("state"),  # open, redeemed, declined, dead
    _text("redirect_url"),
    _text("message", null=True),
    _text("language", null=True),
    _text("inviter_name"),
    _text("inviter_user_id", null=True),
    _text("inviter_address", null=True),
    _time("created_at"),
    _time("expires_at"),
    key=("tenant_id", "invitation_id"),
)
Index("invitation_ticket", invitation.c.ticket_hash, unique=True)
Index("invitation_user", invitation.c.tenant_id, invitation.c.user_id)
Index("invitation_expiry", invitation.c.state, invitation.c.expires_at)

invitation_block = _table(
    "invitation_block",
    _text("tenant_id"),
    _text("address_mac"),
    _time("blocked_at"),
    key=("tenant_id", "address_mac"),
)

sponsor = _table(
    "sponsor",
    _text("tenant_id"),
    _text("user_id"),
    _text("sponsor_id"),
    key=("tenant_id", "user_id", "sponsor_id"),
)
Index("sponsor_guests", sponsor.c.tenant_id, sponsor.c.sponsor_id, sponsor.c.user_id)

manager = _table(
    "manager",
    _text("tenant_id"),
    _text("user_id"),
    _text("manager_id"),
    _position("changed"),
    key=("tenant_id", "user_id"),
)
Index("manager_changed", manager.c.tenant_id, manager.c.changed)
Index("manager_reports", manager.c.tenant_id, manager.c.manager_id, manager.c.user_id)

data_export = _table(
    "data_export",
    _text("tenant_id"),
    _text("export_id"),
    _text("user_id"),  # whose data
    _text("status"),  # notStarted, running, complete, failed
    _text("location"),  # without what opens it
    _time("submitted_at"),
    _time("completed_at", null=True),
    key=("tenant_id", "export_id"),
)
Index("data_export_user", data_export.c.tenant_id, data_export.c.user_id)
Index("data_export_submitted", data_export.c.submitted_at)

job = _table(
    "job",
    _text("tenant_id"),
    _text("job_id"),
    _text("user_id"),  # who began it
    _text("session_hash"),  # in whose name it does everything
    _text("what"),
    _json("asked"),
    _text("language"),
    _text("state"),  # running, done, stopped
    _count("total"),
    _time("begun_at"),
    _time("leased_until"),  # machine time
    _count("done"),
    _count("failed"),
    _text("position", null=True),  # where it goes on (JSON)
    _text("why", null=True),
    _time("ended_at", null=True),
    _count("version"),
    key=("tenant_id", "job_id"),
)
Index("job_user", job.c.tenant_id, job.c.user_id)
Index("job_waiting", job.c.state, job.c.leased_until)
Index("job_begun", job.c.begun_at)

job_part = _table(
    "job_part",
    _text("tenant_id"),
    _text("job_id"),
    _count("number"),
    _octets("sealed"),
    key=("tenant_id", "job_id", "number"),
)

guest_request = _table(
    "guest_request",
    _text("tenant_id"),
    _text("user_id"),
    _text("kind"),  # removal, restore, erasure
    _text("reason"),
    _time("asked_at"),
    _time("answer_due"),
    _text("answer", null=True),
    _time("answered_at", null=True),
    _time("first_due", null=True),  # before it was extended
    _text("ground", null=True),  # why it was refused
    key=("tenant_id", "user_id", "kind"),
)

# A request by a proven address, which needs no account. Who asks, and in which words, is sealed under a key of its own.
data_request = _table(
    "data_request",
    _text("tenant_id"),
    _text("request_id"),
    _text("address_mac"),  # keyed hash of organization and mailbox
    _text("wish"),  # access, erasure
    _text("subject_key_id"),
    _text("audit_tag"),
    _octets("sealed"),
    _time("asked_at"),
    _time("answer_due"),
    _time("first_due", null=True),  # before it was extended
    _text("answer", null=True),
    _time("answered_at", null=True),
    _text("ground", null=True),  # why it was refused
    _time("ends_at", null=True),  # when the row goes, and its key
    _time("copy_until", null=True),
    _time("collected_at", null=True),
    _count("version"),
    key=("tenant_id", "request_id"),
)
Index(
    "data_request_open",
    data_request.c.tenant_id,
    data_request.c.address_mac,
    data_request.c.wish,
    unique=True,
    sqlite_where=data_request.c.answer.is_(None),
    postgresql_where=data_request.c.answer.is_(None),
)
Index("data_request_ends", data_request.c.ends_at, data_request.c.request_id)

# --- What hangs on a membership. A row with ``struck`` was revoked while the guest was deleted: it does not return.

group = _table(
    "directory_group",
    _text("tenant_id"),
    _text("group_id"),
    _text("display_name"),
    _text("display_name_key"),
    _text("mail_nickname"),
    _text("description", null=True),
    _flag("mail_enabled"),
    _flag("security_enabled"),
    _flag("assignable_to_role"),
    _json("group_types"),  # JSON list
    _text("visibility", null=True),
    _json("attributes"),
    _time("created_at"),
    _time("deleted_at", null=True),
    _time("purge_due", null=True),
    _count("version"),
    _text("unique_name_key", null=True),
    _position("changed"),
    _position("moved"),
    key=("tenant_id", "group_id"),
)
Index("directory_group_changed", group.c.tenant_id, group.c.changed, group.c.group_id)
Index("directory_group_name", group.c.tenant_id, group.c.display_name_key, group.c.group_id)
Index("directory_group_unique", group.c.tenant_id, group.c.unique_name_key, unique=True)

group_member = _table(
    "group_member",
    _text("tenant_id"),
    _text("user_id"),
    _text("group_id"),
    _time("since"),
    _text("struck", null=True),
    _text("struck_name", null=True),
    _position("changed"),
    key=("tenant_id", "user_id", "group_id"),
)
Index("group_member_changed", group_member.c.tenant_id, group_member.c.changed)
Index("group_member_group", group_member.c.tenant_id, group_member.c.group_id, group_member.c.user_id)

vanished = _table(
    "vanished",  # what was taken away without a trace of its own, for those who follow what changes
    _text("tenant_id"),
    _position("changed"),
    _text("kind"),  # group, application, principal: gone for good; member, holder, manager: somebody is it no more
    _text("object_id"),
    _text("user_id"),  # empty for what is gone for good
    _time("at"),
    key=("tenant_id", "changed", "kind", "object_id", "user_id"),
)
Index("vanished_at", vanished.c.at)

role_assignment = _table(
    "role_assignment",
    _text("tenant_id"),
    _text("user_id"),
    _text("role_id"),  # template id
    _text("assignment_id"),
    _time("since"),
    _text("struck", null=True),
    _position("changed"),
    key=("tenant_id", "user_id", "role_id"),
)
Index("role_assignment_changed", role_assignment.c.tenant_id, role_assignment.c.changed)
role_definition = _table(
    "role_definition",  # roles that an organization made for itself
    _text("tenant_id"),
    _text("role_id"),
    _text("display_name"),
    _text("description"),
    _text("label"),  # Graph's version of it, as it was given
    _json("actions"),  # JSON list of names
    _flag("enabled"),
    _time("made_at"),
    _count("version"),
    key=("tenant_id", "role_id"),
)
Index("role_assignment_role", role_assignment.c.tenant_id, role_assignment.c.role_id)
Index("role_assignment_id", role_assignment.c.tenant_id, role_assignment.c.assignment_id, unique=True)

ownership = _table(
    "ownership",
    _text("tenant_id"),
    _text("user_id"),
    _text("object_kind"),  # group, app
    _text("object_id"),
    _time("since"),
    _text("struck", null=True),
    _text("struck_name", null=True),
    key=("tenant_id", "user_id", "object_kind", "object_id"),
)
Index("ownership_object", ownership.c.tenant_id, ownership.c.object_id)

provisioned = _table(
    "provisioned",  # what provisioning clients call people and groups, and whom they brought
    _text("tenant_id"),
    _text("client_id"),
    _text("object_id"),
    _text("object_kind"),  # user, group
    _text("external_id", null=True),
    _flag("brought"),
    _time("since"),
    key=("tenant_id", "client_id", "object_id"),
)
Index("provisioned_external", provisioned.c.tenant_id, provisioned.c.client_id, provisioned.c.external_id)
Index("provisioned_object", provisioned.c.tenant_id, provisioned.c.object_id)

app = _table(
    "app",
    _text("tenant_id"),
    _text("app_id"),  # the application object
    _text("service_principal_id"),
    _text("client_id"),
    _text("display_name"),
    _flag("enabled"),
    _flag("public"),
    _flag("device_code"),
    _flag("password_grant"),
    _flag("requires_assignment"),
    _text("id_token_alg"),
    _json("redirect_uris"),  # JSON list
    _json("spa_redirect_uris"),  # JSON list
    _json("logout_uris"),  # JSON list: post-logout redirect addresses
    _json("app_roles"),  # JSON list of {id, value, displayName}
    _json("permissions"),  # JSON list of application permissions with admin consent
    _json("delegated"),  # JSON list of delegated permissions that the app asks for
    _json("attributes"),
    _count("version"),
    _time("created_at"),
    _json("identifier_uris"),  # JSON list: what the app is called as an API
    _json("api_scopes"),  # JSON list of the scopes it publishes, in Graph's shape
    _text("backchannel_logout_uri", null=True),
    _flag("backchannel_logout_session"),  # it wants to know which session ended
    _time("deleted_at", null=True),
    _time("purge_due", null=True),
    _flag("principal_absent"),  # the application has no service principal here: never had one, or it is deleted
    _time("principal_deleted_at", null=True),
    _count("epoch"),  # how often everything that was given to it was ended; see ``membership.epoch``
    _position("changed"),
    key=("tenant_id", "app_id"),
)
Index("app_changed", app.c.tenant_id, app.c.changed)
Index("app_client", app.c.client_id, unique=True)
Index("app_service_principal", app.c.tenant_id, app.c.service_principal_id, unique=True)

foreign_principal = _table(
    "foreign_principal",  # what an organization decides about an app of another one
    _text("tenant_id"),
    _text("app_id"),
    _text("home_tenant"),
    _text("service_principal_id"),
    _flag("enabled"),
    _time("made_at"),
    _count("version"),
    key=("tenant_id", "app_id"),
)
Index(
    "foreign_principal_id",
    foreign_principal.c.tenant_id,
    foreign_principal.c.service_principal_id,
    unique=True,
)
Index("foreign_principal_app", foreign_principal.c.app_id)

app_secret = _table(
    "app_secret",
    _text("tenant_id"),
    _text("app_id"),
    _text("secret_id"),
    _text("secret_hash"),
    _text("hint"),
    _time("expires_at", null=True),
    _text("display_name", null=True),
    _time("starts_at", null=True),  # machine time
    key=("tenant_id", "app_id", "secret_id"),
)

app_permission = _table(
    "app_permission",  # roles that apps have at the APIs of other apps, for themselves
    _text("tenant_id"),
    _text("app_id"),
    _text("resource_id"),  # the application object of the API
    _text("app_role_id"),
    _text("assignment_id"),
    _time("since"),
    key=("tenant_id", "app_id", "resource_id", "app_role_id"),
)
Index("app_permission_resource", app_permission.c.tenant_id, app_permission.c.resource_id)
Index("app_permission_id", app_permission.c.tenant_id, app_permission.c.assignment_id, unique=True)

app_key = _table(
    "app_key",  # a key or certificate that an app signs its assertions with
    _text("tenant_id"),
    _text("app_id"),
    _text("key_id"),
    _text("kid"),
    _text("kind"),  # certificate, key
    _text("display_name"),
    _text("public_jwk"),
    _text("thumbprint", null=True),  # SHA-1 of the certificate, base64url
    _text("thumbprint_sha256", null=True),
    _octets("certificate", null=True),  # DER
    _time("starts_at"),  # machine time
    _time("expires_at", null=True),
    key=("tenant_id", "app_id", "key_id"),
)

app_identifier = _table(
    "app_identifier",  # finds an app by one of its ``identifier_uris``
    _text("tenant_id"),
    _text("uri"),
    _text("app_id"),
    key=("tenant_id", "uri"),
)
Index("app_identifier_app", app_identifier.c.tenant_id, app_identifier.c.app_id)

app_origin = _table(
    "app_origin",  # the origins of ``spa_redirect_uris``: which pages may call the token endpoint
    _text("tenant_id"),
    _text("app_id"),
    _text("origin"),
    key=("tenant_id", "app_id", "origin"),
)
Index("app_origin_origin", app_origin.c.origin)

client_assertion = _table(
    "client_assertion",  # assertions that were used, until they expire
    _text("tenant_id"),
    _text("app_id"),
    _text("jti_hash"),
    _time("expires_at"),  # machine time
    key=("tenant_id", "app_id", "jti_hash"),
)
Index("client_assertion_end", client_assertion.c.expires_at)

app_assignment = _table(
    "app_assignment",
    _text("tenant_id"),
    _text("user_id"),
    _text("app_id"),
    _text("app_role_id"),
    _text("assignment_id"),
    _time("since"),
    _text("struck", null=True),
    _text("struck_name", null=True),
    key=("tenant_id", "user_id", "app_id", "app_role_id"),
)
Index("app_assignment_app", app_assignment.c.tenant_id, app_assignment.c.app_id)
Index("app_assignment_id", app_assignment.c.tenant_id, app_assignment.c.assignment_id, unique=True)

group_assignment = _table(
    "group_assignment",  # an app that a whole group is assigned to; who that is says ``group_member``
    _text("tenant_id"),
    _text("group_id"),
    _text("app_id"),
    _text("app_role_id"),
    _text("assignment_id"),
    _time("since"),
    key=("tenant_id", "group_id", "app_id", "app_role_id"),
)
Index(
    "group_assignment_app",
    group_assignment.c.tenant_id,
    group_assignment.c.app_id,
    group_assignment.c.group_id,
    group_assignment.c.app_role_id,
)
Index("group_assignment_id", group_assignment.c.tenant_id, group_assignment.c.assignment_id, unique=True)

terms_of_use = _table(
    "terms_of_use",  # each edition stays, since people accepted it
    _text("tenant_id"),
    _count("edition"),
    _json("documents"),  # JSON: language -> {"text"} or {"link"}; empty when the terms were withdrawn
    _flag("in_force"),
    _time("made_at"),
    key=("tenant_id", "edition"),
)
terms_acceptance = _table(
    "terms_acceptance",
    _text("tenant_id"),
    _text("user_id"),
    _count("edition"),
    _time("accepted_at"),
    key=("tenant_id", "user_id", "edition"),
)

consent = _table(
    "consent",
    _text("tenant_id"),
    _text("app_id"),
    _text("user_id"),  # empty: for everybody in the organization
    _text("scopes"),  # space separated
    _text("grant_id"),
    _time("given_at"),
    key=("tenant_id", "app_id", "user_id"),
)
Index("consent_user", consent.c.tenant_id, consent.c.user_id)
Index("consent_grant", consent.c.tenant_id, consent.c.grant_id)
Index("consent_app", consent.c.tenant_id, consent.c.app_id, consent.c.grant_id)

api_consent = _table(
    "api_consent",  # the same for the APIs that other apps of the organization publish
    _text("tenant_id"),
    _text("app_id"),
    _text("user_id"),  # empty: for everybody in the organization
    _text("resource_id"),  # the application object of the API
    _text("scopes"),  # space separated
    _text("grant_id"),
    _time("given_at"),
    key=("tenant_id", "app_id", "user_id", "resource_id"),
)
Index("api_consent_user", api_consent.c.tenant_id, api_consent.c.user_id)
Index("api_consent_grant", api_consent.c.tenant_id, api_consent.c.grant_id)
Index("api_consent_app", api_consent.c.tenant_id, api_consent.c.app_id, api_consent.c.grant_id)

# --- Signing in. Secrets are kept as hashes; times are machine time, ``offset_at_birth`` the clock's offset then. ---

browser_session = _table(
    "browser_session",
    _text("session_hash"),
    _text("person_id"),
    _text("strength"),
    _text("form_key"),
    _time("signed_in_at"),
    _time("expires_at"),
    _count("offset_at_birth"),
    _text("generation"),
    _count("home_epoch"),
    _time("used_at", null=True),  # lifecycle time, at most a minute old; null: not since it was made
    key=("session_hash",),
)
Index("browser_session_end", browser_session.c.expires_at)
Index("browser_session_person", browser_session.c.person_id)

organization_session = _table(
    "organization_session",
    _text("tenant_id"),
    _text("session_hash"),
    _text("user_id"),
    _count("epoch"),
    _time("opened_at"),
    key=("tenant_id", "session_hash"),
)
Index("organization_session_opened", organization_session.c.opened_at)
Index("organization_session_user", organization_session.c.tenant_id, organization_session.c.user_id)
Index("organization_session_hash", organization_session.c.session_hash)

sign_in_request = _table(
    "sign_in_request",
    _text("request_hash"),
    _text("browser_hash"),
    _json("facts"),  # JSON: what was asked for and how far the person is
    _time("expires_at"),
    _count("offset_at_birth"),
    _text("generation"),
    key=("request_hash",),
)
Index("sign_in_request_end", sign_in_request.c.expires_at)

passcode = _table(
    "passcode",
    _text("address_mac"),
    _text("code_mac"),
    _text("browser_hash"),
    _text("request_hash"),
    _count("tries_left"),
    _time("expires_at"),  # lifecycle time
    _time("sent_at"),
    _text("generation"),
    key=("address_mac",),
)
Index("passcode_end", passcode.c.expires_at)

authorization_code = _table(
    "authorization_code",
    _text("tenant_id"),
    _text("code_hash"),
    _text("app_id"),
    _text("user_id"),
    _text("person_id"),
    _json("facts"),  # JSON: redirect_uri, scope, nonce, challenge, auth_time, strength, session
    _count("epoch"),
    _count("home_epoch"),
    _text("family_id"),
    _time("expires_at"),
    _count("offset_at_birth"),
    _text("generation"),
    _time("used_at", null=True),
    key=("tenant_id", "code_hash"),
)
Index("authorization_code_end", authorization_code.c.expires_at)
Index("authorization_code_user", authorization_code.c.tenant_id, authorization_code.c.user_id)

refresh_token = _table(
    "refresh_token",
    _text("tenant_id"),
    _text("token_hash"),
    _text("family_id"),
    _text("app_id"),
    _text("user_id"),
    _text("person_id"),
    _json("facts"),  # JSON: scope, auth_time, strength
    _count("epoch"),
    _count("home_epoch"),
    _time("expires_at"),
    _count("offset_at_birth"),
    _text("generation"),
    _time("used_at", null=True),
    key=("tenant_id", "token_hash"),
)
Index("refresh_token_end", refresh_token.c.expires_at)
Index("refresh_token_family", refresh_token.c.tenant_id, refresh_token.c.family_id)
Index("refresh_token_user", refresh_token.c.tenant_id, refresh_token.c.user_id)

token_family = _table(
    "token_family",
    _text("tenant_id"),
    _text("family_id"),
    _text("user_id"),
    _time("ended_at", null=True),
    _time("expires_at"),
    _text("session_id", null=True),  # the browser session that it ends with; None when it outlives it
    _text("client_id", null=True),  # whose it is; None: begun before this was written down
    _text("began_in", null=True),  # the browser session that it began in, as the app knows it
    key=("tenant_id", "family_id"),
)
Index("token_family_end", token_family.c.expires_at)
Index("token_family_user", token_family.c.tenant_id, token_family.c.user_id)
Index("token_family_session", token_family.c.session_id)
Index("token_family_began", token_family.c.began_in)

device_grant = _table(
    "device_grant",  # somebody signs in on a device without a keyboard
    _text("tenant_id"),  # of the app
    _text("device_hash"),
    _text("user_code_mac"),
    _text("app_id"),
    _text("state"),  # waiting, approved, declined, used
    _json("facts"),  # JSON: scope, claims, where the device asked from; then who approved, as a grant
    _text("user_tenant", null=True),  # who approved: the organization signed in to, and the user object there
    _text("user_id", null=True),
    _text("person_id", null=True),
    _count("epoch"),
    _count("home_epoch"),
    _text("family_id", null=True),
    _count("polls_every"),  # seconds between two questions
    _time("polled_at", null=True),
    _time("expires_at"),
    _count("offset_at_birth"),
    _text("generation"),
    key=("tenant_id", "device_hash"),
)
Index("device_grant_end", device_grant.c.expires_at)
Index("device_grant_code", device_grant.c.user_code_mac, unique=True)
Index("device_grant_user", device_grant.c.user_tenant, device_grant.c.user_id)

rate = _table(
    "rate",
    _text("bucket"),
    _count("used"),
    _time("window_start"),
    _time("expires_at"),
    key=("bucket",),
)
Index("rate_end", rate.c.expires_at)

# --- Letters, jobs, erasure -----------------------------------------------------------------------------------

letter = _table(
    "letter",
    _text("tenant_id"),
    _text("letter_id"),
    _text("kind"),
    _text("user_id", null=True),
    _octets("sealed"),  # recipient, language and facts; shredded after sending
    _time("written_at"),
    _time("not_before"),
    _count("tries"),
    _text("lease_token", null=True),
    _time("lease_until", null=True),  # machine time
    _time("sent_at", null=True),
    _text("last_error", null=True),
    key=("tenant_id", "letter_id"),
)
Index("letter_waiting", letter.c.sent_at, letter.c.not_before)
Index("letter_user", letter.c.tenant_id, letter.c.user_id)

subscription = _table(
    "subscription",  # a program that wants to be told of changes
    _text("tenant_id"),
    _text("subscription_id"),
    _text("client_id"),
    _text("user_id", null=True),  # the person behind it; None for a program alone
    _text("person_id", null=True),
    _json("carried"),  # JSON list: the permissions or scopes of the token
    _text("strength"),
    _count("epoch"),
    _count("home_epoch"),
    _text("kind"),  # users, groups
    _text("object_id"),  # empty: all of them
    _flag("members"),
    _text("resource"),
    _json("change_types"),
    _text("notification_url"),
    _text("lifecycle_url", null=True),
    _octets("sealed_state", null=True),
    _text("tls"),
    _time("expires_at"),  # machine time
    _count("offset_at_birth"),
    _time("created_at"),
    _text("feed"),  # how far they have been told: the order of commits, and the place in it
    _count("place"),
    _time("not_before"),
    _count("tries"),
    _time("failing_since", null=True),
    _flag("missed"),
    _flag("warned"),
    _text("lease_token", null=True),
    _time("lease_until", null=True),  # machine time
    _count("version"),
    key=("tenant_id", "subscription_id"),
)
Index("subscription_waiting", subscription.c.subscription_id, subscription.c.not_before)
Index("subscription_app", subscription.c.tenant_id, subscription.c.client_id)
Index("subscription_user", subscription.c.tenant_id, subscription.c.user_id)

erasure = _table(
    "erasure",
    _text("tenant_id"),
    _text("user_id"),
    _time("started_at"),
    _time("due_by"),
    _text("reason"),
    _text("state"),  # running, onHold, removing, waitingForRecipients, done
    _octets("sealed_contact", null=True),  # address and language for the last letter; dropped with it
    _time("finished_at", null=True),
    _time("alarm_at", null=True),  # when somebody is told that it is not done; null: it is, or they were told for good
    key=("tenant_id", "user_id"),
)
Index("erasure_alarm", erasure.c.alarm_at)
Index("erasure_started", erasure.c.tenant_id, erasure.c.started_at)
Index("erasure_state", erasure.c.state, erasure.c.started_at)

erasure_step = _table(
    "erasure_step",
    _text("tenant_id"),
    _text("user_id"),
    _text("step"),
    _time("finished_at"),
    _count("removed"),
    key=("tenant_id", "user_id", "step"),
)

erasure_certificate = _table(
    "erasure_certificate",
    _text("tenant_id"),
    _text("user_id"),
    _text("event_id"),  # of the end of the data removal
    _json("facts"),  # what was removed and who is told, as known at the end; nothing of the person
    _text("signed", null=True),  # the certificate as a signed file; null until the event is sealed
    _time("made_at", null=True),  # machine time
    key=("tenant_id", "user_id"),
)
_unsigned = erasure_certificate.c.signed.is_(None)
Index(
    "erasure_certificate_wanted",
    erasure_certificate.c.tenant_id,
    erasure_certificate.c.user_id,
    sqlite_where=_unsigned,
    postgresql_where=_unsigned,
)

erasure_journal = _table("erasure_journal", _text("key_id"), _time("destroyed_at"), key=("key_id",))

app_connection = _table(
    "app_connection",  # how an app is told of people
    _text("tenant_id"),
    _text("app_id"),
    _text("kind"),  # webhook, scim, ssf, commands
    _text("client_id"),
    _text("url"),
    _octets("sealed"),  # what we prove ourselves with
    _text("told_of"),  # connected, everyone
    _flag("required"),  # a data removal waits for it
    _time("created_at"),
    _time("not_before"),
    _count("tries"),
    _text("lease_token", null=True),
    _time("lease_until", null=True),  # machine time
    _text("stream_id", null=True),  # of a stream of Shared Signals, as are the next five
    _text("method", null=True),  # push, poll
    _text("status", null=True),  # enabled, paused, disabled
    _text("reason", null=True),  # of the status
    _text("events", null=True),  # what was asked for, divided by spaces
    _text("description", null=True),
    _text("commands", null=True),  # of provider commands: which the app supports, divided by spaces
    _text("claims", null=True),  # which claims it wants, divided by spaces
    _time("asked_at", null=True),  # when it said so; machine time
    key=("tenant_id", "app_id", "kind"),
)
Index("app_connection_next", app_connection.c.not_before)

delivery = _table(
    "delivery",  # the newest thing that a connection is told of a person
    _text("tenant_id"),
    _text("app_id"),
    _text("kind"),
    _text("user_id"),
    _text("delivery_id"),
    _text("event"),
    _octets("sealed"),
    _time("written_at"),
    _text("state"),
    _count("tries"),
    _text("answer", null=True),
    _time("tried_at", null=True),
    _text("taken", null=True),  # which of its tokens a stream's receiver took
    key=("tenant_id", "app_id", "kind", "user_id"),
)
Index(
    "delivery_state",
    delivery.c.tenant_id,
    delivery.c.app_id,
    delivery.c.kind,
    delivery.c.state,
    delivery.c.tries,
    delivery.c.written_at,
)
Index("delivery_user", delivery.c.tenant_id, delivery.c.user_id)
Index("delivery_id", delivery.c.tenant_id, delivery.c.app_id, delivery.c.kind, delivery.c.delivery_id)

legal_hold = _table(
    "legal_hold",
    _text("tenant_id"),
    _text("hold_id"),
    _text("user_id"),
    _text("reason"),
    _text("reference", null=True),  # what the organization calls the case
    _text("set_by", null=True),  # null: the operator
    _time("set_at"),
    _text("lifted_by", null=True),  # null: it stands, or the operator lifted it
    _time("lifted_at", null=True),
    _text("lifted_why", null=True),
    key=("tenant_id", "hold_id"),
)
Index("legal_hold_user", legal_hold.c.tenant_id, legal_hold.c.user_id)
Index("legal_hold_set_by", legal_hold.c.tenant_id, legal_hold.c.set_by)
Index("legal_hold_lifted_by", legal_hold.c.tenant_id, legal_hold.c.lifted_by)
removal_recipient = _table(
    "removal_recipient",  # who has to be told that somebody is gone
    _text("tenant_id"),
    _text("user_id"),
    _text("app_id"),
    _text("kind"),
    _text("display_name"),
    _flag("required"),
    _time("frozen_at"),
    _text("state"),
    _count("tries"),
    _text("answer", null=True),
    _time("answered_at", null=True),
    _text("waived_by", null=True),
    _text("waived_why", null=True),
    key=("tenant_id", "user_id", "app_id", "kind"),
)
Index("removal_recipient_app", removal_recipient.c.tenant_id, removal_recipient.c.app_id, removal_recipient.c.kind)
Index("removal_recipient_waiver", removal_recipient.c.tenant_id, removal_recipient.c.waived_by)

receipt = _table(
    "receipt",
    _text("person_id"),
    _text("receipt_id"),
    _text("reference"),
    _text("tenant_id"),
    _text("user_id"),
    _text("display_name"),
    _text("domain"),
    _text("tie"),
    _time("left_at"),
    _time("restorable_until", null=True),
    _time("data_removed_by"),
    _text("signed", null=True),  # the receipt as a signed file; null: it was given by an older version
    key=("person_id", "receipt_id"),
)
Index("receipt_reference", receipt.c.reference, unique=True)
Index("receipt_id", receipt.c.receipt_id, unique=True)
Index("receipt_membership", receipt.c.tenant_id, receipt.c.user_id)

idempotency = _table(
    "idempotency",
    _text("owner"),  # the person, or the app
    _text("idempotency_key"),
    _text("asked"),  # hash of what was asked
    _text("answer"),  # JSON
    _time("at"),
    key=("owner", "idempotency_key"),
)

# --- Audit: events in their final form from the first day; a sealer orders them later -------------------------

audit_event = _table(
    "audit_event",
    _text("tenant_id"),
    _text("event_id"),
    _octets("record"),  # canonical bytes, exactly what is hashed
    _octets("leaf"),  # SHA-256(0x00 || record)
    _text("type"),
    _text("outcome"),
    _text("reason", null=True),
    _time("at"),
    _text("object_tag"),
    _text("actor_tag"),
    _text("correlation_id"),
    _text("xid", null=True),
    _text("door", null=True),  # scim for what a provisioning client asked for; null for everything else
    key=("tenant_id", "event_id"),
)
Index("audit_event_time", audit_event.c.tenant_id, audit_event.c.at, audit_event.c.event_id)
for _by in (audit_event.c.actor_tag, audit_event.c.object_tag, audit_event.c.outcome):
    Index(
        f"audit_event_by_{_by.name.removesuffix('_tag')}",
        audit_event.c.tenant_id,
        _by,
        audit_event.c.at,
        audit_event.c.event_id,
    )
Index("audit_event_type", audit_event.c.tenant_id, audit_event.c.type, audit_event.c.at, audit_event.c.event_id)
Index(
    "audit_event_pushed",  # what provisioning clients asked for; nothing else is in it, so that nobody else pays for it
    audit_event.c.tenant_id,
    audit_event.c.at,
    audit_event.c.event_id,
    sqlite_where=audit_event.c.door == literal_column("'scim'"),
    postgresql_where=audit_event.c.door == literal_column("'scim'"),
)

audit_payload = _table(
    "audit_payload",
    _text("tenant_id"),
    _text("event_id"),
    _text("part"),
    _text("key_id"),
    _octets("ciphertext"),
    key=("tenant_id", "event_id", "part"),
)
Index("audit_payload_key", audit_payload.c.tenant_id, audit_payload.c.key_id)

audit_pending = _table("audit_pending", _text("tenant_id"), _text("event_id"), key=("tenant_id", "event_id"))

# What is sealed: each organization's events as the leaves of a Merkle tree, in the order in which they were sealed.
audit_seal = _table(
    "audit_seal",
    _text("tenant_id"),
    _count("place"),  # from 0, without gaps
    _text("event_id"),
    key=("tenant_id", "place"),
)
Index("audit_seal_event", audit_seal.c.tenant_id, audit_seal.c.event_id, unique=True)
audit_tile = _table(
    "audit_tile",
    _text("tenant_id"),
    _count("level"),
    _count("number"),
    _octets("hashes"),  # up to 256 of 32 octets
    key=("tenant_id", "level", "number"),
)
audit_checkpoint = _table(
    "audit_checkpoint",
    _text("tenant_id"),
    _count("size"),
    _octets("root"),
    _text("note"),  # signed: origin, size and root
    _time("at"),  # machine time
    key=("tenant_id", "size"),
)
audit_key = _table(
    "audit_key",
    _count("number"),  # from 1; the last one signs
    _text("name"),
    _octets("public"),
    _octets("sealed_private"),
    _time("created_at"),  # machine time
    key=("number",),
)

# How each log stands with each witness (``rules/witnesses``), and the checkpoints that witnesses cosigned.
audit_witness = _table(
    "audit_witness",
    _text("tenant_id"),
    _text("witness"),  # its verifier key
    _text("origin"),  # what the log was called when it was shown last
    _count("size"),  # events that it cosigned under that name
    _time("cosigned_at", null=True),  # by its own clock
    _text("state"),
    _text("why"),
    _count("known"),  # where it knows more events than there are
    _count("failures"),
    _time("failing_since", null=True),  # machine time
    _time("due_at"),  # machine time
    _count("turn"),
    key=("tenant_id", "witness"),
)
audit_cosignature = _table(
    "audit_cosignature",
    _text("tenant_id"),
    _text("witness"),
    _count("size"),
    _text("note"),  # the checkpoint as it was shown
    _text("line"),  # the cosignature, as it stands below it
    _time("at"),  # by the clock of the witness
    key=("tenant_id", "witness", "size"),
)

subject_index = _table(
    "subject_index",
    _text("tenant_id"),
    _text("tag"),
    _text("object_id"),
    key=("tenant_id", "tag"),
)
Index("subject_index_object", subject_index.c.tenant_id, subject_index.c.object_id)

# --- The sign-in log: not part of the audit log, since it is forgotten after a while -----------------------------

sign_in = _table(
    "sign_in",
    _text("tenant_id"),
    _text("sign_in_id"),
    _time("at"),
    _text("kind"),  # interactiveUser, nonInteractiveUser, servicePrincipal
    _text("user_id", null=True),  # the label once the data of that user is removed; none for apps and strangers
    _text("label"),
    _text("client_id"),
    _text("resource_id"),
    _text("resource_name"),
    Column("error_code", BigInteger, nullable=False),
    _text("why"),
    _text("crossing"),
    _text("home_tenant", null=True),
    _text("resource_tenant"),
    _text("through"),
    _text("strength"),
    _text("correlation_id"),
    _text("browser", null=True),
    _text("operating_system", null=True),
    _json("network_marks"),  # JSON list: keyed hashes of the beginnings of the network address
    _text("key_id", null=True),
    Column("sealed", LargeBinary, nullable=True),  # network address and User-Agent
    _text("country", null=True),  # two letters, where the operator's file knows the network address
    key=("tenant_id", "sign_in_id"),
)
Index("sign_in_time", sign_in.c.tenant_id, sign_in.c.kind, sign_in.c.at, sign_in.c.sign_in_id)
Index("sign_in_user", sign_in.c.tenant_id, sign_in.c.user_id, sign_in.c.at)
Index("sign_in_age", sign_in.c.at)

sign_in_activity = _table(
    "sign_in_activity",
    _text("tenant_id"),
    _text("user_id"),
    _time("last_at", null=True),
    _text("last_id", null=True),
    _time("last_quiet_at", null=True),
    _text("last_quiet_id", null=True),
    _time("last_success_at", null=True),
    _text("last_success_id", null=True),
    key=("tenant_id", "user_id"),
)
Index("sign_in_activity_recent", sign_in_activity.c.tenant_id, sign_in_activity.c.last_at, sign_in_activity.c.user_id)
Index("sign_in_activity_success", sign_in_activity.c.tenant_id, sign_in_activity.c.last_success_at)

# --- Access reviews ---------------------------------------------------------------------------------------------------

review = _table(
    "review",
    _text("tenant_id"),
    _text("review_id"),
    _text("display_name"),
    _json("definition"),  # JSON: everything else as Graph writes it
    _text("made_by", null=True),  # a user of the organization; None for a program
    _time("made_at"),
    _time("changed_at"),
    _count("started"),  # how many times it has come round; the number of the next instance
    _time("next_at", null=True),  # when it comes round next; None: never again
    _count("version"),
    key=("tenant_id", "review_id"),
)
Index("review_next", review.c.next_at)

review_instance = _table(
    "review_instance",
    _text("tenant_id"),
    _text("instance_id"),
    _text("review_id"),
    _text("group_id"),  # the group it looks at; empty when it is not one
    _time("starts_at"),
    _time("ends_at"),
    _text("state"),  # open, closed, applying, applied
    _time("remind_at", null=True),
    _time("due_at", null=True),  # the next that time does with it: a reminder, its end, the decisions to apply
    _text("applied_by", null=True),  # who asked for that; None: time
    _count("version"),
    _count("step"),  # the stage in which it is, counted from 0
    _time("decide_until", null=True),  # when that stage is over; None: it is the only one
    key=("tenant_id", "instance_id"),
)
Index("review_instance_review", review_instance.c.tenant_id, review_instance.c.review_id, review_instance.c.starts_at)
Index("review_instance_due", review_instance.c.due_at)

review_stage = _table(
    "review_stage",
    _text("tenant_id"),
    _text("instance_id"),
    _count("step"),
    _text("stage_id"),
    _time("starts_at"),
    _time("ends_at"),
    _json("setting"),  # JSON: how it is done, as Graph writes it
    key=("tenant_id", "instance_id", "step"),
)

review_decision = _table(
    "review_decision",
    _text("tenant_id"),
    _text("instance_id"),
    _text("decision_id"),
    _text("user_id"),  # whom it is about
    _text("decision"),
    _text("justification", null=True),
    _text("recommendation"),
    _time("last_sign_in", null=True),  # as it was when the instance began
    _text("reviewed_by", null=True),
    _time("reviewed_at", null=True),
    _text("result"),
    _time("applied_at", null=True),
    _time("blocked_until", null=True),  # blocked until then, deleted then
    _count("version"),
    _count("step"),  # in which stage
    key=("tenant_id", "instance_id", "decision_id"),
)
Index("review_decision_user", review_decision.c.tenant_id, review_decision.c.user_id)
Index("review_decision_blocked", review_decision.c.blocked_until)

review_earlier = _table(  # what was decided in a stage, about whom the next one asks anew
    "review_earlier",
    _text("tenant_id"),
    _text("instance_id"),
    _count("step"),
    _text("decision_id"),
    _text("user_id"),
    _text("decision"),
    _text("justification", null=True),
    _text("recommendation"),
    _time("last_sign_in", null=True),
    _text("reviewed_by", null=True),
    _time("reviewed_at", null=True),
    key=("tenant_id", "instance_id", "step", "decision_id"),
)
Index("review_earlier_user", review_earlier.c.tenant_id, review_earlier.c.user_id)

review_reviewer = _table(
    "review_reviewer",
    _text("tenant_id"),
    _text("instance_id"),
    _text("user_id"),  # who is asked
    _text("decision_id"),  # about whom; empty for everybody in the instance
    _time("contacted_at", null=True),
    _count("step"),  # in which stage
    key=("tenant_id", "instance_id", "user_id", "decision_id", "step"),
)
Index("review_reviewer_user", review_reviewer.c.tenant_id, review_reviewer.c.user_id)

review_history = _table(
    "review_history",  # which decisions of which reviews are brought together, once or again and again
    _text("tenant_id"),
    _text("history_id"),
    _text("display_name"),
    _json("definition"),  # JSON: everything else as Graph writes it
    _text("made_by", null=True),  # a user of the organization; None for a program
    _time("made_at"),
    _count("runs"),  # how often it was made; the number of the next run
    _time("next_at", null=True),  # when it is made next; None: never again
    _time("gone_at", null=True),  # when it goes with its last run; None while more are to come
    _count("version"),
    key=("tenant_id", "history_id"),
)
Index("review_history_next", review_history.c.next_at)
Index("review_history_gone", review_history.c.gone_at)

review_history_run = _table(
    "review_history_run",  # each time a history was made; its file is written when it is fetched
    _text("tenant_id"),
    _text("run_id"),
    _text("history_id"),
    _time("starts_at"),  # the period it looks at
    _time("ends_at"),
    _time("made_at"),
    _text("address_hash", null=True),  # of the secret in the address that leads to its file
    _time("address_until", null=True),
    key=("tenant_id", "run_id"),
)
Index(
    "review_history_run_history",
    review_history_run.c.tenant_id,
    review_history_run.c.history_id,
    review_history_run.c.made_at,
)
Index("review_history_run_address", review_history_run.c.address_hash)
Index("review_history_run_made", review_history_run.c.made_at)

# --- The emulator ---------------------------------------------------------------------------------------------

captured_mail = _table(
    "captured_mail",
    _text("mail_id"),
    _text("to_mac"),
    _octets("sealed"),
    _time("at"),
    key=("mail_id",),
)
Index("captured_mail_to", captured_mail.c.to_mac, captured_mail.c.at)

seed_snapshot = _table(
    "seed_snapshot", Column("id", Integer, nullable=False, autoincrement=False), _octets("sealed"), key=("id",)
)

# --- The store of keys: a file (SQLite) or schema (PostgreSQL) of its own, outside the main backup -------------

keys_metadata: Final = MetaData()
subject_key = SqlTable(
    "subject_key",
    keys_metadata,
    Column("key_id", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

UNIQUE_NAMES: Final = {
    "membership_upn": "userPrincipalName",
    "domain_name": "domain",
    "app_client": "appId",
    "person_identity": "identity",
    "identity_provider_issuer": "metadataUrl",
}
