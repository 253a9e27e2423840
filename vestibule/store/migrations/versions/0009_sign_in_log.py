"""The sign-in log in a table of its own, which forgets, and when each user signed in last, which it does not forget."""

from alembic import op

from vestibule.store.migrations.frozen import number, octets, table, text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "sign_in",
        text("tenant_id"),
        text("sign_in_id"),
        number("at"),
        text("kind"),
        text("user_id", null=True),
        text("label"),
        text("client_id"),
        text("resource_id"),
        text("resource_name"),
        number("error_code"),
        text("why"),
        text("crossing"),
        text("home_tenant", null=True),
        text("resource_tenant"),
        text("through"),
        text("strength"),
        text("correlation_id"),
        text("browser", null=True),
        text("operating_system", null=True),
        text("network_marks"),
        text("key_id", null=True),
        octets("sealed", null=True),
        key=("tenant_id", "sign_in_id"),
    )
    op.create_index("sign_in_time", "sign_in", ["tenant_id", "kind", "at", "sign_in_id"])
    op.create_index("sign_in_user", "sign_in", ["tenant_id", "user_id", "at"])
    op.create_index("sign_in_age", "sign_in", ["at"])
    table(
        "sign_in_activity",
        text("tenant_id"),
        text("user_id"),
        number("last_at", null=True),
        text("last_id", null=True),
        number("last_quiet_at", null=True),
        text("last_quiet_id", null=True),
        number("last_success_at", null=True),
        text("last_success_id", null=True),
        key=("tenant_id", "user_id"),
    )
    op.create_index("sign_in_activity_last", "sign_in_activity", ["tenant_id", "last_at"])
    op.create_index("sign_in_activity_success", "sign_in_activity", ["tenant_id", "last_success_at"])
