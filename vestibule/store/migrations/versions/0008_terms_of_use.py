"""Terms of use of organizations, and who accepted which edition of them."""

from vestibule.store.migrations.frozen import flag, number, table, text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "terms_of_use",
        text("tenant_id"),
        number("edition"),
        text("documents"),
        flag("in_force"),
        number("made_at"),
        key=("tenant_id", "edition"),
    )
    table(
        "terms_acceptance",
        text("tenant_id"),
        text("user_id"),
        number("edition"),
        number("accepted_at"),
        key=("tenant_id", "user_id", "edition"),
    )
