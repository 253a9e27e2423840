"""Every order in which *All users* is sorted walks an index: by email, by user type, by where somebody comes from."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("membership_tie", "membership", ["tenant_id", "tie", "user_id"])
    op.drop_index("membership_shared", "membership")
    op.create_index("profile_user_type", "profile", ["tenant_id", "user_type", "user_id"])
    op.drop_index("profile_mail", "profile")
    first = " NULLS FIRST" if op.get_context().dialect.name == "postgresql" else ""
    op.create_index("profile_mail", "profile", ["tenant_id", sa.text(f"mail_key{first}"), "user_id"])
