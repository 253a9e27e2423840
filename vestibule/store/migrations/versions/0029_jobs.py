"""Long work that somebody in the Admin center began, and what it wrote."""

from alembic import op

from vestibule.store.migrations.frozen import number, octets, table, text

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "job",
        text("tenant_id"),
        text("job_id"),
        text("user_id"),
        text("session_hash"),
        text("what"),
        text("asked"),
        text("language"),
        text("state"),
        number("total"),
        number("begun_at"),
        number("leased_until"),
        number("done"),
        number("failed"),
        text("position", null=True),
        text("why", null=True),
        number("ended_at", null=True),
        number("version"),
        key=("tenant_id", "job_id"),
    )
    op.create_index("job_user", "job", ["tenant_id", "user_id"])
    op.create_index("job_waiting", "job", ["state", "leased_until"])
    op.create_index("job_begun", "job", ["begun_at"])
    table(
        "job_part",
        text("tenant_id"),
        text("job_id"),
        number("number"),
        octets("sealed"),
        key=("tenant_id", "job_id", "number"),
    )
