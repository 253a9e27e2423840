"""Who is meant where an access review names people: users, members and owners of groups, who can sign in here."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, post
from vestibule.rules import lifecycle
from vestibule.rules.reviews import Asks, Decision, Reviewer
from vestibule.store import holdings, memberships, organizations, review_decisions
from vestibule.store.organizations import Organization
from vestibule.store.reviews import Instance, Review
from vestibule.store.unit import Reading, Unit


async def common(reading: Reading, instance: Instance, reviewers: Iterable[Reviewer]) -> list[str]:
    """Who is named without regard to one person: only people who can sign in here."""
    tenant_id = instance.tenant_id
    named: list[str] = []
    for one in reviewers:
        match one.asks:
            case Asks.USER:
                named.append(one.target)
            case Asks.GROUP_MEMBERS:
                named += [who.user_id for who in await review_decisions.in_group(reading, tenant_id, one.target)]
            case Asks.GROUP_OWNERS:
                named += await owners(reading, tenant_id, one.target)
            case Asks.OWNERS if instance.group_id:
                named += await owners(reading, tenant_id, instance.group_id)
            case _:
                continue
    return await able(reading, tenant_id, named)


async def owners(reading: Reading, tenant_id: str, group_id: str) -> list[str]:
    """The owners of a group."""
    return [one.user_id for one in await holdings.OWNING.of_thing(reading, tenant_id, group_id)]


async def able(reading: Reading, tenant_id: str, user_ids: list[str]) -> list[str]:
    """Those of these users who can sign in, each once."""
    found = await memberships.find_many(reading, tenant_id, list(dict.fromkeys(user_ids))) if user_ids else []
    return [one.user_id for one in found if lifecycle.may_sign_in(one.standing, reading.now)]


async def write_to_each(
    house: House,
    unit: Unit,
    kind: LetterKind,
    organization: Organization,
    user_ids: list[str],
    *,
    facts: Mapping[str, Any],
    at: datetime,
) -> None:
    """Write the same letter to each of these users."""
    people = await memberships.find_many(unit, organization.tenant_id, user_ids) if user_ids else []
    for who in sorted(people, key=lambda one: one.user_id):
        post(
            house,
            unit,
            kind,
            organization=organization,
            user_id=who.user_id,
            recipient=who.contact,
            languages=[who.preferred_language],
            facts=facts,
            at=at,
        )


async def tell_of_end(
    house: House, unit: Unit, review: Review, instance: Instance, recipients: Iterable[Reviewer], at: datetime
) -> None:
    """Write to whoever is to hear that an instance has ended, and what was decided in it."""
    user_ids = await common(unit, instance, recipients)
    organization = await organizations.find(unit, instance.tenant_id)
    if not user_ids or organization is None:
        return
    found = await review_decisions.in_instance(unit, instance.tenant_id, instance.instance_id)
    counted = Counter(one.decision for one in found)
    facts = {
        "review": review.display_name,
        "endedAt": at,
        "kept": counted[Decision.APPROVE.value],
        "denied": counted[Decision.DENY.value],
        "undecided": counted[Decision.NOT_REVIEWED.value] + counted[Decision.DONT_KNOW.value],
        "reviewLink": f"{house.public_url}/admin/access-reviews/{review.review_id}",
    }
    await write_to_each(house, unit, LetterKind.REVIEW_COMPLETED, organization, user_ids, facts=facts, at=at)
