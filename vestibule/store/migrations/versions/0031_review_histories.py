"""Histories of access reviews, and each time one was made."""

from alembic import op

from vestibule.store.migrations.frozen import number, table, text

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "review_history",
        text("tenant_id"),
        text("history_id"),
        text("display_name"),
        text("definition"),
        text("made_by", null=True),
        number("made_at"),
        number("runs"),
        number("next_at", null=True),
        number("gone_at", null=True),
        number("version"),
        key=("tenant_id", "history_id"),
    )
    op.create_index("review_history_next", "review_history", ["next_at"])
    op.create_index("review_history_gone", "review_history", ["gone_at"])
    table(
        "review_history_run",
        text("tenant_id"),
        text("run_id"),
        text("history_id"),
        number("starts_at"),
        number("ends_at"),
        number("made_at"),
        text("address_hash", null=True),
        number("address_until", null=True),
        key=("tenant_id", "run_id"),
    )
    op.create_index("review_history_run_history", "review_history_run", ["tenant_id", "history_id", "made_at"])
    op.create_index("review_history_run_address", "review_history_run", ["address_hash"])
    op.create_index("review_history_run_made", "review_history_run", ["made_at"])
