"""*New access review*: whom it is about, who decides, how often, and what becomes of a no."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from starlette.responses import Response

from vestibule.actions import reviewing
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.said import Said, say
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import names
from vestibule.rules.filters import Ordering
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.review_shapes import (
    BLOCKS,
    INACTIVE_SCOPE,
    LONGEST_REVIEW,
    QUERY_SCOPE,
    REMOVES,
    RESOURCE_SCOPE,
)
from vestibule.rules.roles import ROLES
from vestibule.rules.targets import OnReview
from vestibule.rules.verbs import Verb
from vestibule.store import group_lists, role_definitions
from vestibule.store.listing import Asked

MOST_GROUPS: Final = 500
_GUESTS: Final = "(userType eq 'Guest')"
_QUERY: Final = "MicrosoftGraph"
INACTIVE: Final = ("", "30", "90", "180")
REVIEWERS: Final = ("me", "sponsors", "owners", "themselves")
REPEATS: Final = ("once", "weekly", "monthly", "quarterly")
OTHERWISE: Final = {"keep": "Approve", "remove": "Deny", "recommended": "Recommendation"}
FURTHER: Final = ("2", "3")
"""The numbers of the stages that a review may have beside the first."""
MOVES: Final = {"keep": "Approve", "remove": "Deny", "unknown": "DontKnow", "undecided": "NotReviewed"}
_EVERY: Final = {"weekly": ("weekly", 1), "monthly": ("absoluteMonthly", 1), "quarterly": ("absoluteMonthly", 3)}
_AS_FIRST: Final = {
    "name": "",
    "over": "everybody",
    "group": "",
    "role": "",
    "inactive": "",
    "reviewers": "me",
    "days": "14",
    "repeats": "once",
    "otherwise": "keep",
    "removes": "block",
    "justify": "",
    **{
        f"{name}{number}": value
        for number in FURTHER
        for name, value in {"reviewers": "", "days": "7", **dict.fromkeys(MOVES, "yes")}.items()
    },
}
_NAME: Final = Problem(N_("Enter a name of at most 256 characters."), at="name")
_GROUP: Final = Problem(N_("Choose a group."), at="group")
_ROLE: Final = Problem(N_("Choose a role."), at="role")
_DAYS: Final = Problem(N_("Enter a number of days from 1 to 180."), at="days")
_OWNERS: Final = Problem(N_("Only a review of groups can ask their owners."), at="reviewers")
_NOT_SECOND: Final = Problem(N_("Choose who decides in the second stage."), at="reviewers2")
_NOBODY_MOVES: Final = N_("Choose who is asked about again in this stage.")
_ALL_DAYS: Final = Problem(
    N_("All stages together take at most 180 days, and no longer than it takes until the review repeats."), at="days"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReviewPage(View):
    """The form.

    Attributes:
        groups, roles: ids and names.
        of_guests, of_roles: which kinds of review whoever is signed in may make.
    """

    template: ClassVar[str] = "portal/admin/new_review.html"
    typed: dict[str, str]
    groups: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, str], ...]
    of_guests: bool
    of_roles: bool


async def show(admin: Admin) -> Response:
    """The empty form; the address may say for how long somebody has not signed in."""
    inactive = admin.visit.request.query_params.get("inactive", "")
    over = {} if _may(admin, of_role=False) else {"over": "role"}
    return await _page(admin, _AS_FIRST | over | ({"inactive": inactive} if inactive in INACTIVE else {}))


def _may(admin: Admin, *, of_role: bool) -> bool:
    return admin.may_on(Verb.CREATE_REVIEW, OnReview(admin.tenant_id, reviewer=False, of_role=of_role, owned=False))


async def _page(admin: Admin, typed: dict[str, str], *problems: Problem) -> Response:
    known = await group_lists.page(
        admin.reading, admin.tenant_id, Asked(MOST_GROUPS, orders=(Ordering(("displayName",)),))
    )
    made = await role_definitions.everyone(admin.reading, admin.tenant_id)
    known_roles = [(role.template_id, role.name) for role in ROLES.values()]
    known_roles += [(one.role_id, one.display_name) for one in made]
    return admin.visit.page(
        NewReviewPage(
            typed=typed,
            groups=tuple((one.group_id, one.display_name) for one in known.items),
            roles=tuple(sorted(known_roles, key=lambda one: admin.visit.words.sort_key(one[1]))),
            of_guests=_may(admin, of_role=False),
            of_roles=_may(admin, of_role=True),
            problems=problems,
        ),
        400 if problems else 200,
    )


async def create(admin: Admin) -> Response:
    """Make the review; one that comes round once begins now."""
    form = await admin.visit.form(verb=Verb.CREATE_REVIEW, tenant_id=admin.tenant_id)
    typed = {name: form.get(name, "").strip() for name in _AS_FIRST}
    problem = _problem(typed)
    if problem is not None:
        return await _page(admin, typed, problem)
    given = _definition(admin, typed)
    try:
        made = await reviewing.create_review(admin.visit.house, given, tenant_id=admin.tenant_id, by=admin.by)
    except Refused as refused:
        at = {"displayName": _NAME, "stageSettings/durationInDays": _ALL_DAYS}.get(
            str(refused.facts.get("property") or "")
        )
        missing = _ROLE if typed["over"] == "role" else _GROUP
        problem = missing if refused.reason is Reason.NOT_FOUND else at
        if problem is None:
            raise
        return await _page(admin, typed, problem)
    say(admin.visit, Said(N_("{name} was added."), {"name": made.display_name}))
    return admin.visit.redirect(paths.review(made.review_id))


def _problem(typed: dict[str, str]) -> Problem | None:
    if not typed["name"]:
        return _NAME
    if typed["over"] == "group" and names.guid(typed["group"]) is None:
        return _GROUP
    if typed["over"] == "role" and names.guid(typed["role"]) is None:
        return _ROLE
    if typed["reviewers"] == "owners" and typed["over"] in {"everybody", "role"}:
        return _OWNERS
    if not _are_days(typed["days"]):
        return _DAYS
    if typed["reviewers3"] and not typed["reviewers2"]:
        return _NOT_SECOND
    return next((found for one in _further(typed) if (found := _problem_of_stage(typed, one)) is not None), None)


def _problem_of_stage(typed: dict[str, str], number: str) -> Problem | None:
    if typed[f"reviewers{number}"] == "owners" and typed["over"] == "everybody":
        return replace(_OWNERS, at=f"reviewers{number}")
    if not _are_days(typed[f"days{number}"]):
        return replace(_DAYS, at=f"days{number}")
    return None if _moves(typed, number) else Problem(_NOBODY_MOVES, at=f"reviewers{number}")


def _are_days(days: str) -> bool:
    in_time = days.isascii() and days.isdigit() and len(days) <= len(str(LONGEST_REVIEW))
    return in_time and 1 <= int(days) <= LONGEST_REVIEW


def _further(typed: dict[str, str]) -> list[str]:
    """The numbers of the stages that somebody was chosen for, beside the first."""
    return [number for number in FURTHER if typed[f"reviewers{number}"]]


def _moves(typed: dict[str, str], number: str) -> list[str]:
    """Which decisions of the stage before go to this one."""
    return [word for name, word in MOVES.items() if typed[f"{name}{number}"]]


def _definition(admin: Admin, typed: dict[str, str]) -> dict[str, Any]:
    """The review in Graph's shape, in which the action takes it."""
    given: dict[str, Any] = {
        "displayName": typed["name"],
        "scope": _scope(typed),
        "reviewers": _reviewers(admin, typed, typed["reviewers"]),
        "fallbackReviewers": _fallback(admin, typed["reviewers"]),
        "stageSettings": _stages(admin, typed),
    }
    if typed["over"] == "everyGroup":
        given["instanceEnumerationScope"] = {"query": "/groups", "queryType": _QUERY}
    given["settings"] = {
        "mailNotificationsEnabled": True,
        "reminderNotificationsEnabled": True,
        "justificationRequiredOnApproval": typed["justify"] == "yes",
        "defaultDecisionEnabled": True,
        "defaultDecision": OTHERWISE.get(typed["otherwise"], "Approve"),
        "autoApplyDecisionsEnabled": True,
        "recommendationsEnabled": True,
        "recommendationLookBackDuration": f"P{typed['inactive']}D" if typed["inactive"] in INACTIVE[1:] else "P30D",
        "instanceDurationInDays": int(typed["days"]),
        "applyActions": [{"@odata.type": _action(typed)}],
        "recurrence": _recurrence(admin, typed["repeats"]),
        "decisionHistoriesForReviewersEnabled": bool(_further(typed)),
    }
    return given


def _action(typed: dict[str, str]) -> str:
    """What a no does: who holds a role loses the role, whatever else was chosen."""
    return REMOVES if typed["over"] == "role" or typed["removes"] == "delete" else BLOCKS


def _scope(typed: dict[str, str]) -> dict[str, Any]:
    if typed["over"] == "role":
        role = f"/roleManagement/directory/roleDefinitions/{typed['role']}"
        return {
            "@odata.type": RESOURCE_SCOPE,
            "principalScopes": [_since(typed, "/users")],
            "resourceScopes": [{"@odata.type": QUERY_SCOPE, "query": role, "queryType": _QUERY}],
        }
    query = {
        "group": f"/groups/{typed['group']}/transitiveMembers/microsoft.graph.user/?$filter={_GUESTS}",
        "everyGroup": f"./members/microsoft.graph.user/?$filter={_GUESTS}",
    }.get(typed["over"], f"/users?$filter={_GUESTS}")
    return _since(typed, query)


def _since(typed: dict[str, str], query: str) -> dict[str, Any]:
    """A query, of those alone who have not signed in for as long as was chosen."""
    scope = {"@odata.type": QUERY_SCOPE, "query": query, "queryType": _QUERY}
    if typed["inactive"] in INACTIVE[1:]:
        scope |= {"@odata.type": INACTIVE_SCOPE, "inactiveDuration": f"P{typed['inactive']}D"}
    return scope


def _stages(admin: Admin, typed: dict[str, str]) -> list[dict[str, Any]]:
    """The stages in Graph's shape; none when there is only one, which the review itself describes."""
    numbers = ["1", *_further(typed)]
    if len(numbers) == 1:
        return []
    return [_stage(admin, typed, *around) for around in zip(["", *numbers], numbers, [*numbers[1:], ""], strict=False)]


def _stage(admin: Admin, typed: dict[str, str], before: str, number: str, following: str) -> dict[str, Any]:
    of = "" if number == "1" else number
    return {
        "stageId": number,
        "dependsOn": [before] if before else [],
        "durationInDays": int(typed[f"days{of}"]),
        "reviewers": _reviewers(admin, typed, typed[f"reviewers{of}"]),
        "fallbackReviewers": _fallback(admin, typed[f"reviewers{of}"]),
        "recommendationsEnabled": True,
        "decisionsThatWillMoveToNextStage": _moves(typed, following) if following else [],
    }


def _fallback(admin: Admin, who: str) -> list[dict[str, str]]:
    return [_me(admin)] if who in {"sponsors", "owners"} else []


def _reviewers(admin: Admin, typed: dict[str, str], who: str) -> list[dict[str, str]]:
    match who:
        case "themselves":
            return []
        case "sponsors":
            return [{"query": "./sponsors", "queryType": _QUERY}]
        case "owners" if typed["over"] == "group":
            return [{"query": f"/groups/{typed['group']}/owners", "queryType": _QUERY}]
        case "owners":
            return [{"query": "./owners", "queryType": _QUERY}]
        case _:
            return [_me(admin)]


def _me(admin: Admin) -> dict[str, str]:
    return {"query": f"/users/{admin.by.user_id}", "queryType": _QUERY}


def _recurrence(admin: Admin, repeats: str) -> dict[str, Any] | None:
    if repeats not in _EVERY:
        return None
    kind, interval = _EVERY[repeats]
    first = admin.reading.now.date().isoformat()
    return {"pattern": {"type": kind, "interval": interval}, "range": {"type": "noEnd", "startDate": first}}
