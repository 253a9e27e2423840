"""Audit events as classes and activities of OCSF (Open Cybersecurity Schema Framework, 1.3.0), category 3, *IAM*.

Whatever the framework has no activity for is *Other* (99) of the class that fits, with our own word as its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vestibule.rules.activities import EVENTS, Operation, TargetType

VERSION: Final = "1.3.0"
CATEGORY: Final = 3
CATEGORY_NAME: Final = "Identity & Access Management"
OTHER: Final = 99

ACCOUNT_CHANGE: Final = 3001
AUTHENTICATION: Final = 3002
ENTITY_MANAGEMENT: Final = 3004
USER_ACCESS: Final = 3005
GROUP_MANAGEMENT: Final = 3006
CLASSES: Final[Mapping[int, str]] = {
    ACCOUNT_CHANGE: "Account Change",
    AUTHENTICATION: "Authentication",
    ENTITY_MANAGEMENT: "Entity Management",
    USER_ACCESS: "User Access Management",
    GROUP_MANAGEMENT: "Group Management",
}


@dataclass(frozen=True, slots=True)
class Activity:
    """A class of events and what was done: ``class_uid``, ``activity_id`` and ``activity_name``."""

    class_uid: int
    activity_id: int
    name: str

    @property
    def type_uid(self) -> int:
        """Both in one number."""
        return self.class_uid * 100 + self.activity_id


_CREATE: Final = Activity(ACCOUNT_CHANGE, 1, "Create")
_DELETE: Final = Activity(ACCOUNT_CHANGE, 6, "Delete")
_ASSIGN: Final = Activity(USER_ACCESS, 1, "Assign Privileges")
_REVOKE: Final = Activity(USER_ACCESS, 2, "Revoke Privileges")
_OF_TYPE: Final[Mapping[str, Activity]] = {
    "membership.invite": _CREATE,
    "membership.connect": _CREATE,
    "user.create": _CREATE,
    "membership.enable": Activity(ACCOUNT_CHANGE, 2, "Enable"),
    "password.change": Activity(ACCOUNT_CHANGE, 3, "Password Change"),
    "password.reset": Activity(ACCOUNT_CHANGE, 4, "Password Reset"),
    "membership.disable": Activity(ACCOUNT_CHANGE, 5, "Disable"),
    "membership.leave": _DELETE,
    "membership.remove": _DELETE,
    "membership.purge": _DELETE,
    "membership.erase": _DELETE,
    "signInMethod.add": Activity(ACCOUNT_CHANGE, 10, "MFA Factor Enable"),
    "signInMethod.remove": Activity(ACCOUNT_CHANGE, 11, "MFA Factor Disable"),
    "signIn": Activity(AUTHENTICATION, 1, "Logon"),
    "session.endAll": Activity(AUTHENTICATION, 2, "Logoff"),
    "group.addMember": Activity(GROUP_MANAGEMENT, 3, "Add User"),
    "group.removeMember": Activity(GROUP_MANAGEMENT, 4, "Remove User"),
    "group.delete": Activity(GROUP_MANAGEMENT, 5, "Delete"),
    "group.purge": Activity(GROUP_MANAGEMENT, 5, "Delete"),
    "group.create": Activity(GROUP_MANAGEMENT, 6, "Create"),
    "role.assign": _ASSIGN,
    "app.assignUser": _ASSIGN,
    "role.unassign": _REVOKE,
    "app.unassignUser": _REVOKE,
}
_OF_TARGET: Final[Mapping[TargetType, int]] = {
    TargetType.USER: ACCOUNT_CHANGE,
    TargetType.GROUP: GROUP_MANAGEMENT,
}
_OF_OPERATION: Final[Mapping[Operation, Activity]] = {
    Operation.ADD: Activity(ENTITY_MANAGEMENT, 1, "Create"),
    Operation.ASSIGN: Activity(ENTITY_MANAGEMENT, 3, "Update"),
    Operation.UPDATE: Activity(ENTITY_MANAGEMENT, 3, "Update"),
    Operation.UNASSIGN: Activity(ENTITY_MANAGEMENT, 3, "Update"),
    Operation.DELETE: Activity(ENTITY_MANAGEMENT, 4, "Delete"),
}


def activity_of(type_: str) -> Activity:
    """The class and activity of an event of ours; *Other* of *Entity Management* for a type that is not known."""
    known = _OF_TYPE.get(type_)
    if known is not None:
        return known
    rows = EVENTS.get(type_, ())
    if not rows:
        return Activity(ENTITY_MANAGEMENT, OTHER, type_)
    class_uid = _OF_TARGET.get(rows[0].target)
    return _OF_OPERATION[rows[0].operation] if class_uid is None else Activity(class_uid, OTHER, type_)
