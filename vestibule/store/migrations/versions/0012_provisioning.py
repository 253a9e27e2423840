"""What provisioning clients call people and groups."""

from alembic import op

from vestibule.store.migrations.frozen import flag, number, table, text

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "provisioned",
        text("tenant_id"),
        text("client_id"),
        text("object_id"),
        text("object_kind"),
        text("external_id", null=True),
        flag("brought"),
        number("since"),
        key=("tenant_id", "client_id", "object_id"),
    )
    op.create_index("provisioned_external", "provisioned", ["tenant_id", "client_id", "external_id"])
    op.create_index("provisioned_object", "provisioned", ["tenant_id", "object_id"])
