"""Which country a sign-in came from, where the operator brought a file that says so."""

from alembic import op

from vestibule.store.migrations.frozen import text

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in", text("country", null=True))
