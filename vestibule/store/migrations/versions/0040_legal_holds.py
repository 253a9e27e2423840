"""Legal holds: while one stands on a user, nothing about them is deleted."""

from alembic import op

from vestibule.store.migrations.frozen import added_number, number, table, text

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "legal_hold",
        text("tenant_id"),
        text("hold_id"),
        text("user_id"),
        text("reason"),
        text("reference", null=True),
        text("set_by", null=True),
        number("set_at"),
        text("lifted_by", null=True),
        number("lifted_at", null=True),
        text("lifted_why", null=True),
        key=("tenant_id", "hold_id"),
    )
    op.create_index("legal_hold_user", "legal_hold", ["tenant_id", "user_id"])
    op.create_index("legal_hold_set_by", "legal_hold", ["tenant_id", "set_by"])
    op.create_index("legal_hold_lifted_by", "legal_hold", ["tenant_id", "lifted_by"])
    op.add_column("membership", added_number("held"))
    op.add_column("membership", number("released_at", null=True))
