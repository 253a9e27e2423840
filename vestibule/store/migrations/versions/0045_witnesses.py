"""Witnesses of the sealed audit log: how each log stands with each, and the checkpoints that they cosigned."""

from vestibule.store.migrations.frozen import number, table, text

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "audit_witness",
        text("tenant_id"),
        text("witness"),
        text("origin"),
        number("size"),
        number("cosigned_at", null=True),
        text("state"),
        text("why"),
        number("known"),
        number("failures"),
        number("failing_since", null=True),
        number("due_at"),
        number("turn"),
        key=("tenant_id", "witness"),
    )
    table(
        "audit_cosignature",
        text("tenant_id"),
        text("witness"),
        number("size"),
        text("note"),
        text("line"),
        number("at"),
        key=("tenant_id", "witness", "size"),
    )
