"""Connections of a third kind: streams of Shared Signals, and which of the tokens about one thing were taken."""

from alembic import op

from vestibule.store.migrations.frozen import text

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("stream_id", "method", "status", "reason", "events", "description"):
        op.add_column("app_connection", text(name, null=True))
    op.add_column("delivery", text("taken", null=True))
    op.create_index("delivery_id", "delivery", ["tenant_id", "app_id", "kind", "delivery_id"])
