"""Second factors: passkeys, authenticator apps, recovery codes."""

from alembic import op

from vestibule.store.migrations.frozen import flag, number, octets, table, text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "passkey",
        text("credential_id"),
        text("person_id"),
        octets("public_key"),
        number("sign_count"),
        text("name"),
        text("transports"),
        flag("backed_up"),
        number("created_at"),
        number("last_used_at", null=True),
        key=("credential_id",),
    )
    op.create_index("passkey_person", "passkey", ["person_id"])
    table(
        "authenticator_app",
        text("person_id"),
        octets("sealed_secret"),
        number("last_step"),
        number("created_at"),
        number("last_used_at", null=True),
        key=("person_id",),
    )
    table("recovery_code", text("person_id"), text("code_mac"), number("made_at"), key=("person_id", "code_mac"))
