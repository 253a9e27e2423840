"""Events of one type in the order of time, so that a filter by activity reads only what it shows."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("audit_event_type", "audit_event", ["tenant_id", "type", "at", "event_id"])
