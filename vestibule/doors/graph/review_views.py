"""Access reviews as they are shown: the review, its instances, the decisions, and who is asked."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from vestibule.actions import review_stages, reviewing
from vestibule.actions.reviewing import Meaning, meaning_of
from vestibule.doors.graph.shapes.plain import Plain
from vestibule.ground.clock import to_us
from vestibule.rules import reviews
from vestibule.rules.review_shapes import QUERY_SCOPE
from vestibule.rules.reviews import Over
from vestibule.store import memberships
from vestibule.store.memberships import Membership
from vestibule.store.review_decisions import Decided
from vestibule.store.reviews import Asked, Instance, Review, Stage
from vestibule.store.unit import Reading

NOBODY: Final = "00000000-0000-0000-0000-000000000000"
_SYSTEM: Final = {"id": NOBODY, "displayName": "Access Review", "type": None, "userPrincipalName": ""}
_NO_ONE: Final = {"id": NOBODY, "displayName": "", "type": None, "userPrincipalName": ""}
_GUESTS: Final = "microsoft.graph.user/?$count=true&$filter=(userType eq 'Guest')"
_LISTS: Final = ("reviewers", "fallbackReviewers", "stageSettings", "additionalNotificationRecipients")

People = Mapping[str, Membership]


async def people_of(reading: Reading, tenant_id: str, user_ids: Iterable[str | None]) -> People:
    """The user objects with these ids, by id."""
    wanted = sorted({user_id for user_id in user_ids if user_id is not None})
    found = await memberships.find_many(reading, tenant_id, wanted) if wanted else []
    return {one.user_id: one for one in found}


def review_view(review: Review, instances: Iterable[Instance], reading: Reading, people: People) -> Plain:
    """A review."""
    statuses = [reviews.status(one.stage, one.ends_at, reading.now) for one in instances]
    definition = review.definition
    return {
        "id": review.review_id,
        "displayName": review.display_name,
        "createdDateTime": to_us(review.made_at),
        "lastModifiedDateTime": to_us(review.changed_at),
        "status": reviews.status_of_review(statuses, more=review.next_at is not None),
        "descriptionForAdmins": definition.get("descriptionForAdmins"),
        "descriptionForReviewers": definition.get("descriptionForReviewers"),
        "createdBy": who_view(people.get(review.made_by or "")),
        "scope": definition["scope"],
        "instanceEnumerationScope": definition.get("instanceEnumerationScope"),
        **{name: definition.get(name, []) for name in _LISTS},
        "settings": definition["settings"],
    }


def instance_view(review: Review, instance: Instance, reading: Reading, stages: Sequence[Stage]) -> Plain:
    """An instance, with the reviewers of the stage in which it is. That of a review of every group is about one."""
    meant = meaning_of(review)
    asks = stages[instance.step].setting if stages else review.definition
    return {
        "id": instance.instance_id,
        "startDateTime": to_us(instance.starts_at),
        "endDateTime": to_us(instance.ends_at),
        "status": reviews.status(instance.stage, instance.ends_at, reading.now),
        "scope": _scope(review, instance, meant),
        "reviewers": asks.get("reviewers", []),
        "fallbackReviewers": asks.get("fallbackReviewers", []),
        "errors": [],
    }


def stage_view(instance: Instance, stage: Stage, reading: Reading) -> Plain:
    """A stage of an instance."""
    return {
        "id": stage.stage_id,
        "startDateTime": to_us(stage.starts_at),
        "endDateTime": to_us(review_stages.ended_at(instance, stage)),
        "status": review_stages.status(instance, stage, reading.now),
        "reviewers": stage.setting["reviewers"],
        "fallbackReviewers": stage.setting["fallbackReviewers"],
    }


def _scope(review: Review, instance: Instance, meant: Meaning) -> Any:
    if meant.scope.over is not Over.EVERY_GROUP:
        return review.definition["scope"]
    whom = f"/{_GUESTS}" if meant.scope.guests_only else ""
    query = f"/groups/{instance.group_id}/transitiveMembers{whom}"
    return {"@odata.type": QUERY_SCOPE, "query": query, "queryType": "MicrosoftGraph", "queryRoot": None}


async def decision_views(
    reading: Reading, root: str, review: Review, instance: Instance, decided: Iterable[Decided]
) -> list[Plain]:
    """Decisions with the names of whom they are about, as they are now."""
    found = list(decided)
    named = [one.user_id for one in found] + [one.reviewed_by for one in found]
    people = await people_of(reading, instance.tenant_id, [*named, instance.applied_by])
    meant = meaning_of(review)
    resource = await reviewing.reviewed_name(reading, instance.tenant_id, meant.scope, instance.group_id)
    return [_decision(root, instance, one, people, resource) for one in found]


def _decision(root: str, instance: Instance, one: Decided, people: People, resource: tuple[str, str, str]) -> Plain:
    about = people.get(one.user_id)
    target_id, name, kind = resource
    link = {
        "group": f"{root}/groups/{target_id}",
        "app": f"{root}/servicePrincipals/{target_id}",
        "role": f"{root}/roleManagement/directory/roleDefinitions/{target_id}",
    }.get(kind)
    applied = people.get(instance.applied_by or "")
    return {
        "id": one.decision_id,
        "accessReviewId": instance.instance_id,
        "decision": one.decision,
        "justification": one.justification,
        "recommendation": one.recommendation,
        "reviewedDateTime": None if one.reviewed_at is None else to_us(one.reviewed_at),
        "reviewedBy": who_view(people.get(one.reviewed_by or "")),
        "appliedDateTime": None if one.applied_at is None else to_us(one.applied_at),
        "appliedBy": _NO_ONE if one.applied_at is None else _SYSTEM if applied is None else who_view(applied),
        "applyResult": one.result,
        "principal": {
            "@odata.type": "#microsoft.graph.userIdentity",
            "id": one.user_id,
            "displayName": "" if about is None else about.display_name,
            "userPrincipalName": "" if about is None else about.user_principal_name,
            "type": "user",
            "lastUserSignInDateTime": "" if one.last_sign_in is None else one.last_sign_in,
        },
        "principalLink": f"{root}/users/{one.user_id}",
        "resource": {"id": target_id or NOBODY, "displayName": name, "type": kind or "directory"},
        "resourceLink": link,
    }


def reviewer_view(asked: Asked, who: Membership | None) -> Plain:
    """Somebody who was written to."""
    return {
        "id": asked.user_id,
        "displayName": "" if who is None else who.display_name,
        "userPrincipalName": "" if who is None else who.user_principal_name,
        "createdDateTime": None if asked.contacted_at is None else to_us(asked.contacted_at),
    }


def who_view(who: Membership | None) -> dict[str, Any]:
    """Somebody; nobody has an id of zeros."""
    if who is None:
        return dict(_NO_ONE)
    return {
        "id": who.user_id,
        "displayName": who.display_name,
        "type": "user",
        "userPrincipalName": who.user_principal_name,
    }
