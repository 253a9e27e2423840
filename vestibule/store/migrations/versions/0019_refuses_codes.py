"""Whether an organization lets people in who prove a mailbox by code."""

from alembic import op

from vestibule.store.migrations.frozen import added_flag

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organization", added_flag("refuses_codes"))
