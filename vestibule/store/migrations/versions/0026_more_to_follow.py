"""Apps, who holds a directory role, and managers say where in the order of commits they changed last."""

from alembic import op

from vestibule.store.migrations.frozen import added_number

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("app", "role_assignment", "manager"):
        op.add_column(name, added_number("changed"))
        op.create_index(f"{name}_changed", name, ["tenant_id", "changed"])
