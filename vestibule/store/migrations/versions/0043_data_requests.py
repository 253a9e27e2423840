"""Requests by a proven address: whether there is data about somebody, and to remove it."""

import sqlalchemy as sa
from alembic import op

from vestibule.store.migrations.frozen import number, octets, table, text

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "data_request",
        text("tenant_id"),
        text("request_id"),
        text("address_mac"),
        text("wish"),
        text("subject_key_id"),
        text("audit_tag"),
        octets("sealed"),
        number("asked_at"),
        number("answer_due"),
        number("first_due", null=True),
        text("answer", null=True),
        number("answered_at", null=True),
        text("ground", null=True),
        number("ends_at", null=True),
        number("copy_until", null=True),
        number("collected_at", null=True),
        number("version"),
        key=("tenant_id", "request_id"),
    )
    waiting = sa.text("answer IS NULL")
    op.create_index(
        "data_request_open",
        "data_request",
        ["tenant_id", "address_mac", "wish"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index("data_request_ends", "data_request", ["ends_at", "request_id"])
