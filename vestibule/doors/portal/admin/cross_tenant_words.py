"""Cross-tenant access settings as fields of a form, and back in Graph's shape, in which the action takes them.

Of a direction the form offers what people mean mostly: everybody, nobody, or only these people and apps. What a program
set otherwise is shown as that and stays while it is chosen.
"""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.doors.web.words import N_
from vestibule.rules.collaboration import CONSENT_IN, CONSENT_OUT
from vestibule.rules.collaboration import TRUST as SECOND_FACTOR
from vestibule.rules.direct_connect import ANY_APP, ANYBODY, Access, Setting, TargetType
from vestibule.rules.names import guid
from vestibule.store.cross_tenant import (
    CONSENT,
    GUESTS_IN,
    GUESTS_OUT,
    INBOUND,
    OUTBOUND,
    SYSTEM,
    TRUST,
    Settings,
)

INHERIT, EVERYBODY, NOBODY, THESE, OTHER = "inherit", "everybody", "nobody", "these", "other"
DIRECTIONS: Final = (
    ("guests_in", GUESTS_IN, N_("Inbound B2B collaboration")),
    ("guests_out", GUESTS_OUT, N_("Outbound B2B collaboration")),
    ("connect_in", INBOUND, N_("Inbound B2B direct connect")),
    ("connect_out", OUTBOUND, N_("Outbound B2B direct connect")),
)
"""Each direction's name in the form, Graph's name, and its words."""

WORDS: Final = {
    INHERIT: N_("As the default"),
    EVERYBODY: N_("Everybody, to every app"),
    NOBODY: N_("Nobody"),
    THESE: N_("Only these people and apps"),
    OTHER: N_("As a program set it"),
}
_GROUP: Final = "group "


def kind_of(setting: Setting | None) -> str:
    """Which choice of the form a direction is; None is inherited."""
    if setting is None:
        return INHERIT
    people, apps = setting.people, setting.apps
    if people.access is Access.BLOCKED and ANYBODY in people.entries:
        return NOBODY
    if people.access is not Access.ALLOWED or apps.access is not Access.ALLOWED:
        return OTHER
    return EVERYBODY if ANYBODY in people.entries and ANY_APP in apps.entries else THESE


def typed_of(settings: Settings | None, *, of_default: bool) -> dict[str, str]:
    """The fields of the form as the settings are."""
    typed: dict[str, str] = {}
    for name, graph, _ in DIRECTIONS:
        setting = None if settings is None else settings.direction(graph)
        setting = SYSTEM[graph] if setting is None and of_default else setting
        typed[name] = kind_of(setting)
        listed = setting if typed[name] == THESE else None
        typed[f"{name}_people"] = "" if listed is None else "\n".join(_people_lines(listed))
        typed[f"{name}_apps"] = "" if listed is None else "\n".join(_app_lines(listed))
    kept = {} if settings is None else settings.setting
    trust = kept.get(TRUST)
    typed["trust"] = ("no" if of_default else INHERIT) if trust is None else "yes" if trust.get(SECOND_FACTOR) else "no"
    consent = kept.get(CONSENT) or {}
    typed["consent_in"] = "yes" if consent.get(CONSENT_IN) else ""
    typed["consent_out"] = "yes" if consent.get(CONSENT_OUT) else ""
    return typed


def _people_lines(setting: Setting) -> list[str]:
    named = (one for one in setting.people.entries if one != ANYBODY)
    return sorted(f"{_GROUP if one.kind is TargetType.GROUP else ''}{one.target}" for one in named)


def _app_lines(setting: Setting) -> list[str]:
    return sorted(one.target for one in setting.apps.entries if one != ANY_APP)


class BadLine(Exception):
    """A line that is no id. ``field``: where it was typed."""

    def __init__(self, field: str) -> None:
        """Of this field."""
        super().__init__(field)
        self.field = field


def changes_of(typed: Mapping[str, str], before: Mapping[str, str], *, of_default: bool) -> dict[str, Any]:
    """What a form changes, in Graph's shape.

    Raises:
        BadLine: something that is no id; what a form sends that it does not offer changes nothing.
    """
    changes: dict[str, Any] = {}
    for name, graph, _ in DIRECTIONS:
        fields = (name, f"{name}_people", f"{name}_apps")
        if any(typed[one] != before[one] for one in fields) and typed[name] in WORDS and typed[name] != OTHER:
            changes[graph] = _direction(name, typed)
    if typed["trust"] != before["trust"] and typed["trust"] in {INHERIT, "yes", "no"}:
        changes[TRUST] = None if typed["trust"] == INHERIT else {SECOND_FACTOR: typed["trust"] == "yes"}
    consent = ("consent_in", "consent_out")
    if not of_default and any(typed[one] != before[one] for one in consent):
        changes[CONSENT] = {CONSENT_IN: typed["consent_in"] == "yes", CONSENT_OUT: typed["consent_out"] == "yes"}
    return changes


def _direction(name: str, typed: Mapping[str, str]) -> dict[str, Any] | None:
    match typed[name]:
        case "inherit":
            return None
        case "nobody":
            return _lists("blocked", [_all_people()], [_all_apps()])
        case "these":
            people = [_person(line, f"{name}_people") for line in _lines(typed[f"{name}_people"])]
            apps = [_target(line, "application", f"{name}_apps") for line in _lines(typed[f"{name}_apps"])]
            return _lists("allowed", people or [_all_people()], apps or [_all_apps()])
        case _:
            return _lists("allowed", [_all_people()], [_all_apps()])


def _lists(access: str, people: list[dict[str, str]], apps: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "usersAndGroups": {"accessType": access, "targets": people},
        "applications": {"accessType": access, "targets": apps},
    }


def _all_people() -> dict[str, str]:
    return {"target": ANYBODY.target, "targetType": ANYBODY.kind.value}


def _all_apps() -> dict[str, str]:
    return {"target": ANY_APP.target, "targetType": ANY_APP.kind.value}


def _person(line: str, field: str) -> dict[str, str]:
    if line.lower().startswith(_GROUP):
        return _target(line[len(_GROUP) :].strip(), "group", field)
    return _target(line, "user", field)


def _target(text: str, kind: str, field: str) -> dict[str, str]:
    found = guid(text)
    if found is None:
        raise BadLine(field)
    return {"target": found, "targetType": kind}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]
