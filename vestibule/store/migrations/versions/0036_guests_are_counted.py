"""Guests who are here, or deleted, are counted in the index alone."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("membership_stage", "membership")
    op.create_index("membership_stage", "membership", ["tenant_id", "stage", "due_at", "user_id", "tie"])
