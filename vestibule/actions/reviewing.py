"""Access reviews: an organization has it looked at again who still needs access.

What is kept of a review is what was sent, in Graph's shape, checked. It comes round by time (``review_rounds``);
what is decided in it is ``deciding``, and what becomes of that ``applying``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.assigning import find_role
from vestibule.actions.authorising import authorise_on, is_allowed
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_live, find_organization
from vestibule.actions.house import House
from vestibule.actions.review_people import tell_of_end
from vestibule.actions.review_rights import insist_on, on_review
from vestibule.rules import review_shapes, reviews, roles, texts
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.review_stages import StageSettings, insist_on_time, read_stages
from vestibule.rules.reviews import Over, Reviewer, Scope, Settings, State
from vestibule.rules.targets import Anything, OnReview
from vestibule.rules.verbs import Verb
from vestibule.store import apps, groups, role_definitions
from vestibule.store import reviews as kept
from vestibule.store.reviews import Instance, Review
from vestibule.store.unit import Reading, Unit

LONGEST_NAME: Final = 256
LONGEST_TEXT: Final = 2_000
TEXTS: Final = ("descriptionForAdmins", "descriptionForReviewers")
_SCOPES: Final = ("scope", "instanceEnumerationScope")
RECIPIENTS: Final = "additionalNotificationRecipients"
_STAGES: Final = "stageSettings"
_WRITTEN: Final = frozenset(
    {"displayName", *TEXTS, *_SCOPES, "reviewers", "fallbackReviewers", RECIPIENTS, _STAGES, "settings"}
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a kept definition means; ``recipients`` are told of its end besides.

    Where it has ``stages``, theirs are the reviewers and the recommendations.
    """

    scope: Scope
    reviewers: tuple[Reviewer, ...]
    fallback: tuple[Reviewer, ...]
    settings: Settings
    stages: tuple[StageSettings, ...] = ()
    recipients: tuple[Reviewer, ...] = ()


def meaning_of(review: Review) -> Meaning:
    """What a review says, read from what is kept of it."""
    return _meaning(review.definition)


def _meaning(definition: Mapping[str, Any]) -> Meaning:
    return Meaning(
        scope=review_shapes.read_scope(definition.get("scope"), definition.get("instanceEnumerationScope")),
        reviewers=review_shapes.read_reviewers(definition.get("reviewers")),
        fallback=review_shapes.read_reviewers(definition.get("fallbackReviewers"), "fallbackReviewers"),
        settings=review_shapes.read_settings(definition.get("settings"))[0],
        stages=read_stages(definition.get(_STAGES))[0],
        recipients=review_shapes.read_recipients(definition.get(RECIPIENTS)),
    )


async def target_of(reading: Reading, by: Actor, review: Review, *, reviewer: bool = False) -> OnReview:
    """A review as the rules see it when ``by`` does something with it; ``reviewer``: they are asked in it."""
    meant = meaning_of(review)
    return await on_review(reading, by, review.tenant_id, meant.scope, meant.settings, reviewer=reviewer)


async def readable(reading: Reading, by: Actor, found: Iterable[Review]) -> list[Review]:
    """Those of these reviews that ``by`` may read as somebody who manages or audits them, not as whom they ask."""
    seen = []
    may: dict[OnReview, bool] = {}  # there are only a few kinds, whatever the number of reviews
    for review in found:
        on = await target_of(reading, by, review)
        if on not in may:
            may[on] = await is_allowed(reading, by, Verb.READ_REVIEWS, on)
        seen += [review] if may[on] else []
    return seen


async def create_review(house: House, given: Mapping[str, Any], *, tenant_id: str, by: Actor) -> Review:
    """Make a review from what was sent, in Graph's shape.

    It begins by itself at its time, which is now for one that comes round once.

    Raises:
        Refused: NOT_ALLOWED; MISSING_VALUE or BAD_VALUE with the property; NOT_FOUND for a group or app that is not
            there.
    """
    definition = _read(given, {})
    name = texts.text_line(str(given.get("displayName") or ""), limit=LONGEST_NAME, what="displayName")
    meant = _meaning(definition)
    review_id = house.chance.guid()

    async def work(unit: Unit) -> Review:
        on = await on_review(unit, by, tenant_id, meant.scope, meant.settings, reviewer=False)
        await insist_on(unit, by, Verb.CREATE_REVIEW, on, meant.scope)
        await _insist_on_target(unit, by, tenant_id, meant.scope)
        begins = reviews.next_start(meant.settings.recurrence, unit.now, 0)
        new = Review(
            tenant_id=tenant_id,
            review_id=review_id,
            display_name=name,
            definition=definition,
            made_by=by.user_id if by.kind is ActorKind.PERSON and by.tenant_id == tenant_id else None,
            made_at=unit.now,
            changed_at=unit.now,
            started=0 if begins is None else begins[0],
            next_at=None if begins is None else begins[1],
            version=1,
        )
        kept.insert(unit, new)
        await tell(house, unit, Verb.CREATE_REVIEW, replace(new, version=0), new, by=by)
        return new

    return await attempt(house, Verb.CREATE_REVIEW, work, by=by, tenant_id=tenant_id)


async def update_review(house: House, given: Mapping[str, Any], *, tenant_id: str, review_id: str, by: Actor) -> Review:
    """Change a review; whom it is about cannot change. What is open goes on as it began.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED; READ_ONLY for the scope; MISSING_VALUE or BAD_VALUE with the property.
    """

    async def work(unit: Unit) -> Review:
        before = await find_review(unit, by, Verb.UPDATE_REVIEW, tenant_id, review_id)
        definition = _read(given, before.definition)
        meant = _meaning(definition)
        on = await on_review(unit, by, tenant_id, meant.scope, meant.settings, reviewer=False)
        await authorise_on(unit, by, Verb.UPDATE_REVIEW, on)  # as it will be, too: an owner's may not come to block
        name = before.display_name
        if given.get("displayName") is not None:
            name = texts.text_line(str(given["displayName"]), limit=LONGEST_NAME, what="displayName")
        if (definition, name) == (before.definition, before.display_name):
            return before
        next_at = _next_of(before, meant.settings, unit.now)
        changed = replace(before, definition=definition, display_name=name, changed_at=unit.now, next_at=next_at)
        after = kept.save(unit, before, changed)
        await tell(house, unit, Verb.UPDATE_REVIEW, before, after, by=by)
        return after

    return await attempt(house, Verb.UPDATE_REVIEW, work, by=by, tenant_id=tenant_id)


async def delete_review(house: House, *, tenant_id: str, review_id: str, by: Actor) -> None:
    """Take a review away with everything decided in it. Who is blocked by it stays blocked and is not deleted.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        before = await find_review(unit, by, Verb.DELETE_REVIEW, tenant_id, review_id)
        kept.drop(unit, before)
        await tell(house, unit, Verb.DELETE_REVIEW, before, replace(before, version=0), by=by)

    await attempt(house, Verb.DELETE_REVIEW, work, by=by, tenant_id=tenant_id)


async def stop_review(house: House, *, tenant_id: str, review_id: str, by: Actor) -> None:
    """Let a review come round no more, and end what is open of it.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED; WRONG_STAGE when there is nothing to stop.
    """

    async def work(unit: Unit) -> None:
        before = await find_review(unit, by, Verb.STOP_REVIEW, tenant_id, review_id)
        instances = await kept.instances_of(unit, tenant_id, review_id)
        still_open = [one for one in instances if reviews.is_open(one.stage, one.ends_at, unit.now)]
        if not still_open and before.next_at is None:
            raise Refused(Reason.WRONG_STAGE, why="review", objectId=review_id)
        for instance in still_open:
            await end(house, unit, before, instance, unit.now)
        after = kept.save(unit, before, replace(before, next_at=None, changed_at=unit.now))
        await tell(house, unit, Verb.STOP_REVIEW, before, after, by=by)

    await attempt(house, Verb.STOP_REVIEW, work, by=by, tenant_id=tenant_id)


async def stop_instance(house: House, *, tenant_id: str, review_id: str, instance_id: str, by: Actor) -> None:
    """End one instance before its time.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED; WRONG_STAGE when it is over.
    """

    async def work(unit: Unit) -> None:
        review, instance = await find_instance(unit, by, Verb.STOP_REVIEW, tenant_id, review_id, instance_id)
        if not reviews.is_open(instance.stage, instance.ends_at, unit.now):
            raise Refused(Reason.WRONG_STAGE, why="review", objectId=instance_id)
        after = await end(house, unit, review, instance, unit.now)
        await tell(house, unit, Verb.STOP_REVIEW, review, review, by=by, instance=after)

    await attempt(house, Verb.STOP_REVIEW, work, by=by, tenant_id=tenant_id)


async def end(house: House, unit: Unit, review: Review, instance: Instance, at: datetime) -> Instance:
    """End an instance in a unit, and tell whoever is to hear: at once on to what was decided, if the review says so."""
    meant = meaning_of(review)
    state = State.APPLYING if meant.settings.applies else State.CLOSED
    due = at if meant.settings.applies else None
    ends_at = min(instance.ends_at, at)
    after = replace(instance, state=state.value, ends_at=ends_at, remind_at=None, due_at=due)
    saved = kept.save_instance(unit, instance, after)
    await tell_of_end(house, unit, review, instance, meant.recipients, at)
    return saved


async def find_review(
    unit: Unit, by: Actor, verb: Verb, tenant_id: str, review_id: str, *, reviewer: bool = False
) -> Review:
    """A review, when ``by`` may do ``verb``; ``reviewer``: they are asked in it.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED.
    """
    found = await kept.find(unit, tenant_id, review_id)
    if found is None:
        await authorise_on(unit, by, verb, Anything(tenant_id))
        raise Refused(Reason.NOT_FOUND, objectId=review_id)
    on = await target_of(unit, by, found, reviewer=reviewer)
    await insist_on(unit, by, verb, on, meaning_of(found).scope)
    return found


async def find_instance(
    unit: Unit, by: Actor, verb: Verb, tenant_id: str, review_id: str, instance_id: str
) -> tuple[Review, Instance]:
    """A review and one instance of it, when ``by`` may do ``verb``.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED.
    """
    review = await find_review(unit, by, verb, tenant_id, review_id)
    instance = await kept.find_instance(unit, tenant_id, instance_id)
    if instance is None or instance.review_id != review_id:
        raise Refused(Reason.NOT_FOUND, objectId=instance_id)
    return review, instance


async def tell(
    house: House,
    unit: Unit,
    verb: Verb,
    before: Review,
    after: Review,
    *,
    by: Actor,
    instance: Instance | None = None,
    at: datetime | None = None,
    way: str = "",
) -> None:
    """Write an event about a review, and an instance of it, into a unit."""
    organization = await find_organization(unit, after.tenant_id)
    subject = journal.about_thing(
        organization, "policy", after.review_id, after.display_name, before.version, after.version
    )
    facts = {"review": after.review_id} | ({} if instance is None else {"instance": instance.instance_id})
    event = journal.Event(verb, after.tenant_id, subject, at or unit.now, facts=facts, way=way)
    await journal.write(house, unit, event, by=by)


# --- Inside -----------------------------------------------------------------------------------------------------------


def _read(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The definition as it is kept, from what was sent and what was kept before. Raises Refused."""
    unknown = next((name for name in given if name not in _WRITTEN), None)
    if unknown is not None:
        raise Refused(Reason.BAD_VALUE, property=unknown)
    given = {name: review_shapes.plain_scope(value) if name in _SCOPES else value for name, value in given.items()}
    moved = next((name for name in _SCOPES if before and given.get(name, before.get(name)) != before.get(name)), None)
    if moved is not None:
        raise Refused(Reason.READ_ONLY, property=moved)
    definition = dict(before)
    for name in TEXTS:
        if given.get(name) is not None:
            definition[name] = texts.text_lines(str(given[name]), limit=LONGEST_TEXT, what=name)
    for name in (*_SCOPES, "reviewers", "fallbackReviewers", RECIPIENTS):
        if name in given:
            definition[name] = given[name]
    definition.setdefault("reviewers", [])
    if "settings" in given or not before:
        definition["settings"] = review_shapes.read_settings(given.get("settings"))[1]
    _read_stages(definition, given)
    _meaning(definition)
    return {name: value for name, value in definition.items() if value is not None}


def _read_stages(definition: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Read stages into a definition; an instance takes as long as all of them. Raises Refused."""
    stages, written = read_stages(given.get(_STAGES, definition.get(_STAGES)))
    if _STAGES in given:
        definition[_STAGES] = written
    if stages:
        days = sum(one.takes.days for one in stages)
        definition["settings"] = {**definition["settings"], "instanceDurationInDays": days}
        insist_on_time(stages, review_shapes.read_settings(definition["settings"])[0].recurrence)


async def _insist_on_target(unit: Unit, by: Actor, tenant_id: str, scope: Scope) -> None:
    """What is looked at has to be there; a group that may hold roles takes the right to take people out of it."""
    match scope.over:
        case Over.GROUP:
            group = await groups.find(unit, tenant_id, scope.target)
            if group is None or not group.is_live:
                raise Refused(Reason.NOT_FOUND, objectId=scope.target)
            if group.assignable_to_role:
                await find_live(unit, by, Verb.REMOVE_MEMBER, tenant_id, scope.target)
            groups.guard(unit, group)
        case Over.APP:
            if await apps.find_by_principal(unit, tenant_id, scope.target) is None:
                raise Refused(Reason.NOT_FOUND, objectId=scope.target)
        case Over.ROLE:
            await find_role(unit, tenant_id, scope.target)
        case _:
            return


def _next_of(review: Review, settings: Settings, now: datetime) -> datetime | None:
    """When a changed review comes round next; one that is over stays so."""
    if review.next_at is None:
        return None
    begins = reviews.start_of(settings.recurrence, review.made_at, review.started)
    return None if begins is None else max(begins, now)


async def role_name(reading: Reading, tenant_id: str, role_id: str) -> str:
    """What a directory role is called; empty for one of the organization's own that is there no more."""
    if role_id in roles.ROLES:
        return roles.ROLES[role_id].name
    made = await role_definitions.find(reading, tenant_id, role_id)
    return "" if made is None else made.display_name


async def reviewed_name(reading: Reading, tenant_id: str, scope: Scope, group_id: str) -> tuple[str, str, str]:
    """Id, name and kind of what an instance looks at; empty for everybody."""
    if scope.over is Over.APP:
        app = await apps.find_by_principal(reading, tenant_id, scope.target)
        return scope.target, "" if app is None else app.display_name, "app"
    if scope.over is Over.ROLE:
        return scope.target, await role_name(reading, tenant_id, scope.target), "role"
    if not group_id:
        return "", "", ""
    group = await groups.find(reading, tenant_id, group_id)
    return group_id, "" if group is None else group.display_name, "group"
