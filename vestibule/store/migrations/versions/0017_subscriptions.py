"""Who wants to be told of changes."""

from alembic import op

from vestibule.store.migrations.frozen import flag, number, octets, table, text

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "subscription",
        text("tenant_id"),
        text("subscription_id"),
        text("client_id"),
        text("user_id", null=True),
        text("person_id", null=True),
        text("carried"),
        text("strength"),
        number("epoch"),
        number("home_epoch"),
        text("kind"),
        text("object_id"),
        flag("members"),
        text("resource"),
        text("change_types"),
        text("notification_url"),
        text("lifecycle_url", null=True),
        octets("sealed_state", null=True),
        text("tls"),
        number("expires_at"),
        number("offset_at_birth"),
        number("created_at"),
        text("feed"),
        number("place"),
        number("not_before"),
        number("tries"),
        number("failing_since", null=True),
        flag("missed"),
        flag("warned"),
        text("lease_token", null=True),
        number("lease_until", null=True),
        number("version"),
        key=("tenant_id", "subscription_id"),
    )
    op.create_index("subscription_waiting", "subscription", ["subscription_id", "not_before"])
    op.create_index("subscription_app", "subscription", ["tenant_id", "client_id"])
    op.create_index("subscription_user", "subscription", ["tenant_id", "user_id"])
