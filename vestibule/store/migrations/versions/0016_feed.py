"""What changed since when: users, groups and who is in them say where in the order of commits they changed last."""

from alembic import op

from vestibule.store.migrations.frozen import added, added_number, number, table, text

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deployment", added("feed", ""))
    op.add_column("deployment", added_number("feed_position"))
    for name, id_ in (("membership", "user_id"), ("directory_group", "group_id")):
        op.add_column(name, added_number("changed"))
        op.add_column(name, added_number("moved"))
        op.create_index(f"{name}_changed", name, ["tenant_id", "changed", id_])
    op.add_column("group_member", added_number("changed"))
    op.create_index("group_member_changed", "group_member", ["tenant_id", "changed"])
    table(
        "vanished",
        text("tenant_id"),
        number("changed"),
        text("kind"),
        text("object_id"),
        text("user_id"),
        number("at"),
        key=("tenant_id", "changed", "kind", "object_id", "user_id"),
    )
    op.create_index("vanished_at", "vanished", ["at"])
