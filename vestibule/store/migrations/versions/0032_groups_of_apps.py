"""Groups that are assigned to apps."""

from alembic import op

from vestibule.store.migrations.frozen import number, table, text

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "group_assignment",
        text("tenant_id"),
        text("group_id"),
        text("app_id"),
        text("app_role_id"),
        text("assignment_id"),
        number("since"),
        key=("tenant_id", "group_id", "app_id", "app_role_id"),
    )
    op.create_index("group_assignment_app", "group_assignment", ["tenant_id", "app_id", "group_id", "app_role_id"])
    op.create_index("group_assignment_id", "group_assignment", ["tenant_id", "assignment_id"], unique=True)
