"""Indexes for charts: which membership an event was about, and when data removals began."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("membership_tag", "membership", ["tenant_id", "audit_tag"])
    op.create_index("erasure_started", "erasure", ["tenant_id", "started_at"])
