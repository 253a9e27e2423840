"""What organizations decide about apps of others: one row for each that they consented to."""

from alembic import op

from vestibule.store.migrations.frozen import flag, number, table, text

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "foreign_principal",
        text("tenant_id"),
        text("app_id"),
        text("home_tenant"),
        text("service_principal_id"),
        flag("enabled"),
        number("made_at"),
        number("version"),
        key=("tenant_id", "app_id"),
    )
    op.create_index("foreign_principal_id", "foreign_principal", ["tenant_id", "service_principal_id"], unique=True)
    op.create_index("foreign_principal_app", "foreign_principal", ["app_id"])
