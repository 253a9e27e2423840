"""The tables of ``docs/graph.md``: what the Graph door serves, with which rights, and what it does not."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

from vestibule.doors.graph.app import TABLE
from vestibule.doors.graph.elsewhere import BELOW, ROOTS
from vestibule.doors.graph.routing import BOTH, Route
from vestibule.rules.permissions import PERMISSIONS, Permission
from vestibule.rules.rights import AS_READING
from vestibule.rules.roles import LEAST_ROLE, ROLES
from vestibule.rules.verbs import Verb

_SHOWN: Final = 4
"""Permissions that a line names: the narrowest ones."""


def tables() -> str:
    """Everything between the marks."""
    return f"{_served()}\n\n{_rights()}\n\n{_not_served()}"


# --- What is served -----------------------------------------------------------------------------------------------


def _family(route: Route[Any]) -> str:
    return route.pattern.strip("/").split("/")[0].partition("(")[0]


def _served() -> str:
    parts = ["## What is served"]
    routes = sorted(TABLE, key=_family)
    for family, found in groupby(routes, key=_family):
        lines = [f"| `{_call(route)}` | {route.summary}{_only(route)} | {_verb(route)} |" for route in found]
        parts.append(f"### {family}\n\n| Call | What it does | Right |\n|---|---|---|\n" + "\n".join(lines))
    aliases = [f"* `{alias}` is another way to say `{pattern}`." for alias, pattern in TABLE.aliases.items()]
    return "\n\n".join([*parts, "### Other names\n\n" + "\n".join(aliases)])


def _call(route: Route[Any]) -> str:
    return f"{route.method} {route.pattern}".replace("|", "\\|")


def _only(route: Route[Any]) -> str:
    return "" if set(route.versions) == set(BOTH) else f" ({' and '.join(route.versions)} only)"


def _verb(route: Route[Any]) -> str:
    return "-" if route.verb is None else f"`{route.verb.value}`"


# --- With which rights --------------------------------------------------------------------------------------------


def _rights() -> str:
    verbs = sorted({route.verb for route in TABLE if route.verb is not None}, key=lambda verb: verb.value)
    lines = [
        f"| `{verb.value}` | {_names(_granting(verb, delegated=True))} | {_names(_granting(verb, delegated=False))} |"
        f" {_role(verb)} |"
        for verb in verbs
    ]
    head = "| Right | Delegated permissions | Application permissions | Least directory role of the person |"
    return "## Which rights it takes\n\n" + "\n".join([head, "|---|---|---|---|", *lines])


def _granting(verb: Verb, *, delegated: bool) -> list[tuple[Permission, bool]]:
    """Permissions that grant a verb, narrowest first, and whether each does so only on the caller's own object.

    To be told of something takes what reading it takes; of groups that is said at ``readGroups``.
    """
    verb = AS_READING.get(verb, verb)
    found = []
    for permission in PERMISSIONS.values():
        exists = permission.delegated_id if delegated else permission.application_id
        if exists and (verb in permission.verbs or verb in permission.own):
            found.append((permission, verb not in permission.verbs))
    return sorted(found, key=lambda one: (not one[1], len(one[0].verbs), one[0].name))


def _names(found: Iterable[tuple[Permission, bool]]) -> str:
    names = [f"`{permission.name}`{' (own)' if own else ''}" for permission, own in found]
    more = f" and {len(names) - _SHOWN} wider" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more if names else "-"


def _role(verb: Verb) -> str:
    role = LEAST_ROLE.get(verb)
    return "-" if role is None else ROLES[role].name


# --- What is not --------------------------------------------------------------------------------------------------


def _not_served() -> str:
    served = {_family(route).lower() for route in TABLE}
    roots = ", ".join(f"`/{name}`" for name in sorted(ROOTS - served))
    lines = [f"| `/{root}` | {', '.join(f'`{name}`' for name in sorted(_left(root)))} |" for root in sorted(BELOW)]
    return (
        "## What is not served\n\nGraph has these, and they answer 501 `NotImplemented` here:\n\n"
        f"{roots}.\n\nBelow what is served:\n\n| Below | Not served |\n|---|---|\n" + "\n".join(lines)
    )


def _left(root: str) -> set[str]:
    """What nothing that is served is called below this root."""
    served = {
        part.partition("(")[0].lower()
        for route in TABLE
        if _family(route).lower() == root
        for part in route.pattern.strip("/").split("/")[1:]
    }
    return set(BELOW[root]) - served
