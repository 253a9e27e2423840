"""Access reviews come round: time opens an instance, reminds who has not decided, and ends it.

Each is one transaction, guarded by the version of the row it rests on, and carries its due time: late, repeated or
killed, it is done once. Whether somebody can still decide is never asked of these having run.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from vestibule.actions import review_stages, reviewing
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind
from vestibule.actions.review_asking import EVERYBODY, first_stage, reviewers_of, write_to
from vestibule.actions.review_stages import Looked, look_at, recommend
from vestibule.actions.reviewing import Meaning, meaning_of, tell
from vestibule.rules import reviews
from vestibule.rules.actors import system
from vestibule.rules.review_stages import StageSettings
from vestibule.rules.reviews import Decision, Over, Result, State
from vestibule.rules.verbs import Verb
from vestibule.store import apps, groups, holdings, memberships, organizations, review_decisions
from vestibule.store import reviews as kept
from vestibule.store.memberships import Membership
from vestibule.store.review_decisions import Decided
from vestibule.store.reviews import Instance, Review
from vestibule.store.unit import Reading, Unit

# --- It begins --------------------------------------------------------------------------------------------------------


async def open_due(house: House, *, tenant_id: str, review_id: str) -> datetime | None:
    """Time lets a review come round. Returns when that was, or None when it is not due (any more)."""

    async def work(unit: Unit) -> datetime | None:
        review = await kept.find(unit, tenant_id, review_id)
        if review is None or review.next_at is None or unit.now < review.next_at:
            return None
        at = review.next_at
        await _open(house, unit, review, at)
        return at

    return await house.change(work)


async def _open(house: House, unit: Unit, review: Review, at: datetime) -> None:
    meant = meaning_of(review)
    begins = reviews.next_start(meant.settings.recurrence, review.made_at, review.started + 1)
    number, next_at = (review.started + 1, None) if begins is None else begins
    after = kept.save(unit, review, replace(review, started=number, next_at=next_at))
    organization = await organizations.find(unit, review.tenant_id)
    stage = first_stage(meant)
    for group_id, people in await _whom(unit, review.tenant_id, meant, at):
        instance = _instance(house, review, meant, group_id, at)
        kept.insert_instance(unit, instance)
        review_stages.lay_out(house, unit, instance, review.definition, meant.stages)
        decided = [_undecided(house, instance, one, stage, meant, at) for one in people]
        for decision in decided:
            review_decisions.insert(unit, decision)
        asked = await reviewers_of(unit, instance, stage, decided)
        for one in asked:
            kept.ask(unit, replace(one, contacted_at=at if meant.settings.mails else None))
        if meant.settings.mails and organization is not None:
            await write_to(house, unit, organization, review, instance, asked, LetterKind.REVIEW_ASKED, at)
    await tell(house, unit, Verb.START_REVIEW, review, after, by=system(), at=at)


def _instance(house: House, review: Review, meant: Meaning, group_id: str, at: datetime) -> Instance:
    takes = first_stage(meant).takes
    remind_at = reviews.remind_at(at, takes) if meant.settings.reminders else None
    return Instance(
        tenant_id=review.tenant_id,
        instance_id=house.chance.guid(),
        review_id=review.review_id,
        group_id=group_id,
        starts_at=at,
        ends_at=at + meant.settings.takes,
        state=State.OPEN.value,
        remind_at=remind_at,
        due_at=remind_at or at + takes,
        applied_by=None,
        version=1,
        step=0,
        decide_until=at + takes if meant.stages else None,
    )


def _undecided(
    house: House, instance: Instance, one: Looked, stage: StageSettings, meant: Meaning, at: datetime
) -> Decided:
    return Decided(
        tenant_id=instance.tenant_id,
        instance_id=instance.instance_id,
        decision_id=house.chance.guid(),
        user_id=one.guest.user_id,
        decision=Decision.NOT_REVIEWED.value,
        justification=None,
        recommendation=recommend(one, stage, meant.settings.look_back, at).value,
        last_sign_in=one.last,
        reviewed_by=None,
        reviewed_at=None,
        result=Result.NEW.value,
        applied_at=None,
        blocked_until=None,
        version=1,
        step=instance.step,
    )


# --- Whom it is about -------------------------------------------------------------------------------------------------


async def _whom(reading: Reading, tenant_id: str, meant: Meaning, at: datetime) -> list[tuple[str, list[Looked]]]:
    """For each instance: the group it looks at (empty when it is none), and the people."""
    scope = meant.scope
    match scope.over:
        case Over.GROUP:
            found = await review_decisions.in_group(reading, tenant_id, scope.target)
            return [(scope.target, await _looked(reading, tenant_id, found, meant, at))]
        case Over.APP:
            app = await apps.find_by_principal(reading, tenant_id, scope.target)
            found = [] if app is None else await review_decisions.at_app(reading, tenant_id, app.app_id)
            return [("", await _looked(reading, tenant_id, found, meant, at))]
        case Over.ROLE:
            held = await holdings.ROLES.of_thing(reading, tenant_id, scope.target)
            known = await memberships.find_many(reading, tenant_id, [one.user_id for one in held]) if held else []
            found = sorted(known, key=lambda one: one.user_id)
            return [("", await _looked(reading, tenant_id, found, meant, at))]
        case Over.EVERYBODY:
            found = await review_decisions.guests(reading, tenant_id)
            return [("", await _looked(reading, tenant_id, found, meant, at))]
        case Over.EVERY_GROUP:
            return await _each_group(reading, tenant_id, meant, at)


async def _each_group(reading: Reading, tenant_id: str, meant: Meaning, at: datetime) -> list[tuple[str, list[Looked]]]:
    """Every group with somebody to look at; those that may hold roles are left to reviews of their own."""
    ids = await review_decisions.groups_with_members(reading, tenant_id)
    found = []
    for group in sorted(await groups.find_many(reading, tenant_id, ids), key=lambda one: one.group_id):
        if not group.is_live or group.assignable_to_role:
            continue
        if meant.scope.unified_only and "Unified" not in group.group_types:
            continue
        people = await review_decisions.in_group(reading, tenant_id, group.group_id)
        looked = await _looked(reading, tenant_id, people, meant, at)
        found += [(group.group_id, looked)] if looked else []
    return found


async def _looked(
    reading: Reading, tenant_id: str, people: Sequence[Membership], meant: Meaning, at: datetime
) -> list[Looked]:
    chosen = [one for one in people if not meant.scope.guests_only or one.user_type == "Guest"]
    found = await look_at(reading, tenant_id, chosen)
    inactive = meant.scope.inactive_for
    if inactive is None:
        return found
    return [one for one in found if reviews.is_inactive(one.last, one.since, at, inactive)]


# --- It goes on, and ends ---------------------------------------------------------------------------------------------


async def go_on_due(house: House, *, tenant_id: str, instance_id: str) -> tuple[datetime, Verb] | None:
    """Time reminds the reviewers of an instance, or ends it. Returns when and which, or None when neither is due."""

    async def work(unit: Unit) -> tuple[datetime, Verb] | None:
        instance = await kept.find_instance(unit, tenant_id, instance_id)
        review = None if instance is None else await kept.find(unit, tenant_id, instance.review_id)
        if instance is None or review is None or instance.stage is not State.OPEN or instance.due_at is None:
            return None
        if unit.now < instance.due_at:
            return None
        if instance.remind_at is not None:
            at = instance.remind_at
            kept.save_instance(unit, instance, replace(instance, remind_at=None, due_at=instance.until))
            await remind(house, unit, review, instance, at)
            await tell(house, unit, Verb.REMIND_REVIEWERS, review, review, by=system(), instance=instance, at=at)
            return at, Verb.REMIND_REVIEWERS
        at = instance.until
        moved = await review_stages.move_on(house, unit, review, instance, at)
        if moved is not None:
            await tell(
                house, unit, Verb.STOP_REVIEW, review, review, by=system(), instance=instance, at=at, way="stage"
            )
            return at, Verb.STOP_REVIEW
        await reviewing.end(house, unit, review, instance, at)
        await tell(house, unit, Verb.STOP_REVIEW, review, review, by=system(), instance=instance, at=at)
        if meaning_of(review).settings.applies:
            verb, by = Verb.APPLY_REVIEW, system()
            await tell(house, unit, verb, review, review, by=by, instance=instance, at=at, way="auto")
        return at, Verb.STOP_REVIEW

    return await house.change(work)


async def remind(house: House, unit: Unit, review: Review, instance: Instance, at: datetime) -> None:
    """Write again to everybody who still has something to decide."""
    organization = await organizations.find(unit, review.tenant_id)
    if organization is None:
        return
    decided = await review_decisions.in_instance(unit, instance.tenant_id, instance.instance_id)
    here = [one for one in decided if one.step == instance.step]
    waiting = {one.decision_id for one in here if one.decision == Decision.NOT_REVIEWED.value}
    everybody = await kept.asked_in(unit, instance.tenant_id, instance.instance_id)
    asked = [one for one in everybody if one.step == instance.step]
    still = [one for one in asked if one.decision_id in waiting or (one.decision_id == EVERYBODY and waiting)]
    await write_to(house, unit, organization, review, instance, still, LetterKind.REVIEW_REMINDER, at)
