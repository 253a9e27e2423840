"""Signing in: sessions, codes, tokens."""

from alembic import op

from vestibule.store.migrations.frozen import number, table, text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "browser_session",
        text("session_hash"),
        text("person_id"),
        text("strength"),
        text("form_key"),
        number("signed_in_at"),
        number("expires_at"),
        number("offset_at_birth"),
        text("generation"),
        number("home_epoch"),
        key=("session_hash",),
    )
    op.create_index("browser_session_person", "browser_session", ["person_id"])
    table(
        "organization_session",
        text("tenant_id"),
        text("session_hash"),
        text("user_id"),
        number("epoch"),
        number("opened_at"),
        key=(
            "tenant_id",
            "session_hash",
        ),
    )
    op.create_index("organization_session_hash", "organization_session", ["session_hash"])
    op.create_index("organization_session_user", "organization_session", ["tenant_id", "user_id"])
    table(
        "sign_in_request",
        text("request_hash"),
        text("browser_hash"),
        text("facts"),
        number("expires_at"),
        number("offset_at_birth"),
        text("generation"),
        key=("request_hash",),
    )
    table(
        "passcode",
        text("address_mac"),
        text("code_mac"),
        text("browser_hash"),
        text("request_hash"),
        number("tries_left"),
        number("expires_at"),
        number("sent_at"),
        text("generation"),
        key=("address_mac",),
    )
    table(
        "authorization_code",
        text("tenant_id"),
        text("code_hash"),
        text("app_id"),
        text("user_id"),
        text("person_id"),
        text("facts"),
        number("epoch"),
        number("home_epoch"),
        text("family_id"),
        number("expires_at"),
        number("offset_at_birth"),
        text("generation"),
        number("used_at", null=True),
        key=(
            "tenant_id",
            "code_hash",
        ),
    )
    op.create_index("authorization_code_user", "authorization_code", ["tenant_id", "user_id"])
    table(
        "refresh_token",
        text("tenant_id"),
        text("token_hash"),
        text("family_id"),
        text("app_id"),
        text("user_id"),
        text("person_id"),
        text("facts"),
        number("epoch"),
        number("home_epoch"),
        number("expires_at"),
        number("offset_at_birth"),
        text("generation"),
        number("used_at", null=True),
        key=(
            "tenant_id",
            "token_hash",
        ),
    )
    op.create_index("refresh_token_family", "refresh_token", ["tenant_id", "family_id"])
    op.create_index("refresh_token_user", "refresh_token", ["tenant_id", "user_id"])
    table(
        "token_family",
        text("tenant_id"),
        text("family_id"),
        text("user_id"),
        number("ended_at", null=True),
        number("expires_at"),
        key=(
            "tenant_id",
            "family_id",
        ),
    )
    op.create_index("token_family_user", "token_family", ["tenant_id", "user_id"])
    table(
        "rate",
        text("bucket"),
        number("used"),
        number("window_start"),
        number("expires_at"),
        key=("bucket",),
    )
