"""The addresses of the logs, of roles and of apps."""

from typing import Final

from vestibule.doors.portal.admin.paths import APPS, AUDIT_LOGS, ROLES, SIGN_IN_LOGS

AUDIT_CSV: Final = f"{AUDIT_LOGS}.csv"
AUDIT_LINES: Final = f"{AUDIT_LOGS}.jsonl"
AUDIT_VERIFY: Final = f"{AUDIT_LOGS}/verify"
SIGN_IN_CSV: Final = f"{SIGN_IN_LOGS}.csv"


def event(event_id: str) -> str:
    """The details of an event."""
    return f"{AUDIT_LOGS}/{event_id}"


def role(role_id: str, act: str = "") -> str:
    """A role's page; with ``act`` where somebody is added to it (``add``) or removed (``remove``)."""
    return f"{ROLES}/{role_id}/{act}" if act else f"{ROLES}/{role_id}"


def app(app_id: str, act: str = "") -> str:
    """An app's page; with ``act`` where something about it is changed.

    The acts are ``assign``, ``unassign``, ``add-group``, ``remove-group``, ``sign-in``, ``end-sign-ins`` and
    ``revoke``; ``groups`` is the list of all assigned groups, ``connections`` how it is told of people.
    """
    return f"{APPS}/{app_id}/{act}" if act else f"{APPS}/{app_id}"
