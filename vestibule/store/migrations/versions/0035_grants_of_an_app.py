"""Grants of an app are paged by their ids, as those of everybody are."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("consent", "api_consent"):
        op.create_index(f"{name}_app", name, ["tenant_id", "app_id", "grant_id"])
