"""When an organization's contacts hear who left, and when somebody hears of a data removal that is not done."""

from alembic import op

from vestibule.store.migrations.frozen import number

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organization", number("digest_at", null=True))
    op.create_index("organization_digest", "organization", ["digest_at"])
    op.add_column("erasure", number("alarm_at", null=True))
    op.create_index("erasure_alarm", "erasure", ["alarm_at"])
    op.execute("UPDATE erasure SET alarm_at = started_at + (due_by - started_at) / 2 WHERE state <> 'done'")
