"""What a provisioning client asked for, in the words of Graph's provisioning log (*provisioningObjectSummary*).

The audit log is the one truth: each event that came through the door for provisioning clients is one row here too.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from vestibule.rules.refusals import Reason


class Action(StrEnum):
    """Graph's ``provisioningAction``."""

    CREATE = "create"
    UPDATE = "update"
    STAGED_DELETE = "stagedDelete"
    DISABLE = "disable"
    OTHER = "other"


class Status(StrEnum):
    """Graph's ``status`` of a row and of a step. ``skipped``: left alone on purpose; trying again changes nothing."""

    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"


_ACTIONS: Final[Mapping[str, Action]] = {
    "membership.invite": Action.CREATE,
    "membership.enable": Action.UPDATE,
    "membership.disable": Action.DISABLE,
    "membership.remove": Action.STAGED_DELETE,
    "user.create": Action.CREATE,
    "user.update": Action.UPDATE,
    "group.create": Action.CREATE,
    "group.update": Action.UPDATE,
    "group.delete": Action.STAGED_DELETE,
    "group.addMember": Action.UPDATE,
    "group.removeMember": Action.UPDATE,
}
MEMBERS: Final[Mapping[str, bool]] = {"group.addMember": True, "group.removeMember": False}
"""Events about a member that change a group: whether the member comes."""

_SKIPPED: Final = frozenset({Reason.LEFT_BY_CHOICE.value, Reason.BLOCKED_BY_PERSON.value})
_EXPORTS: Final = {
    Action.CREATE: "EntryExportAdd",
    Action.UPDATE: "EntryExportUpdate",
    Action.STAGED_DELETE: "EntryExportDelete",
    Action.DISABLE: "EntryExportUpdate",
    Action.OTHER: "EntryExport",
}
_DONE: Final = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.STAGED_DELETE: "deleted, restorably",
    Action.DISABLE: "disabled",
    Action.OTHER: "changed",
}


def action_of(event_type: str) -> Action:
    """What an event of this type (``activities.EVENTS``) does to a user or a group."""
    return _ACTIONS.get(event_type, Action.OTHER)


def identity_type_of(event_type: str) -> str:
    """What it is done to: ``User`` or ``Group``."""
    return "Group" if event_type.startswith("group.") else "User"


def status_of(reason: str | None) -> Status:
    """How it ended; ``reason``: the code of the refusal, None when there was none.

    What the person decided is skipped: who left by choice, or wants no invitation, is left alone.
    """
    if reason is None:
        return Status.SUCCESS
    return Status.SKIPPED if reason in _SKIPPED else Status.FAILURE


def export_step(action: Action) -> str:
    """What Entra calls the step that writes."""
    return _EXPORTS[action]


def said(action: Action, identity_type: str, status: Status) -> str:
    """The step that writes, in a sentence that names nobody."""
    done = _DONE[action]
    match status:
        case Status.SUCCESS:
            return f"{identity_type} was {done}."
        case Status.SKIPPED:
            return f"{identity_type} was left alone, as the person decided."
        case Status.FAILURE:
            return f"{identity_type} was not {done}."
