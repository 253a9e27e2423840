"""Other identity providers as homes of guests, and apps that are told of sign-outs."""

from alembic import op

from vestibule.store.migrations.frozen import added_flag, flag, number, octets, table, text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "identity_provider",
        text("tenant_id"),
        text("provider_id"),
        text("kind"),
        text("display_name"),
        text("issuer"),
        text("client_id"),
        octets("sealed_secret"),
        text("authorization_endpoint"),
        flag("enabled"),
        number("version"),
        number("created_at"),
        key=("tenant_id", "provider_id"),
    )
    op.create_index("identity_provider_id", "identity_provider", ["provider_id"], unique=True)
    op.create_index("identity_provider_issuer", "identity_provider", ["tenant_id", "issuer"], unique=True)
    table("provider_domain", text("tenant_id"), text("name"), text("provider_id"), key=("tenant_id", "name"))
    op.create_index("provider_domain_provider", "provider_domain", ["tenant_id", "provider_id"])
    table(
        "federation_request",
        text("tenant_id"),
        text("state_hash"),
        text("browser_hash"),
        text("provider_id"),
        octets("sealed"),
        number("expires_at"),
        number("offset_at_birth"),
        text("generation"),
        key=("tenant_id", "state_hash"),
    )
    op.create_index("federation_request_state", "federation_request", ["state_hash"], unique=True)
    op.add_column("app", text("backchannel_logout_uri", null=True))
    op.add_column("app", added_flag("backchannel_logout_session"))
    op.add_column("token_family", text("client_id", null=True))
    op.add_column("token_family", text("began_in", null=True))
    op.create_index("token_family_began", "token_family", ["began_in"])
