"""What is found by an index: words of names, users by when they came and signed in, events by who, whom and how."""

from alembic import op

from vestibule.store.migrations.frozen import table, text, words_of_profiles

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "profile_word",
        text("tenant_id"),
        text("word"),
        text("user_id"),
        key=("tenant_id", "word", "user_id"),
        key_alone=True,
    )
    for statement in words_of_profiles(op.get_context().dialect.name):
        op.execute(statement)
    op.create_index("membership_created", "membership", ["tenant_id", "created_at", "user_id"])
    op.create_index("sign_in_activity_recent", "sign_in_activity", ["tenant_id", "last_at", "user_id"])
    op.drop_index("sign_in_activity_last", "sign_in_activity")
    for name in ("actor_tag", "object_tag", "outcome"):
        index = f"audit_event_by_{name.removesuffix('_tag')}"
        op.create_index(index, "audit_event", ["tenant_id", name, "at", "event_id"])
    op.drop_index("audit_event_object", "audit_event")
