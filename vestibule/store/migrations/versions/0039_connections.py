"""Apps are told of people: their connections, what each is to be told, and who has to answer a data removal."""

from alembic import op

from vestibule.store.migrations.frozen import flag, number, octets, table, text

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "app_connection",
        text("tenant_id"),
        text("app_id"),
        text("kind"),
        text("client_id"),
        text("url"),
        octets("sealed"),
        text("told_of"),
        flag("required"),
        number("created_at"),
        number("not_before"),
        number("tries"),
        text("lease_token", null=True),
        number("lease_until", null=True),
        key=("tenant_id", "app_id", "kind"),
    )
    op.create_index("app_connection_next", "app_connection", ["not_before"])
    table(
        "delivery",
        text("tenant_id"),
        text("app_id"),
        text("kind"),
        text("user_id"),
        text("delivery_id"),
        text("event"),
        octets("sealed"),
        number("written_at"),
        text("state"),
        number("tries"),
        text("answer", null=True),
        number("tried_at", null=True),
        key=("tenant_id", "app_id", "kind", "user_id"),
    )
    op.create_index("delivery_state", "delivery", ["tenant_id", "app_id", "kind", "state", "tries", "written_at"])
    op.create_index("delivery_user", "delivery", ["tenant_id", "user_id"])
    table(
        "removal_recipient",
        text("tenant_id"),
        text("user_id"),
        text("app_id"),
        text("kind"),
        text("display_name"),
        flag("required"),
        number("frozen_at"),
        text("state"),
        number("tries"),
        text("answer", null=True),
        number("answered_at", null=True),
        text("waived_by", null=True),
        text("waived_why", null=True),
        key=("tenant_id", "user_id", "app_id", "kind"),
    )
    op.create_index("removal_recipient_app", "removal_recipient", ["tenant_id", "app_id", "kind"])
    op.create_index("removal_recipient_waiver", "removal_recipient", ["tenant_id", "waived_by"])
