"""Connections of a fourth kind: OpenID Provider Commands, and what an app said that it supports."""

from alembic import op

from vestibule.store.migrations.frozen import number, text

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (text("commands", null=True), text("claims", null=True), number("asked_at", null=True)):
        op.add_column("app_connection", column)
