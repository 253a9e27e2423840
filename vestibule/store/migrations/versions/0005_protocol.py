"""What apps prove themselves with, publish and are consented to; device sign-ins; keys that sign from a moment on."""

from alembic import op

from vestibule.store.migrations.frozen import added, number, octets, table, text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# The origins of browser apps that were registered before this step. Plain http is registered on loopback only, and
# there the port is free.
_ORIGINS = {
    "sqlite": """
        INSERT INTO app_origin (tenant_id, app_id, origin)
        SELECT DISTINCT app.tenant_id, app.app_id, lower(CASE
            WHEN uri.value LIKE 'https://%'
            THEN substr(uri.value, 1, 7 + instr(replace(substr(uri.value, 9), '?', '/') || '/', '/'))
            WHEN uri.value LIKE 'http://[%' THEN substr(uri.value, 1, instr(uri.value, ']'))
            ELSE substr(uri.value, 1, 6 + instr(replace(replace(substr(uri.value, 8), '?', '/'), ':', '/') || '/', '/'))
        END)
        FROM app, json_each(app.spa_redirect_uris) AS uri
    """,
    "postgresql": """
        INSERT INTO app_origin (tenant_id, app_id, origin)
        SELECT DISTINCT app.tenant_id, app.app_id, lower(coalesce(
            substring(uri.value from '(?i)^https://[^/?]+'),
            substring(uri.value from '(?i)^http://(?:\\[[^]]*\\]|[^/?:]+)')
        ))
        FROM app, jsonb_array_elements_text(app.spa_redirect_uris::jsonb) AS uri(value)
    """,
}


def upgrade() -> None:
    _apps()
    _consents()
    _signing_in()


def _apps() -> None:
    op.add_column("app", added("identifier_uris", "[]"))
    op.add_column("app", added("api_scopes", "[]"))
    table(
        "app_key",
        text("tenant_id"),
        text("app_id"),
        text("key_id"),
        text("kid"),
        text("kind"),
        text("display_name"),
        text("public_jwk"),
        text("thumbprint", null=True),
        text("thumbprint_sha256", null=True),
        octets("certificate", null=True),
        number("starts_at"),
        number("expires_at", null=True),
        key=("tenant_id", "app_id", "key_id"),
    )
    table("app_identifier", text("tenant_id"), text("uri"), text("app_id"), key=("tenant_id", "uri"))
    op.create_index("app_identifier_app", "app_identifier", ["tenant_id", "app_id"])
    table("app_origin", text("tenant_id"), text("app_id"), text("origin"), key=("tenant_id", "app_id", "origin"))
    op.create_index("app_origin_origin", "app_origin", ["origin"])
    op.execute(_ORIGINS[op.get_context().dialect.name])
    table(
        "client_assertion",
        text("tenant_id"),
        text("app_id"),
        text("jti_hash"),
        number("expires_at"),
        key=("tenant_id", "app_id", "jti_hash"),
    )


def _consents() -> None:
    table(
        "api_consent",
        text("tenant_id"),
        text("app_id"),
        text("user_id"),
        text("resource_id"),
        text("scopes"),
        text("grant_id"),
        number("given_at"),
        key=("tenant_id", "app_id", "user_id", "resource_id"),
    )
    op.create_index("api_consent_user", "api_consent", ["tenant_id", "user_id"])


def _signing_in() -> None:
    table(
        "device_grant",
        text("tenant_id"),
        text("device_hash"),
        text("user_code_mac"),
        text("app_id"),
        text("state"),
        text("facts"),
        text("user_tenant", null=True),
        text("user_id", null=True),
        text("person_id", null=True),
        number("epoch"),
        number("home_epoch"),
        text("family_id", null=True),
        number("polls_every"),
        number("polled_at", null=True),
        number("expires_at"),
        number("offset_at_birth"),
        text("generation"),
        key=("tenant_id", "device_hash"),
    )
    op.create_index("device_grant_code", "device_grant", ["user_code_mac"], unique=True)
    op.create_index("device_grant_user", "device_grant", ["user_tenant", "user_id"])
    op.add_column("token_family", text("session_id", null=True))
    op.create_index("token_family_session", "token_family", ["session_id"])
    op.add_column("signing_key", number("signs_from", null=True))
