"""Histories of access reviews: what was decided in a period, brought together once or again and again, as a file.

What is kept of a run is its period. Its file is written from the decisions themselves each time it is fetched: nothing
about anybody is kept a second time, so a data removal, or deleting a review, takes it out of every history at once.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from vestibule.actions import journal, reviewing
from vestibule.actions.authorising import authorise, authorise_on
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.actions.inviting import ticket_hash
from vestibule.actions.review_asking import EVERYBODY
from vestibule.actions.reviewing import LONGEST_NAME, meaning_of
from vestibule.rules import review_histories as rules
from vestibule.rules import texts
from vestibule.rules.actors import Actor, ActorKind, system
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.review_histories import ADDRESS_GOOD_FOR, KEPT_FOR, Meaning, Outcome
from vestibule.rules.reviews import Decision
from vestibule.rules.targets import OnReview
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, review_decisions, reviews
from vestibule.store import review_histories as kept
from vestibule.store.memberships import Membership
from vestibule.store.review_decisions import Decided
from vestibule.store.review_histories import History, Run
from vestibule.store.reviews import Instance, Review
from vestibule.store.unit import Reading, Unit

_WRITTEN: Final = frozenset(
    {"displayName", "decisions", "scopes", "scheduleSettings", rules.STARTS, rules.ENDS},
)
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One decision, as a history tells it.

    Attributes:
        resource: id, name and kind of what was looked at; empty for everybody.
        about, reviewer, applier: who they are now; None for nobody, and for who is known no more.
    """

    review: Review
    instance: Instance
    resource: tuple[str, str, str]
    decided: Decided
    outcome: Outcome
    about: Membership | None
    reviewer: Membership | None
    applier: Membership | None


def to_read(tenant_id: str) -> OnReview:
    """A history is about reviews of every kind: whoever may read only some of them may not read it."""
    return OnReview(tenant_id, reviewer=False, of_role=False, owned=False)


def meaning_of_history(history: History) -> Meaning:
    """What a history says, read from what is kept of it."""
    return rules.read_history(history.definition)[0]


async def create_history(house: House, given: Mapping[str, Any], *, tenant_id: str, by: Actor) -> History:
    """Ask for a history, in Graph's shape. One whose period has ended is made at once.

    Raises:
        Refused: NOT_ALLOWED; MISSING_VALUE or BAD_VALUE with the property.
    """
    unknown = next((name for name in given if name not in _WRITTEN), None)
    if unknown is not None:
        raise Refused(Reason.BAD_VALUE, property=unknown)
    name = texts.text_line(str(given.get("displayName") or ""), limit=LONGEST_NAME, what="displayName")
    meant, definition = rules.read_history(given)
    history_id = house.chance.guid()

    async def work(unit: Unit) -> History:
        await authorise(unit, by, Verb.CREATE_HISTORY, tenant_id)
        begins = rules.next_run(meant, unit.now, 0)
        new = History(
            tenant_id=tenant_id,
            history_id=history_id,
            display_name=name,
            definition=definition,
            made_by=by.user_id if by.kind is ActorKind.PERSON and by.tenant_id == tenant_id else None,
            made_at=unit.now,
            runs=0,
            next_at=None if begins is None else begins[1],
            gone_at=unit.now + KEPT_FOR if begins is None else None,
            version=1,
        )
        if new.next_at == unit.now:
            new = _made(house, unit, new, meant, unit.now)
        kept.insert(unit, new)
        await _tell(house, unit, Verb.CREATE_HISTORY, new, 0, 1, by=by)
        return new

    return await attempt(house, Verb.CREATE_HISTORY, work, by=by, tenant_id=tenant_id)


async def delete_history(house: House, *, tenant_id: str, history_id: str, by: Actor) -> None:
    """Take a history away: it is made no more, and no address leads to a file of it.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        await authorise(unit, by, Verb.DELETE_HISTORY, tenant_id)
        found = await kept.find(unit, tenant_id, history_id)
        if found is None:
            raise Refused(Reason.NOT_FOUND, objectId=history_id)
        kept.drop(unit, found)
        await _tell(house, unit, Verb.DELETE_HISTORY, found, found.version, 0, by=by)

    await attempt(house, Verb.DELETE_HISTORY, work, by=by, tenant_id=tenant_id)


async def make_due(house: House, *, tenant_id: str, history_id: str) -> datetime | None:
    """Time makes a history. Returns when that was, or None when it is not due (any more)."""

    async def work(unit: Unit) -> datetime | None:
        found = await kept.find(unit, tenant_id, history_id)
        if found is None or found.next_at is None or unit.now < found.next_at:
            return None
        at = found.next_at
        after = kept.save(unit, found, _made(house, unit, found, meaning_of_history(found), at))
        await _tell(house, unit, Verb.MAKE_HISTORY, found, found.version, after.version, by=system(), at=at)
        return at

    return await house.change(work)


def _made(house: House, unit: Unit, history: History, meant: Meaning, at: datetime) -> History:
    """Write a run into a unit. Returns the history behind it."""
    starts_at, ends_at = rules.period(meant, at)
    kept.insert_run(
        unit, Run(history.tenant_id, house.chance.guid(), history.history_id, starts_at, ends_at, made_at=at)
    )
    following = rules.next_run(meant, history.made_at, history.runs + 1)
    number, next_at = (history.runs + 1, None) if following is None else following
    return replace(history, runs=number, next_at=next_at, gone_at=at + KEPT_FOR if next_at is None else None)


# --- Its runs ---------------------------------------------------------------------------------------------------------


async def runs_of(reading: Reading, history: History) -> list[Run]:
    """The runs of a history that can be fetched still, oldest first."""
    return await kept.runs_of(reading, history.tenant_id, history.history_id, reading.now - KEPT_FOR)


async def find_run(reading: Reading, history: History, run_id: str) -> Run | None:
    """One of them."""
    found = await kept.find_run(reading, history.tenant_id, run_id)
    there = found is not None and found.history_id == history.history_id and reading.now < expires_at(found)
    return found if there else None


def expires_at(run: Run) -> datetime:
    """Until when a run can be fetched."""
    return run.made_at + KEPT_FOR


async def give_address(house: House, *, tenant_id: str, history_id: str, run_id: str, by: Actor) -> tuple[Run, str]:
    """Make a secret with which the file of a run is fetched for 24 hours; the one before fetches nothing any more.

    Returns the run and the secret, which is kept as a hash alone.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED, STRONGER_SIGN_IN.
    """
    secret = house.chance.token()

    async def work(unit: Unit) -> Run:
        await authorise_on(unit, by, Verb.READ_REVIEWS, to_read(tenant_id))
        history = await kept.find(unit, tenant_id, history_id)
        run = None if history is None else await find_run(unit, history, run_id)
        if history is None or run is None:
            raise Refused(Reason.NOT_FOUND, objectId=run_id)
        until = min(unit.now + ADDRESS_GOOD_FOR, expires_at(run))
        kept.give_address(unit, run, ticket_hash(secret), until)
        await _tell(house, unit, Verb.DOWNLOAD_HISTORY, history, history.version, history.version, by=by)
        return replace(run, address_hash=ticket_hash(secret), address_until=until)

    run = await attempt(house, Verb.DOWNLOAD_HISTORY, work, by=by, tenant_id=tenant_id)
    return run, secret


async def at_address(reading: Reading, secret: str) -> tuple[History, Run] | None:
    """What a secret fetches; None when it is none, or its time is over."""
    run = await kept.at_address(reading, ticket_hash(secret))
    if run is None or run.address_until is None or reading.now >= run.address_until:
        return None
    history = await kept.find(reading, run.tenant_id, run.history_id)
    return None if history is None else (history, run)


# --- What is in the file ----------------------------------------------------------------------------------------------


async def lines(house: House, history: History, run: Run) -> AsyncIterator[list[Line]]:
    """Every decision that a run tells, some at a time: review by review and instance by instance."""
    meant = meaning_of_history(history)
    for review in await reviews.everything(await house.store.read(), run.tenant_id):
        if not rules.is_about(meant, review.definition.get("scope")):
            continue
        for instance in await reviews.instances_of(await house.store.read(), run.tenant_id, review.review_id):
            if rules.is_in(instance.starts_at, instance.ends_at, (run.starts_at, run.ends_at)):
                async for some in _of_instance(house, meant, review, instance):
                    yield some


async def _of_instance(house: House, meant: Meaning, review: Review, instance: Instance) -> AsyncIterator[list[Line]]:
    reading = await house.store.read()
    tenant_id, after = instance.tenant_id, ""
    asked = await reviews.asked_in(reading, tenant_id, instance.instance_id)
    contacted = {one.decision_id for one in asked if one.contacted_at is not None}
    resource = await reviewing.reviewed_name(reading, tenant_id, meaning_of(review).scope, instance.group_id)
    while found := await review_decisions.some_in(reading, tenant_id, instance.instance_id, after, _AT_ONCE):
        named = {who for one in found for who in (one.user_id, one.reviewed_by, instance.applied_by) if who}
        people = {one.user_id: one for one in await memberships.find_many(reading, tenant_id, sorted(named))}
        some = []
        for one in found:
            notified = EVERYBODY in contacted or one.decision_id in contacted
            outcome = rules.outcome(Decision(one.decision), notified=notified)
            if outcome in meant.outcomes:
                applier = instance.applied_by if one.applied_at is not None else None
                who = (people.get(one.user_id), people.get(one.reviewed_by or ""), people.get(applier or ""))
                some.append(Line(review, instance, resource, one, outcome, *who))
        yield some
        after = found[-1].decision_id
        reading = await house.store.read()


async def _tell(
    house: House,
    unit: Unit,
    verb: Verb,
    history: History,
    before: int,
    after: int,
    *,
    by: Actor,
    at: datetime | None = None,
) -> None:
    organization = await find_organization(unit, history.tenant_id)
    subject = journal.about_thing(
        organization, "policy", history.history_id, history.display_name, before=before, after=after
    )
    event = journal.Event(verb, history.tenant_id, subject, at or unit.now, facts={"history": history.history_id})
    await journal.write(house, unit, event, by=by)
