"""Organizations and people."""

from alembic import op

from vestibule.store.migrations.frozen import flag, number, octets, small, table, text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "deployment",
        small("id"),
        flag("emulator"),
        text("generation"),
        number("clock_offset"),
        flag("worker_on"),
        number("scrub_wanted"),
        number("scrub_done"),
        number("worker_seen", null=True),
        number("created_at"),
        key=("id",),
    )
    table(
        "signing_key",
        text("kid"),
        text("alg"),
        octets("sealed_private"),
        text("public_jwk"),
        text("state"),
        number("created_at"),
        number("signs_until", null=True),
        key=("kid",),
    )
    table(
        "organization",
        text("tenant_id"),
        text("display_name"),
        text("initial_domain"),
        text("country"),
        text("notification_language"),
        text("time_zone"),
        text("technical_contact", null=True),
        text("privacy_contact", null=True),
        text("privacy_statement", null=True),
        flag("guests_may_leave"),
        flag("asks_why"),
        text("allow_invites_from"),
        text("guest_access"),
        text("settings"),
        text("subject_key_id"),
        number("version"),
        number("created_at"),
        key=("tenant_id",),
    )
    table(
        "domain",
        text("tenant_id"),
        text("name"),
        flag("is_default"),
        flag("is_initial"),
        number("verified_at", null=True),
        key=(
            "tenant_id",
            "name",
        ),
    )
    op.create_index("domain_name", "domain", ["name"], unique=True)
    table(
        "cross_tenant",
        text("tenant_id"),
        text("partner_id"),
        text("setting"),
        number("version"),
        key=(
            "tenant_id",
            "partner_id",
        ),
    )
    table(
        "person",
        text("person_id"),
        text("issuer"),
        text("subject"),
        text("home_tenant", null=True),
        text("home_user", null=True),
        text("preferred_language", null=True),
        number("version"),
        number("created_at"),
        key=("person_id",),
    )
    op.create_index("person_identity", "person", ["issuer", "subject"], unique=True)
    table(
        "person_mailbox",
        text("address_mac"),
        text("person_id"),
        text("address", null=True),
        number("proven_at"),
        key=("address_mac",),
    )
    op.create_index("person_mailbox_person", "person_mailbox", ["person_id"])
    table(
        "person_membership",
        text("person_id"),
        text("tenant_id"),
        text("user_id"),
        key=(
            "person_id",
            "tenant_id",
            "user_id",
        ),
    )
    table(
        "person_invitation",
        text("address_mac"),
        text("tenant_id"),
        text("user_id"),
        key=(
            "address_mac",
            "tenant_id",
            "user_id",
        ),
    )
    table(
        "credential",
        text("person_id"),
        text("kind"),
        text("secret"),
        number("changed_at"),
        key=(
            "person_id",
            "kind",
        ),
    )
