"""Who of another organization may use our shared apps without an account here, and the other way round.

A policy for one direction (inbound or outbound) is two lists: people and apps. Each list allows or blocks what it
names, and somebody gets to an app only when both lists let them:

    people      apps        who gets where
    allow G1    allow all   G1 gets to all apps; everybody else to none
    allow all   allow A1    all get to A1 only
    allow G1    allow A1    only G1, only A1
    allow G1    block A1    G1 gets to all but A1; others to none
    block G1    allow A1    G1 to none; others only to A1
    block G1    block A1    G1 to none; others to all but A1
    block all   block all   nobody gets anywhere

(Microsoft Graph, *crossTenantAccessPolicyB2BSetting*.) A person connects only when the outbound policy of the home
organization **and** the inbound policy of the organization that shares the app both let them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vestibule.rules.refusals import Reason

ALL_USERS: Final = "AllUsers"
ALL_APPLICATIONS: Final = "AllApplications"
OFFICE: Final = "Office365"
"""Microsoft's own apps, which Graph's lists may name; none of them is here, so that the entry meets no app."""


class Access(StrEnum):
    """Whether a list names those who may or those who may not."""

    ALLOWED = "allowed"
    BLOCKED = "blocked"


class TargetType(StrEnum):
    """What kind of thing an entry of a list is."""

    USER = "user"
    GROUP = "group"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list: an id in lower case, or one of the words ``AllUsers`` and ``AllApplications``."""

    target: str
    kind: TargetType


ANYBODY: Final = Entry(ALL_USERS, TargetType.USER)
ANY_APP: Final = Entry(ALL_APPLICATIONS, TargetType.APPLICATION)


@dataclass(frozen=True, slots=True)
class AccessList:
    """One list. An empty one that allows lets nobody pass; an empty one that blocks stops nobody."""

    access: Access
    entries: frozenset[Entry]


@dataclass(frozen=True, slots=True)
class Setting:
    """The policy for one direction."""

    people: AccessList
    apps: AccessList


SYSTEM_DEFAULT: Final = Setting(
    people=AccessList(Access.BLOCKED, frozenset({ANYBODY})),
    apps=AccessList(Access.BLOCKED, frozenset({ANY_APP})),
)
"""What holds until an organization says otherwise: nobody connects."""


def effective(partner: Setting | None, default: Setting | None, system: Setting = SYSTEM_DEFAULT) -> Setting:
    """Return the setting that holds towards a partner: its own, else the organization's default, else the system's."""
    return partner or default or system


def direct_connect_allows(setting: Setting, user_id: str, group_ids: Collection[str], app_id: str) -> bool:
    """Whether ``setting`` lets this person get to this app.

    Args:
        setting: one direction of one organization's policy.
        user_id: the person's user object in the home organization, in lower case.
        group_ids: the groups there that the person is in, nested ones too.
        app_id: the app's client id, in lower case.
    """
    person = {ANYBODY, Entry(user_id, TargetType.USER), *(Entry(group, TargetType.GROUP) for group in group_ids)}
    app = {ANY_APP, Entry(app_id, TargetType.APPLICATION)}
    return _lets_pass(setting.people, person) and _lets_pass(setting.apps, app)


def why_not_connect(
    *, outbound: Setting, inbound: Setting, user_id: str, group_ids: Collection[str], app_id: str
) -> Reason | None:
    """Return why a person may not connect to an app, or None.

    Args:
        outbound: what the person's home organization says about the organization that shares the app.
        inbound: what that organization says about the home organization.
        user_id: the person's user object at home.
        group_ids: the groups at home that the person is in.
        app_id: the app's client id.
    """
    both = all(direct_connect_allows(setting, user_id, group_ids, app_id) for setting in (outbound, inbound))
    return None if both else Reason.CONNECT_FORBIDDEN


def why_not_save(setting: Setting) -> Reason | None:
    """Return why a setting cannot be kept, or None: each list names something, and the two do not contradict.

    Who blocks everybody must block all apps too; a list of apps beside it would look as if somebody got somewhere.
    """
    if not setting.people.entries or not setting.apps.entries:
        return Reason.MISSING_VALUE
    if _blocks_all(setting.people, ANYBODY) and not _blocks_all(setting.apps, ANY_APP):
        return Reason.BAD_VALUE
    return None


def _lets_pass(listed: AccessList, what: set[Entry]) -> bool:
    named = not listed.entries.isdisjoint(what)
    return named if listed.access is Access.ALLOWED else not named


def _blocks_all(listed: AccessList, everything: Entry) -> bool:
    return listed.access is Access.BLOCKED and everything in listed.entries
