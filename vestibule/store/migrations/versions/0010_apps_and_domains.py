"""Apps that are deleted and come back, service principals beside them, and domains that wait for their proof."""

from alembic import op

from vestibule.store.migrations.frozen import added_flag, number, table, text

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("app", number("deleted_at", null=True))
    op.add_column("app", number("purge_due", null=True))
    op.add_column("app", added_flag("principal_absent"))
    op.add_column("app", number("principal_deleted_at", null=True))
    op.add_column("app_secret", text("display_name", null=True))
    op.add_column("app_secret", number("starts_at", null=True))
    table(
        "app_permission",
        text("tenant_id"),
        text("app_id"),
        text("resource_id"),
        text("app_role_id"),
        text("assignment_id"),
        number("since"),
        key=("tenant_id", "app_id", "resource_id", "app_role_id"),
    )
    op.create_index("app_permission_resource", "app_permission", ["tenant_id", "resource_id"])
    op.create_index("app_permission_id", "app_permission", ["tenant_id", "assignment_id"], unique=True)
    table(
        "domain_claim",
        text("tenant_id"),
        text("name"),
        text("proof"),
        number("asked_at"),
        key=("tenant_id", "name"),
    )
    op.create_index("consent_grant", "consent", ["tenant_id", "grant_id"])
    op.create_index("api_consent_grant", "api_consent", ["tenant_id", "grant_id"])
