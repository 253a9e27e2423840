"""Managers of users, whom somebody stands for or manages found at once, and names of groups that are theirs alone."""

from alembic import op

from vestibule.store.migrations.frozen import table, text

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table("manager", text("tenant_id"), text("user_id"), text("manager_id"), key=("tenant_id", "user_id"))
    op.create_index("manager_reports", "manager", ["tenant_id", "manager_id", "user_id"])
    op.create_index("sponsor_guests", "sponsor", ["tenant_id", "sponsor_id", "user_id"])
    op.add_column("directory_group", text("unique_name_key", null=True))
    op.create_index("directory_group_unique", "directory_group", ["tenant_id", "unique_name_key"], unique=True)
