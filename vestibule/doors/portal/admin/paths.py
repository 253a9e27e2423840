"""The addresses of the Admin center, in one place."""

from typing import Final

OVERVIEW: Final = "/admin/"
PROPERTIES: Final = "/admin/properties"
USERS: Final = "/admin/users"
INVITE: Final = "/admin/users/invite"
NEW_USER: Final = "/admin/users/new"
DELETED_USERS: Final = "/admin/users/deleted"
RESTORE: Final = "/admin/users/deleted/restore"
PURGE: Final = "/admin/users/deleted/purge"
DATA_REMOVAL: Final = "/admin/data-removal"
ROLES: Final = "/admin/roles"
APPS: Final = "/admin/apps"
COLLABORATION: Final = "/admin/external-identities/collaboration"
CROSS_TENANT: Final = "/admin/external-identities/cross-tenant"
PROVIDERS: Final = "/admin/external-identities/identity-providers"
ACCESS_REVIEWS: Final = "/admin/access-reviews"
INSIGHTS: Final = "/admin/insights"
AUDIT_LOGS: Final = "/admin/audit-logs"
SIGN_IN_LOGS: Final = "/admin/sign-in-logs"


def user(user_id: str) -> str:
    """A user's own page."""
    return f"{USERS}/{user_id}"
