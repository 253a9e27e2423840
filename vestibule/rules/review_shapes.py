"""Access reviews as Microsoft Graph writes them: scopes and reviewers as queries, settings as objects.

What is kept is what was sent, checked and with defaults filled in; here it is read. A query stands for itself, as
Graph's documentation lists them; any other is refused rather than taken for something that it does not say.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.reviews import (
    LOOK_BACK,
    PERSONAL,
    Asks,
    Every,
    Otherwise,
    Over,
    Recurrence,
    Reviewer,
    Scope,
    Settings,
)

QUERY_SCOPE: Final = "#microsoft.graph.accessReviewQueryScope"
INACTIVE_SCOPE: Final = "#microsoft.graph.accessReviewInactiveUsersQueryScope"
RESOURCE_SCOPE: Final = "#microsoft.graph.principalResourceMembershipsScope"
REMOVES: Final = "#microsoft.graph.removeAccessApplyAction"
BLOCKS: Final = "#microsoft.graph.disableAndDeleteUserApplyAction"
COMPLETED: Final = "CompletedAdditionalRecipients"
"""The one letter that further people can be sent."""
LONGEST_REVIEW: Final = 180
MOST_REVIEWERS: Final = 50

_ID: Final = r"([0-9a-fA-F-]{36})"
_MEMBERS: Final = r"(?:transitiveMembers|members)(?:/(?:microsoft\.)?graph\.user)?/?(\?.*)?"
_ONE_GROUP: Final = re.compile(rf"/?(?:v1\.0/|beta/)?groups/{_ID}/{_MEMBERS}", re.IGNORECASE)
_EACH_GROUP: Final = re.compile(rf"\./{_MEMBERS}", re.IGNORECASE)
_GROUPS: Final = re.compile(r"/?(?:v1\.0/|beta/)?groups/?(\?.*)?", re.IGNORECASE)
_USERS: Final = re.compile(r"/?(?:v1\.0/|beta/)?users/?(\?.*)?", re.IGNORECASE)
_APP: Final = re.compile(rf"/?(?:v1\.0/|beta/)?servicePrincipals/{_ID}/?", re.IGNORECASE)
_ROLE: Final = re.compile(rf"/?(?:v1\.0/|beta/)?roleManagement/directory/roleDefinitions/{_ID}/?", re.IGNORECASE)
_GUESTS: Final = re.compile(r"[?&]\$?filter=\(?\s*userType\s+eq\s+'Guest'\s*\)?\s*(?:&|$)", re.IGNORECASE)
_UNIFIED: Final = re.compile(
    r"[?&]\$?filter=\(?\s*groupTypes/any\(c:\s*c\s+eq\s+'Unified'\)\s*\)?\s*(?:&|$)", re.IGNORECASE
)
_FILTER: Final = re.compile(r"[?&]\$?filter=", re.IGNORECASE)
_DURATION: Final = re.compile(r"(?:P(\d{1,4})D|(\d{1,4}) days?, 0:00:00)", re.IGNORECASE)
"""Days as ISO 8601 writes them, and as Graph's SDK for Python does."""

_REVIEWERS: Final = (
    (Asks.USER, re.compile(rf"/?(?:v1\.0/|beta/)?users/{_ID}", re.IGNORECASE)),
    (Asks.GROUP_MEMBERS, re.compile(rf"/?(?:v1\.0/|beta/)?groups/{_ID}/{_MEMBERS}", re.IGNORECASE)),
    (Asks.GROUP_OWNERS, re.compile(rf"/?(?:v1\.0/|beta/)?groups/{_ID}/owners", re.IGNORECASE)),
    (Asks.OWNERS, re.compile(r"\./owners()", re.IGNORECASE)),
    (Asks.MANAGER, re.compile(r"\./manager()", re.IGNORECASE)),
    (Asks.SPONSORS, re.compile(r"\./sponsors()", re.IGNORECASE)),
)


def wrong(name: str, why: str = "") -> Refused:
    """The refusal (BAD_VALUE) of what stands in a property, with the fact ``why`` where more is to be said."""
    return Refused(Reason.BAD_VALUE, property=name, **({"why": why} if why else {}))


# --- Whom it is about -------------------------------------------------------------------------------------------------


def read_scope(scope: Any, instances: Any = None) -> Scope:
    """Read ``scope`` and ``instanceEnumerationScope``.

    Raises:
        Refused: MISSING_VALUE; BAD_VALUE for a scope that is not offered, such as shared channels.
    """
    if scope is None:
        raise Refused(Reason.MISSING_VALUE, property="scope")
    if not isinstance(scope, Mapping):
        raise wrong("scope")
    kind = str(scope.get("@odata.type", QUERY_SCOPE)).lstrip("#").rpartition(".")[2].lower()
    if kind == "principalresourcemembershipsscope":
        return _resource_scope(scope)
    inactive = None
    if kind == "accessreviewinactiveusersqueryscope":
        inactive = _days(scope.get("inactiveDuration"), "scope/inactiveDuration")
    elif kind != "accessreviewqueryscope":
        raise wrong("scope", "unsupported")
    query = _query(scope, "scope/query")
    if instances is not None:
        return _every_group(query, instances, inactive)
    found = _ONE_GROUP.fullmatch(query)
    if found is not None:
        return Scope(Over.GROUP, _guid(found[1]), _guests(query, "scope/query"), inactive_for=inactive)
    if _USERS.fullmatch(query) and _guests(query, "scope/query"):
        return Scope(Over.EVERYBODY, inactive_for=inactive)
    raise wrong("scope/query", "unsupported")


def _every_group(query: str, instances: Any, inactive: timedelta | None) -> Scope:
    name = "instanceEnumerationScope/query"
    groups = _query(instances, name) if isinstance(instances, Mapping) else ""
    if not _GROUPS.fullmatch(groups) or not _EACH_GROUP.fullmatch(query):
        raise wrong(name, "unsupported")
    unified = _UNIFIED.search(groups) is not None
    if _FILTER.search(groups) and not unified:
        raise wrong(name, "unsupported")
    guests = _guests(query, "scope/query")
    return Scope(Over.EVERY_GROUP, guests_only=guests, unified_only=unified, inactive_for=inactive)


def _resource_scope(scope: Mapping[str, Any]) -> Scope:
    principals, resources = scope.get("principalScopes"), scope.get("resourceScopes")
    if not (isinstance(principals, list) and isinstance(resources, list)) or len(principals) != 1:
        raise wrong("scope/principalScopes")
    if len(resources) != 1 or not isinstance(resources[0], Mapping) or not isinstance(principals[0], Mapping):
        raise wrong("scope/resourceScopes")
    resource = _query(resources[0], "scope/resourceScopes")
    found = _APP.fullmatch(resource) or _ROLE.fullmatch(resource)
    whom = _query(principals[0], "scope/principalScopes")
    if found is None:
        raise wrong("scope/resourceScopes", "unsupported")
    if not _USERS.fullmatch(whom):
        raise wrong("scope/principalScopes", "unsupported")
    kind = str(principals[0].get("@odata.type", "")).rpartition(".")[2].lower()
    inactive = None
    if kind == "accessreviewinactiveusersqueryscope":
        inactive = _days(principals[0].get("inactiveDuration"), "scope/principalScopes/inactiveDuration")
    over = Over.APP if found.re is _APP else Over.ROLE
    return Scope(over, _guid(found[1]), _guests(whom, "scope/principalScopes"), inactive_for=inactive)


def _query(scope: Mapping[str, Any], name: str) -> str:
    query, kind = scope.get("query"), scope.get("queryType") or "MicrosoftGraph"
    if not isinstance(query, str) or not query or str(kind).lower() != "microsoftgraph":
        raise wrong(name)
    return query


def _guests(query: str, name: str) -> bool:
    """Whether a query asks for guests only. Raises Refused for any other filter."""
    if _GUESTS.search(query):
        return True
    if _FILTER.search(query):
        raise wrong(name, "unsupported")
    return False


def _guid(text: str) -> str:
    found = guid(text)
    if found is None:
        raise wrong("scope/query")
    return found


def _days(value: Any, name: str) -> timedelta:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    days = 0 if found is None else int(found[1] or found[2])
    if not days:
        raise wrong(name)
    return timedelta(days=days)


def plain_scope(scope: Any) -> Any:
    """A scope as it is kept: with its type, which programs may leave out, and its duration as ISO 8601 writes it.

    Raises:
        Refused: BAD_VALUE for a duration that cannot be read.
    """
    if not isinstance(scope, Mapping):
        return scope
    kept = {"@odata.type": QUERY_SCOPE, **scope}
    if kept.get("inactiveDuration") is not None:
        kept["inactiveDuration"] = f"P{_days(kept['inactiveDuration'], 'scope/inactiveDuration').days}D"
    for name in ("principalScopes", "resourceScopes"):
        if isinstance(kept.get(name), list):
            kept[name] = [plain_scope(one) for one in kept[name]]
    return kept


# --- Who decides ------------------------------------------------------------------------------------------------------


def read_reviewers(given: Any, name: str = "reviewers") -> tuple[Reviewer, ...]:
    """Read a list of reviewers; an empty one asks the people themselves.

    Raises:
        Refused: BAD_VALUE.
    """
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > MOST_REVIEWERS:
        raise wrong(name)
    return tuple(_reviewer(one, name) for one in given)


def _reviewer(one: Any, name: str) -> Reviewer:
    if not isinstance(one, Mapping):
        raise wrong(name)
    query = _query(one, name).rstrip("/")
    for asks, pattern in _REVIEWERS:
        found = pattern.fullmatch(query)
        if found is not None:
            return Reviewer(asks, _guid(found[1]) if found[1] else "")
    raise wrong(name, "unsupported")


def read_recipients(given: Any) -> tuple[Reviewer, ...]:
    """Read ``additionalNotificationRecipients``: whom a letter tells besides that an instance has ended.

    They are named as reviewers are, except those who are asked about one person alone.

    Raises:
        Refused: BAD_VALUE.
    """
    name = "additionalNotificationRecipients"
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > MOST_REVIEWERS:
        raise wrong(name)
    return tuple(_recipient(one, name) for one in given)


def _recipient(one: Any, name: str) -> Reviewer:
    if not isinstance(one, Mapping) or not isinstance(one.get("notificationRecipientScope"), Mapping):
        raise wrong(name)
    if str(one.get("notificationTemplateType") or COMPLETED).lower() != COMPLETED.lower():
        raise wrong(f"{name}/notificationTemplateType", "unsupported")
    found = _reviewer(one["notificationRecipientScope"], f"{name}/notificationRecipientScope")
    if found.asks in PERSONAL:
        raise wrong(f"{name}/notificationRecipientScope", "unsupported")
    return found


# --- How it is done ---------------------------------------------------------------------------------------------------

_FLAGS: Final = (
    "mailNotificationsEnabled",
    "reminderNotificationsEnabled",
    "justificationRequiredOnApproval",
    "defaultDecisionEnabled",
    "autoApplyDecisionsEnabled",
    "recommendationsEnabled",
    "decisionHistoriesForReviewersEnabled",
)
_KNOWN: Final = frozenset(
    {
        *_FLAGS,
        "defaultDecision",
        "instanceDurationInDays",
        "recurrence",
        "applyActions",
        "recommendationLookBackDuration",
        "recommendationInsightSettings",
    }
)


def read_settings(given: Any) -> tuple[Settings, dict[str, Any]]:
    """Read ``settings``. Returns what they mean, and how they are kept: every member with a value.

    Raises:
        Refused: MISSING_VALUE, BAD_VALUE with the member.
    """
    if given is None:
        raise Refused(Reason.MISSING_VALUE, property="settings")
    if not isinstance(given, Mapping):
        raise wrong("settings")
    sent = {name: value for name, value in given.items() if "@odata." not in name and value is not None}
    unknown = next((name for name in sent if name not in _KNOWN), None)
    if unknown is not None:
        raise wrong(f"settings/{unknown}")
    flags = {name: _flag(name, sent.get(name, False)) for name in _FLAGS}
    otherwise = _otherwise(sent.get("defaultDecision"), on=flags["defaultDecisionEnabled"])
    days = sent.get("instanceDurationInDays", 14)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= LONGEST_REVIEW:
        raise wrong("settings/instanceDurationInDays")
    look_back = read_look_back(sent, "settings") or LOOK_BACK
    blocks = _blocks(sent.get("applyActions"))
    recurrence, kept_recurrence = _recurrence(sent.get("recurrence"))
    meant = Settings(
        mails=flags["mailNotificationsEnabled"],
        reminders=flags["reminderNotificationsEnabled"],
        justify=flags["justificationRequiredOnApproval"],
        otherwise=otherwise if flags["defaultDecisionEnabled"] else Otherwise.NONE,
        takes=timedelta(days=days),
        applies=flags["autoApplyDecisionsEnabled"],
        blocks=blocks,
        recommends=flags["recommendationsEnabled"],
        look_back=look_back,
        histories=flags["decisionHistoriesForReviewersEnabled"],
        recurrence=recurrence,
    )
    kept = {
        **flags,
        "defaultDecision": otherwise.value,
        "instanceDurationInDays": days,
        "recurrence": kept_recurrence,
        "applyActions": [{"@odata.type": BLOCKS if blocks else REMOVES}],
        "recommendationLookBackDuration": f"P{look_back.days}D",
        "recommendationInsightSettings": list(sent.get("recommendationInsightSettings", [])),
    }
    return meant, kept


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong(f"settings/{name}")
    return value


def _otherwise(value: Any, *, on: bool) -> Otherwise:
    found = next((one for one in Otherwise if isinstance(value, str) and one.value.lower() == value.lower()), None)
    if value not in (None, "") and found is None:
        raise wrong("settings/defaultDecision")
    if on and found in {None, Otherwise.NONE}:
        raise wrong("settings/defaultDecision")
    return found or Otherwise.NONE


def read_look_back(sent: Mapping[str, Any], at: str) -> timedelta | None:
    """How far a recommendation looks back, in the settings ``at`` this name; None where they do not say.

    Newer programs say it in an insight, of which there is one here.

    Raises:
        Refused: BAD_VALUE with the member.
    """
    found = sent.get("recommendationLookBackDuration")
    insights = sent.get("recommendationInsightSettings") or []
    name = f"{at}/recommendationInsightSettings"
    if not isinstance(insights, list):
        raise wrong(name)
    for one in insights:
        kind = str(one.get("@odata.type", "")).rpartition(".")[2].lower() if isinstance(one, Mapping) else ""
        if kind != "userlastsigninrecommendationinsightsetting":
            raise wrong(name, "unsupported")
        if str(one.get("signInScope") or "tenant").lower() != "tenant":
            raise wrong(f"{name}/signInScope", "unsupported")
        found = one.get("recommendationLookBackDuration") or found
    return None if found is None else _days(found, f"{at}/recommendationLookBackDuration")


def _blocks(actions: Any) -> bool:
    if actions in (None, []):
        return False
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], Mapping):
        raise wrong("settings/applyActions")
    kind = "#" + str(actions[0].get("@odata.type", "")).lstrip("#")
    if kind not in {BLOCKS, REMOVES}:
        raise wrong("settings/applyActions", "unsupported")
    return kind == BLOCKS


# --- When -------------------------------------------------------------------------------------------------------------


def read_recurrence(given: Any, name: str) -> tuple[Recurrence, dict[str, Any]]:
    """Read when something comes round. Returns what it means, and how it is kept.

    Raises:
        Refused: BAD_VALUE with the property below ``name``.
    """
    meant, kept = _recurrence(given, name)
    if meant is None or kept is None or meant.every is None:
        raise wrong(name)
    return meant, kept


def _recurrence(given: Any, name: str = "settings/recurrence") -> tuple[Recurrence | None, dict[str, Any] | None]:
    if given is None:
        return None, None
    if not isinstance(given, Mapping):
        raise wrong(name)
    pattern, span = given.get("pattern"), given.get("range")
    if not isinstance(span, Mapping) or not isinstance(pattern, Mapping | None):
        raise wrong(f"{name}/range")
    found = _span(span, f"{name}/range")
    if pattern is None:
        return found, {"pattern": None, "range": _kept_span(found)}
    kind = next((one for one in Every if one.value.lower() == str(pattern.get("type", "")).lower()), None)
    interval, day = pattern.get("interval", 1), pattern.get("dayOfMonth") or 0
    if kind is None or not _whole(interval, 1, 120) or not _whole(day, 0, 31):
        raise wrong(f"{name}/pattern")
    whole = Recurrence(found.first, kind, interval, day if kind is Every.MONTH else 0, found.last, found.times)
    kept = {"type": kind.value, "interval": interval, "dayOfMonth": whole.day}
    return whole, {"pattern": kept, "range": _kept_span(whole)}


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _span(given: Mapping[str, Any], name: str) -> Recurrence:
    kind, first = str(given.get("type") or "noEnd").lower(), _date(given.get("startDate"), f"{name}/startDate")
    match kind:
        case "noend":
            return Recurrence(first)
        case "enddate":
            return Recurrence(first, last=_date(given.get("endDate"), f"{name}/endDate"))
        case "numbered" if _whole(times := given.get("numberOfOccurrences") or 0, 0, 1_000):
            return Recurrence(first, times=times or None)
        case _:
            raise wrong(name)


def _kept_span(found: Recurrence) -> dict[str, Any]:
    kind = "endDate" if found.last else "numbered" if found.times else "noEnd"
    return {
        "type": kind,
        "startDate": found.first.isoformat(),
        "endDate": found.last.isoformat() if found.last else None,
        "numberOfOccurrences": found.times or 0,
        "recurrenceTimeZone": None,
    }


def _date(value: Any, name: str) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise wrong(name) from None
