"""Letters, erasures, receipts, the audit log, and what only the emulator keeps."""

from alembic import op

from vestibule.store.migrations.frozen import keep_rows, number, octets, small, table, text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "letter",
        text("tenant_id"),
        text("letter_id"),
        text("kind"),
        text("user_id", null=True),
        octets("sealed"),
        number("written_at"),
        number("not_before"),
        number("tries"),
        text("lease_token", null=True),
        number("lease_until", null=True),
        number("sent_at", null=True),
        text("last_error", null=True),
        key=(
            "tenant_id",
            "letter_id",
        ),
    )
    op.create_index("letter_user", "letter", ["tenant_id", "user_id"])
    op.create_index("letter_waiting", "letter", ["sent_at", "not_before"])
    table(
        "erasure",
        text("tenant_id"),
        text("user_id"),
        number("started_at"),
        number("due_by"),
        text("reason"),
        text("state"),
        octets("sealed_contact", null=True),
        number("finished_at", null=True),
        key=(
            "tenant_id",
            "user_id",
        ),
    )
    op.create_index("erasure_state", "erasure", ["state", "started_at"])
    table(
        "erasure_step",
        text("tenant_id"),
        text("user_id"),
        text("step"),
        number("finished_at"),
        number("removed"),
        key=(
            "tenant_id",
            "user_id",
            "step",
        ),
    )
    table(
        "erasure_journal",
        text("key_id"),
        number("destroyed_at"),
        key=("key_id",),
    )
    table(
        "receipt",
        text("person_id"),
        text("receipt_id"),
        text("reference"),
        text("tenant_id"),
        text("user_id"),
        text("display_name"),
        text("domain"),
        text("tie"),
        number("left_at"),
        number("restorable_until", null=True),
        number("data_removed_by"),
        key=(
            "person_id",
            "receipt_id",
        ),
    )
    op.create_index("receipt_id", "receipt", ["receipt_id"], unique=True)
    op.create_index("receipt_membership", "receipt", ["tenant_id", "user_id"])
    op.create_index("receipt_reference", "receipt", ["reference"], unique=True)
    table(
        "idempotency",
        text("owner"),
        text("idempotency_key"),
        text("asked"),
        text("answer"),
        number("at"),
        key=(
            "owner",
            "idempotency_key",
        ),
    )
    table(
        "audit_event",
        text("tenant_id"),
        text("event_id"),
        octets("record"),
        octets("leaf"),
        text("type"),
        text("outcome"),
        text("reason", null=True),
        number("at"),
        text("object_tag"),
        text("actor_tag"),
        text("correlation_id"),
        text("xid", null=True),
        key=(
            "tenant_id",
            "event_id",
        ),
    )
    op.create_index("audit_event_object", "audit_event", ["tenant_id", "object_tag"])
    op.create_index("audit_event_time", "audit_event", ["tenant_id", "at", "event_id"])
    table(
        "audit_payload",
        text("tenant_id"),
        text("event_id"),
        text("part"),
        text("key_id"),
        octets("ciphertext"),
        key=(
            "tenant_id",
            "event_id",
            "part",
        ),
    )
    op.create_index("audit_payload_key", "audit_payload", ["tenant_id", "key_id"])
    table(
        "audit_pending",
        text("tenant_id"),
        text("event_id"),
        key=(
            "tenant_id",
            "event_id",
        ),
    )
    table(
        "subject_index",
        text("tenant_id"),
        text("tag"),
        text("object_id"),
        key=(
            "tenant_id",
            "tag",
        ),
    )
    op.create_index("subject_index_object", "subject_index", ["tenant_id", "object_id"])
    table(
        "captured_mail",
        text("mail_id"),
        text("to_mac"),
        octets("sealed"),
        number("at"),
        key=("mail_id",),
    )
    op.create_index("captured_mail_to", "captured_mail", ["to_mac", "at"])
    table(
        "seed_snapshot",
        small("id"),
        octets("sealed"),
        key=("id",),
    )
    keep_rows("audit_event", "audit events are never changed")
