"""Requests of people to an organization: when the month was extended, and on which ground one was refused."""

from alembic import op

from vestibule.store.migrations.frozen import number, text

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("guest_request", number("first_due", null=True))
    op.add_column("guest_request", text("ground", null=True))
