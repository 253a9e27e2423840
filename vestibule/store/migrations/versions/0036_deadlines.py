"""The index of deadlines holds those that are set, for the worker; no list of one organization takes it any more."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_set = sa.text("due_at > 0 AND version > 0")
    op.drop_index("membership_due", "membership")
    op.create_index("membership_due", "membership", ["stage", "due_at"], sqlite_where=is_set, postgresql_where=is_set)
