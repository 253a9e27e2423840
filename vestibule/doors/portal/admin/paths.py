"""The addresses of the Admin center, in one place."""

from typing import Final

OVERVIEW: Final = "/admin/"
PROPERTIES: Final = "/admin/properties"
END_SIGN_INS: Final = f"{PROPERTIES}/end-sign-ins"
USERS: Final = "/admin/users"
USERS_CSV: Final = "/admin/users.csv"
DISABLE_USERS: Final = "/admin/users/disable"
ENABLE_USERS: Final = "/admin/users/enable"
RESEND_INVITATIONS: Final = "/admin/users/resend"
DELETE_USERS: Final = "/admin/users/delete"
ADD_TO_GROUP: Final = "/admin/users/add-to-group"
INVITE: Final = "/admin/users/invite"
NEW_USER: Final = "/admin/users/new"
DELETED_USERS: Final = "/admin/users/deleted"
DELETED_USERS_CSV: Final = "/admin/users/deleted.csv"
RESTORE: Final = "/admin/users/deleted/restore"
PURGE: Final = "/admin/users/deleted/purge"
DATA_REMOVAL: Final = "/admin/data-removal"
DATA_REMOVAL_CSV: Final = "/admin/data-removal.csv"
REMOVALS_NOW: Final = f"{DATA_REMOVAL}/run-now"
REMOVALS_AGAIN: Final = f"{DATA_REMOVAL}/retry-failed"
CERTIFICATE: Final = f"{DATA_REMOVAL}/{{id}}/certificate.jws"
HOLDS: Final = "/admin/legal-holds"
REQUESTS: Final = "/admin/requests"
REQUESTS_CSV: Final = "/admin/requests.csv"
ROLES: Final = "/admin/roles"
APPS: Final = "/admin/apps"
APP_CONSENT: Final = "/admin/consent"
COLLABORATION: Final = "/admin/external-identities/collaboration"
CROSS_TENANT: Final = "/admin/external-identities/cross-tenant"
CROSS_TENANT_DEFAULT: Final = f"{CROSS_TENANT}/default"
RESET_DEFAULT: Final = f"{CROSS_TENANT_DEFAULT}/reset"
PROVIDERS: Final = "/admin/external-identities/identity-providers"
STOP_CODES: Final = f"{PROVIDERS}/stop-codes"
ADD_OIDC: Final = f"{PROVIDERS}/add/openid-connect"
ADD_SAML: Final = f"{PROVIDERS}/add/saml"
ACCESS_REVIEWS: Final = "/admin/access-reviews"
NEW_REVIEW: Final = "/admin/access-reviews/new"
REVIEW_HISTORY: Final = "/admin/access-reviews/history"
INSIGHTS: Final = "/admin/insights"
AUDIT_LOGS: Final = "/admin/audit-logs"
JOBS: Final = "/admin/jobs"
SIGN_IN_LOGS: Final = "/admin/sign-in-logs"


def job(job_id: str) -> str:
    """The page of a job."""
    return f"{JOBS}/{job_id}"


def user(user_id: str) -> str:
    """A user's own page."""
    return f"{USERS}/{user_id}"


def edit_user(user_id: str) -> str:
    """Where a user's properties are changed."""
    return f"{USERS}/{user_id}/edit"


def reset_redemption(user_id: str) -> str:
    """Where a guest is asked to accept anew, with the same or another account."""
    return f"{USERS}/{user_id}/reset"


def keep_user(user_id: str) -> str:
    """Where a guest who asked to be removed hears that they are kept."""
    return f"{USERS}/{user_id}/keep"


def user_tab(user_id: str, tab: str) -> str:
    """A tab of a user's page."""
    return f"{USERS}/{user_id}/{tab}" if tab else user(user_id)


def provider(provider_id: str) -> str:
    """An identity provider's own page."""
    return f"{PROVIDERS}/{provider_id}"


def partner(partner_id: str) -> str:
    """The page about what holds towards one other organization."""
    return f"{CROSS_TENANT}/{partner_id}"


def review(review_id: str) -> str:
    """The page of an access review."""
    return f"{ACCESS_REVIEWS}/{review_id}"


def removal(user_id: str, act: str = "") -> str:
    """One data removal; with ``act`` where something about it is done: ``waive``, ``send-again``."""
    return f"{DATA_REMOVAL}/{user_id}/{act}" if act else f"{DATA_REMOVAL}/{user_id}"


def holds(user_id: str, act: str = "") -> str:
    """The legal holds on a user; with ``act`` where one is ``set`` or one is to be lifted (``lift``)."""
    return f"{HOLDS}/{user_id}/{act}" if act else f"{HOLDS}/{user_id}"


def data_request(request_id: str, act: str = "") -> str:
    """One request by a proven address; with ``act`` where it is dealt with: ``answer``, ``refuse``, ``extend``."""
    return f"{REQUESTS}/{request_id}/data/{act}" if act else f"{REQUESTS}/{request_id}/data"


def request(user_id: str, kind: str, act: str = "") -> str:
    """One request; with ``act`` where something about it is done: ``grant``, ``refuse``, ``extend``."""
    return f"{REQUESTS}/{user_id}/{kind}/{act}" if act else f"{REQUESTS}/{user_id}/{kind}"
