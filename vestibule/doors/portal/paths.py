"""The addresses of My Account and of sign-in, in one place."""

import re
from typing import Final
from urllib.parse import quote, urlencode

OVERVIEW: Final = "/myaccount/"
ORGANIZATIONS: Final = "/myaccount/organizations"
APPS: Final = "/myaccount/apps"
PERSONAL_INFO: Final = "/myaccount/personal-info"
SIGN_INS: Final = "/myaccount/sign-ins"
SECURITY_INFO: Final = "/myaccount/security-info"
AUTHENTICATOR: Final = "/myaccount/security-info/authenticator"
PASSKEYS: Final = "/myaccount/security-info/passkeys"
RECOVERY_CODES: Final = "/myaccount/security-info/recovery-codes"
REMOVE_METHOD: Final = "/myaccount/security-info/remove"
CHANGE_PASSWORD: Final = "/myaccount/security-info/password"  # noqa: S105 - an address, not a secret
SIGN_OUT_EVERYWHERE: Final = "/myaccount/sign-out-everywhere"
RECEIPTS: Final = "/myaccount/receipts"
PRIVACY: Final = "/myaccount/privacy"
ACCESS_REVIEWS: Final = "/myaccount/access-reviews"
MY_DATA: Final = "/myaccount/privacy/my-data.json"
LANGUAGE: Final = "/myaccount/language"
ADMIN_CENTER: Final = "/admin/"
REVIEW_HISTORY_FILE: Final = "/access-review-history"

SIGN_IN: Final = "/signin"
PASSWORD: Final = "/signin/password"  # noqa: S105 - an address, not a secret
CODE: Final = "/signin/code"
SECOND_FACTOR: Final = "/signin/second-factor"
ENROL: Final = "/signin/enrol"
WITH_PASSKEY: Final = "/signin/passkey"
FEDERATED: Final = "/signin/federated"
WHICH_ORGANIZATION: Final = "/signin/organization"
SAML: Final = "/signin/federated/saml"
CONSENT: Final = "/signin/consent"
TERMS: Final = "/signin/terms"
TERMS_DECLINED: Final = "/signin/terms/declined"
DEVICE: Final = "/signin/device"
GO_ON: Final = "/signin/go-on"
RESUME: Final = "/oauth2/resume"
INVITATIONS: Final = "/invitations"
HELP: Final = "/help"
VERIFY: Final = "/verify"
DATA_REQUEST: Final = "/data-request"
PRIVACY_NOTICE: Final = "/privacy"
PICK_ACCOUNT: Final = "/signin/accounts"
SIGN_OUT: Final = "/signout"
SIGNED_OUT: Final = "/signed-out"
STAY: Final = "/signin/stay"
SWITCH: Final = "/switch"
UNSUBSCRIBE: Final = "/unsubscribe"

_PAGES: Final = ("myaccount", "admin", "switch", "invitations", "unsubscribe", "help", "privacy", "verify")
_PATH: Final = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,2000}")


def own_path(text: str) -> str | None:
    """Return ``text`` when it is the address of one of our pages, to go on to after a sign-in; None otherwise.

    Nothing that a browser could take for another site passes: no host, no backslash, no control character, and no
    segment that climbs out of its page.
    """
    path, _, _ = text.partition("?")
    segments = path.split("/")[1:]
    ours = path.lower() == DEVICE or (bool(segments) and segments[0].lower() in _PAGES)
    if not _PATH.fullmatch(text) or not ours or ".." in segments or "%" in path:
        return None
    return text


def leave(tenant_id: str) -> str:
    """Confirm leaving (GET), leave (POST)."""
    return f"{ORGANIZATIONS}/{tenant_id}/leave"


def is_leaving(path: str) -> bool:
    """Whether an address is the page on which somebody leaves an organization."""
    segments = path.partition("?")[0].lower().strip("/").split("/")
    return len(segments) == 4 and "/" + "/".join(segments[:2]) == ORGANIZATIONS and segments[3] == "leave"


def needs_no_terms(path: str) -> bool:
    """Whether a page of My Account is shown to somebody who has not accepted their organization's terms of use.

    Nobody has to agree to anything to go, to read their receipts, or to see what is kept about them.
    """
    low = path.lower()
    return any(low == page or low.startswith(f"{page}/") for page in (ORGANIZATIONS, RECEIPTS, PRIVACY))


def terms(tenant_id: str, going_to: str) -> str:
    """The terms of use of an organization, and where to go once they are accepted."""
    return f"{TERMS}?{urlencode({'tenantId': tenant_id, 'next': going_to})}"


def in_flow(path: str, handle: str, **more: str) -> str:
    """A page of the sign-in under way with this handle."""
    return f"{path}?{urlencode({'flow': handle, **more})}"


def permission(tenant_id: str) -> str:
    """You need permission to leave."""
    return f"{ORGANIZATIONS}/{tenant_id}/permission"


def request_removal(tenant_id: str) -> str:
    """Ask to be removed (POST)."""
    return f"{ORGANIZATIONS}/{tenant_id}/request-removal"


def invitation_answer(tenant_id: str) -> str:
    """Accept or decline an invitation from the list of organizations (POST)."""
    return f"{ORGANIZATIONS}/{tenant_id}/invitation"


def sign_in_to_leave(tenant_id: str) -> str:
    """Open a session at the organization and come back to its confirm page."""
    return f"{SIGN_IN}?{urlencode({'tenantId': tenant_id, 'next': leave(tenant_id)})}"


def organization_row(tenant_id: str) -> str:
    """The organization's own row in the list."""
    return f"{ORGANIZATIONS}#org-{tenant_id}"


def receipt(receipt_id: str, key: str = "") -> str:
    """A receipt; with the key from the letter it opens without signing in."""
    return _keyed(f"{RECEIPTS}/{receipt_id}", key)


def receipt_text(receipt_id: str, key: str = "") -> str:
    """The receipt as text."""
    return _keyed(f"{RECEIPTS}/{receipt_id}.txt", key)


def signed_receipt(receipt_id: str, key: str = "") -> str:
    """The receipt as a signed file."""
    return _keyed(f"{RECEIPTS}/{receipt_id}/receipt.jws", key)


def certificate(receipt_id: str, key: str = "") -> str:
    """The certificate that the data was removed, as a signed file."""
    return _keyed(f"{RECEIPTS}/{receipt_id}/certificate.jws", key)


def request_restore(receipt_id: str, key: str = "") -> str:
    """Ask to be restored: the form (GET), the request (POST)."""
    return _keyed(f"{RECEIPTS}/{receipt_id}/request-restore", key)


def request_erasure(receipt_id: str, key: str = "") -> str:
    """Ask to be erased after leaving: the form (GET), the request and taking it back (POST)."""
    return _keyed(f"{RECEIPTS}/{receipt_id}/request-erasure", key)


def request_erasure_here(tenant_id: str) -> str:
    """Ask to be erased where nobody may leave on their own (POST)."""
    return f"{ORGANIZATIONS}/{tenant_id}/request-erasure"


def _keyed(path: str, key: str) -> str:
    return f"{path}?key={quote(key, safe='')}" if key else path
