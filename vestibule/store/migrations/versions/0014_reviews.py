"""Access reviews; and the people of direct connect are found by an index of their own."""

import sqlalchemy as sa
from alembic import op

from vestibule.store.migrations.frozen import number, table, text

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "review",
        text("tenant_id"),
        text("review_id"),
        text("display_name"),
        text("definition"),
        text("made_by", null=True),
        number("made_at"),
        number("changed_at"),
        number("started"),
        number("next_at", null=True),
        number("version"),
        key=("tenant_id", "review_id"),
    )
    op.create_index("review_next", "review", ["next_at"])
    table(
        "review_instance",
        text("tenant_id"),
        text("instance_id"),
        text("review_id"),
        text("group_id"),
        number("starts_at"),
        number("ends_at"),
        text("state"),
        number("remind_at", null=True),
        number("due_at", null=True),
        text("applied_by", null=True),
        number("version"),
        key=("tenant_id", "instance_id"),
    )
    op.create_index("review_instance_review", "review_instance", ["tenant_id", "review_id", "starts_at"])
    op.create_index("review_instance_due", "review_instance", ["due_at"])
    table(
        "review_decision",
        text("tenant_id"),
        text("instance_id"),
        text("decision_id"),
        text("user_id"),
        text("decision"),
        text("justification", null=True),
        text("recommendation"),
        number("last_sign_in", null=True),
        text("reviewed_by", null=True),
        number("reviewed_at", null=True),
        text("result"),
        number("applied_at", null=True),
        number("blocked_until", null=True),
        number("version"),
        key=("tenant_id", "instance_id", "decision_id"),
    )
    op.create_index("review_decision_user", "review_decision", ["tenant_id", "user_id"])
    op.create_index("review_decision_blocked", "review_decision", ["blocked_until"])
    table(
        "review_reviewer",
        text("tenant_id"),
        text("instance_id"),
        text("user_id"),
        text("decision_id"),
        number("contacted_at", null=True),
        key=("tenant_id", "instance_id", "user_id", "decision_id"),
    )
    op.create_index("review_reviewer_user", "review_reviewer", ["tenant_id", "user_id"])
    shared = sa.text("tie = 'directConnect'")
    op.create_index(
        "membership_shared", "membership", ["tenant_id", "user_id"], sqlite_where=shared, postgresql_where=shared
    )
