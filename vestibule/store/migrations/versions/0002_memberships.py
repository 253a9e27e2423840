"""Memberships and what hangs on them."""

from alembic import op

from vestibule.store.migrations.frozen import flag, number, table, text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table(
        "membership",
        text("tenant_id"),
        text("user_id"),
        text("person_id", null=True),
        text("tie"),
        text("stage"),
        flag("enabled"),
        number("stage_at"),
        number("due_at", null=True),
        text("cause", null=True),
        text("was", null=True),
        number("was_at", null=True),
        text("upn_key", null=True),
        number("epoch"),
        number("version"),
        text("audit_tag"),
        text("subject_key_id", null=True),
        number("created_at"),
        flag("self_service"),
        key=(
            "tenant_id",
            "user_id",
        ),
    )
    op.create_index("membership_due", "membership", ["stage", "due_at"])
    op.create_index("membership_stage", "membership", ["tenant_id", "stage", "due_at", "user_id"])
    op.create_index("membership_upn", "membership", ["tenant_id", "upn_key"], unique=True)
    table(
        "profile",
        text("tenant_id"),
        text("user_id"),
        text("user_principal_name"),
        text("display_name"),
        text("display_name_key"),
        text("mail", null=True),
        text("mail_key", null=True),
        text("user_type"),
        text("given_name", null=True),
        text("surname", null=True),
        text("job_title", null=True),
        text("department", null=True),
        text("company_name", null=True),
        text("preferred_language", null=True),
        text("creation_type", null=True),
        text("external_user_state", null=True),
        number("external_user_state_at", null=True),
        text("attributes"),
        key=(
            "tenant_id",
            "user_id",
        ),
    )
    op.create_index("profile_display_name", "profile", ["tenant_id", "display_name_key", "user_id"])
    op.create_index("profile_mail", "profile", ["tenant_id", "mail_key"])
    table(
        "invitation",
        text("tenant_id"),
        text("invitation_id"),
        text("user_id"),
        text("ticket_hash"),
        text("address"),
        text("address_mac"),
        text("state"),
        text("redirect_url"),
        text("message", null=True),
        text("language", null=True),
        text("inviter_name"),
        text("inviter_user_id", null=True),
        text("inviter_address", null=True),
        number("created_at"),
        number("expires_at"),
        key=(
            "tenant_id",
            "invitation_id",
        ),
    )
    op.create_index("invitation_expiry", "invitation", ["state", "expires_at"])
    op.create_index("invitation_ticket", "invitation", ["ticket_hash"], unique=True)
    op.create_index("invitation_user", "invitation", ["tenant_id", "user_id"])
    table(
        "invitation_block",
        text("tenant_id"),
        text("address_mac"),
        number("blocked_at"),
        key=(
            "tenant_id",
            "address_mac",
        ),
    )
    table(
        "sponsor",
        text("tenant_id"),
        text("user_id"),
        text("sponsor_id"),
        key=(
            "tenant_id",
            "user_id",
            "sponsor_id",
        ),
    )
    table(
        "guest_request",
        text("tenant_id"),
        text("user_id"),
        text("kind"),
        text("reason"),
        number("asked_at"),
        number("answer_due"),
        text("answer", null=True),
        number("answered_at", null=True),
        key=(
            "tenant_id",
            "user_id",
            "kind",
        ),
    )
    table(
        "directory_group",
        text("tenant_id"),
        text("group_id"),
        text("display_name"),
        text("display_name_key"),
        text("mail_nickname"),
        text("description", null=True),
        flag("mail_enabled"),
        flag("security_enabled"),
        flag("assignable_to_role"),
        text("group_types"),
        text("visibility", null=True),
        text("attributes"),
        number("created_at"),
        number("deleted_at", null=True),
        number("purge_due", null=True),
        number("version"),
        key=(
            "tenant_id",
            "group_id",
        ),
    )
    op.create_index("directory_group_name", "directory_group", ["tenant_id", "display_name_key", "group_id"])
    table(
        "group_member",
        text("tenant_id"),
        text("user_id"),
        text("group_id"),
        number("since"),
        text("struck", null=True),
        text("struck_name", null=True),
        key=(
            "tenant_id",
            "user_id",
            "group_id",
        ),
    )
    op.create_index("group_member_group", "group_member", ["tenant_id", "group_id", "user_id"])
    table(
        "role_assignment",
        text("tenant_id"),
        text("user_id"),
        text("role_id"),
        text("assignment_id"),
        number("since"),
        text("struck", null=True),
        key=(
            "tenant_id",
            "user_id",
            "role_id",
        ),
    )
    op.create_index("role_assignment_id", "role_assignment", ["tenant_id", "assignment_id"], unique=True)
    op.create_index("role_assignment_role", "role_assignment", ["tenant_id", "role_id"])
    table(
        "ownership",
        text("tenant_id"),
        text("user_id"),
        text("object_kind"),
        text("object_id"),
        number("since"),
        text("struck", null=True),
        text("struck_name", null=True),
        key=(
            "tenant_id",
            "user_id",
            "object_kind",
            "object_id",
        ),
    )
    op.create_index("ownership_object", "ownership", ["tenant_id", "object_id"])
    table(
        "app",
        text("tenant_id"),
        text("app_id"),
        text("service_principal_id"),
        text("client_id"),
        text("display_name"),
        flag("enabled"),
        flag("public"),
        flag("device_code"),
        flag("password_grant"),
        flag("requires_assignment"),
        text("id_token_alg"),
        text("redirect_uris"),
        text("spa_redirect_uris"),
        text("logout_uris"),
        text("app_roles"),
        text("permissions"),
        text("delegated"),
        text("attributes"),
        number("version"),
        number("created_at"),
        key=(
            "tenant_id",
            "app_id",
        ),
    )
    op.create_index("app_client", "app", ["client_id"], unique=True)
    op.create_index("app_service_principal", "app", ["tenant_id", "service_principal_id"], unique=True)
    table(
        "app_secret",
        text("tenant_id"),
        text("app_id"),
        text("secret_id"),
        text("secret_hash"),
        text("hint"),
        number("expires_at", null=True),
        key=(
            "tenant_id",
            "app_id",
            "secret_id",
        ),
    )
    table(
        "app_assignment",
        text("tenant_id"),
        text("user_id"),
        text("app_id"),
        text("app_role_id"),
        text("assignment_id"),
        number("since"),
        text("struck", null=True),
        text("struck_name", null=True),
        key=(
            "tenant_id",
            "user_id",
            "app_id",
            "app_role_id",
        ),
    )
    op.create_index("app_assignment_app", "app_assignment", ["tenant_id", "app_id"])
    op.create_index("app_assignment_id", "app_assignment", ["tenant_id", "assignment_id"], unique=True)
    table(
        "consent",
        text("tenant_id"),
        text("app_id"),
        text("user_id"),
        text("scopes"),
        text("grant_id"),
        number("given_at"),
        key=(
            "tenant_id",
            "app_id",
            "user_id",
        ),
    )
    op.create_index("consent_user", "consent", ["tenant_id", "user_id"])
