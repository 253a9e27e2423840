"""Audit events are sealed: leaves of a Merkle tree for each organization, its tiles, and signed checkpoints."""

from alembic import op

from vestibule.store.migrations.frozen import number, octets, table, text

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table("audit_seal", text("tenant_id"), number("place"), text("event_id"), key=("tenant_id", "place"))
    op.create_index("audit_seal_event", "audit_seal", ["tenant_id", "event_id"], unique=True)
    table(
        "audit_tile",
        text("tenant_id"),
        number("level"),
        number("number"),
        octets("hashes"),
        key=("tenant_id", "level", "number"),
    )
    table(
        "audit_checkpoint",
        text("tenant_id"),
        number("size"),
        octets("root"),
        text("note"),
        number("at"),
        key=("tenant_id", "size"),
    )
    table(
        "audit_key",
        number("number"),
        text("name"),
        octets("public"),
        octets("sealed_private"),
        number("created_at"),
        key=("number",),
    )
