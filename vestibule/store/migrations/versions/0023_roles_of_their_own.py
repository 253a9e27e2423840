"""Roles that organizations make for themselves."""

from vestibule.store.migrations.frozen import flag, number, table, text

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "role_definition",
        text("tenant_id"),
        text("role_id"),
        text("display_name"),
        text("description"),
        text("label"),
        text("actions"),
        flag("enabled"),
        number("made_at"),
        number("version"),
        key=("tenant_id", "role_id"),
    )
