"""Signed receipts and certificates of data removal, and the keys that sign them."""

import sqlalchemy as sa
from alembic import op

from vestibule.store.migrations.frozen import number, octets, table, text

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("receipt", text("signed", null=True))
    table(
        "receipt_key",
        number("number"),
        text("public_jwk"),
        octets("sealed_private", null=True),
        number("created_at"),
        key=("number",),
    )
    table(
        "erasure_certificate",
        text("tenant_id"),
        text("user_id"),
        text("event_id"),
        text("facts"),
        text("signed", null=True),
        number("made_at", null=True),
        key=("tenant_id", "user_id"),
    )
    waits = sa.text("signed IS NULL")
    op.create_index(
        "erasure_certificate_wanted",
        "erasure_certificate",
        ["tenant_id", "user_id"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
