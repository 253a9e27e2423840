"""What is kept about somebody, on its way to where an administrator wants it."""

from alembic import op

from vestibule.store.migrations.frozen import number, table, text

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "data_export",
        text("tenant_id"),
        text("export_id"),
        text("user_id"),
        text("status"),
        text("location"),
        number("submitted_at"),
        number("completed_at", null=True),
        key=("tenant_id", "export_id"),
    )
    op.create_index("data_export_user", "data_export", ["tenant_id", "user_id"])
    op.create_index("data_export_submitted", "data_export", ["submitted_at"])
