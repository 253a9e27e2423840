"""When a browser was used last, and indexes by which what is over is found."""

from alembic import op

from vestibule.store.migrations.frozen import number

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_SWEPT = (
    "browser_session",
    "sign_in_request",
    "authorization_code",
    "refresh_token",
    "token_family",
    "device_grant",
    "client_assertion",
    "federation_request",
    "passcode",
    "rate",
)


def upgrade() -> None:
    op.add_column("browser_session", number("used_at", null=True))
    for name in _SWEPT:
        op.create_index(f"{name}_end", name, ["expires_at"])
    op.create_index("organization_session_opened", "organization_session", ["opened_at"])
