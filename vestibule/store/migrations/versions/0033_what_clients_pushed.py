"""Events say when a provisioning client asked for them; of older ones it is not known."""

import sqlalchemy as sa
from alembic import op

from vestibule.store.migrations.frozen import text

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_event", text("door", null=True))
    pushed = sa.text("door = 'scim'")
    op.create_index(
        "audit_event_pushed",
        "audit_event",
        ["tenant_id", "at", "event_id"],
        sqlite_where=pushed,
        postgresql_where=pushed,
    )
