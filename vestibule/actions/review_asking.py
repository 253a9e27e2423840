"""Whom an access review asks, about whom, and the letters to them; in a review with stages, stage by stage."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from vestibule.actions import review_people
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind
from vestibule.actions.reviewing import Meaning, meaning_of
from vestibule.rules.review_stages import StageSettings, read_stage
from vestibule.rules.reviews import PERSONAL, Asks, Reviewer
from vestibule.store import groups, managers, review_decisions
from vestibule.store import reviews as kept
from vestibule.store import sponsors as kept_sponsors
from vestibule.store.organizations import Organization
from vestibule.store.review_decisions import Decided
from vestibule.store.reviews import Asked, Instance, Review, Stage
from vestibule.store.unit import Reading, Unit

EVERYBODY: Final = ""
"""Instead of a decision's id: who is asked about everybody in the stage."""


def first_stage(meant: Meaning) -> StageSettings:
    """The stage with which an instance begins: of a review without stages, the whole of it."""
    if meant.stages:
        return meant.stages[0]
    settings = meant.settings
    return StageSettings("", settings.takes, meant.reviewers, meant.fallback, recommends=settings.recommends)


async def settings_of(reading: Reading, review: Review, instance: Instance) -> StageSettings:
    """How the stage is done in which an instance is; it is done as it was when the instance began."""
    stages = await kept.stages_of(reading, instance.tenant_id, instance.instance_id)
    return stage_settings(review, instance, stages)


def stage_settings(review: Review, instance: Instance, stages: Sequence[Stage]) -> StageSettings:
    """The same, from the stages of the instance."""
    if stages:
        return read_stage(stages[instance.step].setting)
    meant = meaning_of(review)
    return first_stage(replace(meant, stages=()))


# --- Who decides ------------------------------------------------------------------------------------------------------


async def reviewers_of(
    reading: Reading, instance: Instance, meant: StageSettings, decided: Sequence[Decided]
) -> list[Asked]:
    """Who is asked about whom in the stage in which an instance is.

    Without reviewers the people are asked themselves; without anybody, the fallback.
    """
    if not meant.reviewers:
        return [_asked(instance, one.user_id, one.decision_id) for one in decided]
    common = await review_people.common(reading, instance, meant.reviewers)
    fallback = await review_people.common(reading, instance, meant.fallback)
    found = {_asked(instance, user_id, EVERYBODY) for user_id in common}
    if not common and not any(one.asks in PERSONAL for one in meant.reviewers):
        found |= {_asked(instance, user_id, EVERYBODY) for user_id in fallback}
    for one in decided if any(reviewer.asks in PERSONAL for reviewer in meant.reviewers) else ():
        personal = await _personal(reading, instance.tenant_id, one.user_id, meant.reviewers)
        found |= {_asked(instance, user_id, one.decision_id) for user_id in personal or (() if common else fallback)}
    return sorted(found, key=lambda one: (one.user_id, one.decision_id))


def _asked(instance: Instance, user_id: str, decision_id: str) -> Asked:
    return Asked(instance.tenant_id, instance.instance_id, user_id, decision_id, None, instance.step)


async def _personal(reading: Reading, tenant_id: str, user_id: str, reviewers: Iterable[Reviewer]) -> list[str]:
    """Who is asked about one person."""
    named: list[str] = []
    for one in reviewers:
        if one.asks is Asks.MANAGER:
            manager = await managers.of(reading, tenant_id, user_id)
            named += [manager] if manager is not None else []
        elif one.asks is Asks.SPONSORS:
            named += await _sponsors(reading, tenant_id, user_id)
    return await review_people.able(reading, tenant_id, named)


async def _sponsors(reading: Reading, tenant_id: str, user_id: str) -> list[str]:
    """Who stands for somebody: users, and whoever is in a group that does."""
    named = await kept_sponsors.of(reading, tenant_id, user_id)
    several = await groups.find_many(reading, tenant_id, named) if named else []
    for group in several:
        if group.is_live:
            named += [who.user_id for who in await review_decisions.in_group(reading, tenant_id, group.group_id)]
    return named


# --- Letters ----------------------------------------------------------------------------------------------------------


async def write_to(
    house: House,
    unit: Unit,
    organization: Organization,
    review: Review,
    instance: Instance,
    asked: Iterable[Asked],
    kind: LetterKind,
    at: datetime,
) -> None:
    """Write to everybody who is asked, once each, whatever the number of people they are asked about."""
    own = not (await settings_of(unit, review, instance)).reviewers
    user_ids = list(dict.fromkeys(one.user_id for one in asked))
    facts = {
        "review": review.display_name,
        "aboutReader": own,
        "message": review.definition.get("descriptionForReviewers"),
        "until": instance.until,
        "reviewLink": f"{house.public_url}/myaccount/access-reviews?tenantId={organization.tenant_id}",
    }
    await review_people.write_to_each(house, unit, kind, organization, user_ids, facts=facts, at=at)
