"""Identity providers that speak SAML: the certificates they sign with, and what their assertions have to hold."""

from alembic import op

from vestibule.store.migrations.frozen import added, text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("identity_provider", added("certificates", "[]"))
    op.add_column("identity_provider", text("metadata_url", null=True))
    op.add_column("identity_provider", text("name_id_format", null=True))
    op.add_column("identity_provider", text("email_attribute", null=True))
