"""Stages of access reviews: when each is open, who is asked in it, and what was decided in earlier ones."""

from alembic import op

from vestibule.store.migrations.frozen import added_number, number, table, text

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review_instance", added_number("step"))
    op.add_column("review_instance", number("decide_until", null=True))
    op.add_column("review_decision", added_number("step"))
    _ask_by_stage()
    table(
        "review_stage",
        text("tenant_id"),
        text("instance_id"),
        number("step"),
        text("stage_id"),
        number("starts_at"),
        number("ends_at"),
        text("setting"),
        key=("tenant_id", "instance_id", "step"),
    )
    table(
        "review_earlier",
        text("tenant_id"),
        text("instance_id"),
        number("step"),
        text("decision_id"),
        text("user_id"),
        text("decision"),
        text("justification", null=True),
        text("recommendation"),
        number("last_sign_in", null=True),
        text("reviewed_by", null=True),
        number("reviewed_at", null=True),
        key=("tenant_id", "instance_id", "step", "decision_id"),
    )
    op.create_index("review_earlier_user", "review_earlier", ["tenant_id", "user_id"])


def _ask_by_stage() -> None:
    """The same person may be asked about the same people in several stages: the stage becomes part of the key."""
    key = ("tenant_id", "instance_id", "user_id", "decision_id", "step")
    if op.get_context().dialect.name == "postgresql":
        op.add_column("review_reviewer", added_number("step"))
        op.drop_constraint("review_reviewer_pkey", "review_reviewer", type_="primary")
        op.create_primary_key("review_reviewer_pkey", "review_reviewer", list(key))
        return
    op.drop_index("review_reviewer_user", "review_reviewer")
    op.rename_table("review_reviewer", "review_reviewer_before")
    table(
        "review_reviewer",
        text("tenant_id"),
        text("instance_id"),
        text("user_id"),
        text("decision_id"),
        number("contacted_at", null=True),
        added_number("step"),
        key=key,
    )
    kept = "tenant_id, instance_id, user_id, decision_id, contacted_at"
    op.execute(f"INSERT INTO review_reviewer ({kept}) SELECT {kept} FROM review_reviewer_before")
    op.drop_table("review_reviewer_before")
    op.create_index("review_reviewer_user", "review_reviewer", ["tenant_id", "user_id"])
