"""Which groups there are, and what may be written of them (Microsoft Graph, *group resource type*)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from vestibule.rules import texts
from vestibule.rules.refusals import Reason, Refused

UNIFIED: Final = "Unified"
VISIBILITIES: Final = ("Public", "Private", "HiddenMembership")
MOST_OWNERS: Final = 100

_NICKNAME: Final = re.compile(r"[!#$%&'*+./0-9=?A-Z^_`a-z{|}~-]{1,64}")
_UNIQUE: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")


@dataclass(frozen=True, slots=True)
class NewGroup:
    """What a new group is made from: a security group unless it says otherwise.

    Attributes:
        types: empty for a security group, ``Unified`` for what Graph calls a Microsoft 365 group.
        assignable_to_role: it may hold directory roles; only strong administrators manage it.
        properties: others, by Graph's names.
    """

    display_name: str
    mail_nickname: str
    mail_enabled: bool = False
    security_enabled: bool = True
    types: tuple[str, ...] = ()
    description: str | None = None
    visibility: str | None = None
    assignable_to_role: bool = False
    properties: Mapping[str, Any] | None = None


def check_new(new: NewGroup) -> NewGroup:
    """Return ``new`` when such a group can be.

    Groups that fill themselves by a rule are refused: nothing here would fill them.

    Raises:
        Refused: BAD_VALUE with the property.
    """
    read({"displayName": new.display_name, "mailNickname": new.mail_nickname, "description": new.description})
    read(new.properties or {})
    unified = UNIFIED in new.types
    if set(new.types) - {UNIFIED}:
        raise _bad("groupTypes")
    if new.mail_enabled is not unified:
        raise _bad("mailEnabled")
    if not (new.mail_enabled or new.security_enabled):
        raise _bad("securityEnabled")
    if new.visibility is not None and (new.visibility not in VISIBILITIES or not _may_have(new.visibility, unified)):
        raise _bad("visibility")
    if new.assignable_to_role and (not new.security_enabled or new.visibility == "Public"):
        raise _bad("isAssignableToRole")
    return new


def read(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Check what was sent of a group's properties and return what is kept; None clears one.

    Raises:
        Refused: BAD_VALUE or READ_ONLY with the property.
    """
    return {name: _read_one(name, value) for name, value in changes.items()}


def check_visibility(before: str | None, after: Any, *, unified: bool) -> str | None:
    """Return the visibility that may follow; whether members are hidden is said once, when the group is made.

    Raises:
        Refused: BAD_VALUE.
    """
    if after == before:
        return before
    if "HiddenMembership" in {before, after} or after not in {"Public", "Private"} or not unified:
        raise _bad("visibility")
    return str(after)


def _may_have(visibility: str, unified: bool) -> bool:
    """A security group has no public face; it is private or says nothing."""
    return unified or visibility == "Private"


def _line(limit: int) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise _bad(name)
        return texts.text_line(value, limit=limit, what=name)

    return read


def _description(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _bad(name)
    return texts.text_lines(value, limit=1024, what=name)


def _nickname(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _NICKNAME.fullmatch(value):
        raise _bad(name)
    return value


def _unique(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _UNIQUE.fullmatch(value):
        raise _bad(name)
    return value


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "displayName": _line(256),
    "mailNickname": _nickname,
    "description": _description,
    "classification": _line(128),
    "preferredLanguage": _line(64),
    "preferredDataLocation": _line(16),
    "theme": _line(64),
    "uniqueName": _unique,
}
WRITABLE: Final = frozenset(_READERS)
"""What callers may write, by Graph's names; ``visibility`` has a rule of its own."""

REQUIRED: Final = frozenset({"displayName", "mailNickname"})
SET_ONCE: Final = frozenset({"groupTypes", "isAssignableToRole", "mailEnabled", "securityEnabled"})
READ_ONLY: Final = frozenset(
    {"createdDateTime", "deletedDateTime", "id", "mail", "proxyAddresses", "renewedDateTime", "securityIdentifier"}
)


def _read_one(name: str, value: Any) -> Any:
    if name in READ_ONLY:
        raise Refused(Reason.READ_ONLY, property=name)
    if name not in _READERS:
        raise Refused(Reason.BAD_VALUE, property=name, why="unknown")
    if value is None:
        if name in REQUIRED:
            raise Refused(Reason.BAD_VALUE, property=name, why="required")
        return None
    return _READERS[name](name, value)


def _bad(name: str) -> Refused:
    return Refused(Reason.BAD_VALUE, property=name)
