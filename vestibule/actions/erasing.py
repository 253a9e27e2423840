"""Purge and erase: gone for good, and then every trace of the data.

The purge writes down that the removal begins (``start``). From the moment at which it is ``removing`` no legal hold
stops it: that is written down first, in the row that a hold would write. The key of the person's audit parts goes next:
from then on they are unreadable everywhere, old backups included. Then the worker takes the steps of ``STEPS`` in their
order, each with its mark, and says that the membership is erased and writes the last letter, all in one transaction:
whenever it is killed, nothing is done twice and nothing forgotten. One transaction for each step cost most of the time
that many removals at once took.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import msgspec

from vestibule.actions import certifying, journal, waiving
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt, carry_out, carry_out_and_tell
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, post
from vestibule.rules import digests, lifecycle, retention
from vestibule.rules.actors import Actor, system
from vestibule.rules.certificates import counts_by_step
from vestibule.rules.lifecycle import Deleted, Erased, Move, Purged
from vestibule.rules.names import CONSUMERS_ID
from vestibule.rules.proven_log import DESTROYED
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import (
    activity,
    audit,
    data_exports,
    deliveries,
    device_grants,
    erasures,
    hanging,
    holds,
    invitations,
    jobs,
    memberships,
    organizations,
    outbox,
    people,
    profiles,
    provisioned,
    receipts,
    recipients,
    removed,
    requests,
    review_decisions,
    review_histories,
    reviews,
    second_factors,
    sessions,
    sign_ins,
    subscriptions,
    terms,
    tokens,
)
from vestibule.store.erasures import Erasure
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.unit import Unavailable, Unit

ADMINISTRATOR: Final = "administrator"
TIME_PASSED: Final = "timePassed"
"""Why somebody was deleted for good, as the letter says it."""

_SEALED_FOR: Final = "erasure-contact"
Step = Callable[[Unit, Membership], Awaitable[None]]
_LAST_WORDS: Final = [LetterKind.PURGED.value, LetterKind.YOU_LEFT.value]


class Contact(msgspec.Struct, frozen=True):
    """Where the last letter goes; kept sealed until it is written."""

    recipient: str | None
    language: str | None


async def purge(house: House, *, tenant_id: str, user_id: str, by: Actor) -> Membership:
    """An administrator deletes a deleted user permanently, before time does.

    Raises:
        Refused: NOT_FOUND when there is no deleted user with this id (never, no longer, or already purged);
            NOT_ALLOWED; ON_HOLD while a legal hold stands.
    """

    async def work(unit: Unit) -> Membership:
        guest = await memberships.find(unit, tenant_id, user_id)
        await authorise(unit, by, Verb.PURGE, tenant_id, guest)
        if guest is None or not isinstance(lifecycle.stage_at(guest.standing, unit.now), Deleted):
            raise Refused(Reason.NOT_FOUND)
        return await purge_here(house, unit, guest, by=by)

    return await attempt(house, Verb.PURGE, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def purge_here(
    house: House,
    unit: Unit,
    guest: Membership,
    *,
    by: Actor,
    cause: str = ADMINISTRATOR,
    tells: bool = True,
    ended_here: bool = False,
) -> Membership:
    """Delete a deleted user permanently before time does, in a unit of whoever has asked for the right to it.

    Every early permanent deletion comes through here: an administrator's own, one that somebody asked for with the
    leave, and one that is granted.

    Args:
        house: the house. unit: the unit. guest: as the unit has made them so far. by: who deletes them.
        cause: what the letter says about why. tells: whether there is a letter of its own.
        ended_here: the unit has just deleted them itself; see ``carry_out``.
    """
    move = lifecycle.purge(guest.standing, unit.now, asked=True)
    return await _purge(house, unit, guest, move, by=by, cause=cause, tells=tells, ended_here=ended_here)


async def purge_due(house: House, *, tenant_id: str, user_id: str) -> datetime | None:
    """Time deletes a deleted user permanently. Returns when that was, or None when it is not (or no longer) due.

    A legal hold keeps it from being due.
    """

    async def work(unit: Unit) -> datetime | None:
        guest = await memberships.find(unit, tenant_id, user_id)
        if guest is None or not isinstance(guest.stage, Deleted) or unit.now < guest.stage.purge_due:
            return None
        if guest.standing.held:
            return None
        move = lifecycle.purge(guest.standing, unit.now, asked=False)
        await _purge(house, unit, guest, move, by=system(), cause=TIME_PASSED)
        return move.at

    return await house.change(work)


async def _purge(
    house: House,
    unit: Unit,
    guest: Membership,
    move: Move,
    *,
    by: Actor,
    cause: str,
    tells: bool = True,
    ended_here: bool = False,
) -> Membership:
    organization = await organizations.find(unit, guest.tenant_id)
    if organization is None:
        raise Refused(Reason.NOT_FOUND)
    facts = {"hardDeleted": True}
    after = await carry_out(house, unit, guest, move, by=by, facts=facts, upn_key=None, ended_here=ended_here)
    start(house, unit, after, organization, move)
    if tells:
        _tell_purged(house, unit, guest, organization, move, cause)
    return after


def _tell_purged(
    house: House, unit: Unit, guest: Membership, organization: Organization, move: Move, cause: str
) -> None:
    post(
        house,
        unit,
        LetterKind.PURGED,
        organization=organization,
        user_id=guest.user_id,
        recipient=guest.contact,
        languages=[guest.preferred_language],
        facts={
            "deletedAt": move.at,
            "cause": cause,
            "dataRemovedBy": lifecycle.data_removed_by(move.after.stage),
        },
        at=move.at,
    )


def start(house: House, unit: Unit, guest: Membership, organization: Organization, move: Move) -> None:
    """Begin the data removal, in the unit of the purge."""
    contact = Contact(guest.contact, guest.preferred_language or organization.notification_language)
    sealed = house.sealer.seal(house.sealer.derive(_SEALED_FOR), msgspec.json.encode(contact), guest.user_id.encode())
    due_by = lifecycle.data_removed_by(move.after.stage) or move.at
    erasures.start(
        unit,
        Erasure(
            tenant_id=guest.tenant_id,
            user_id=guest.user_id,
            started_at=move.at,
            due_by=due_by,
            reason=move.verb.value,
            state=erasures.ON_HOLD if guest.standing.held else erasures.RUNNING,
            sealed_contact=sealed,
            finished_at=None,
            alarm_at=digests.next_alarm(move.at, due_by, move.at),
        ),
    )


async def erase(house: House, *, tenant_id: str, user_id: str) -> datetime | None:
    """Take every step of a data removal that is not done yet.

    Returns when the removal ended (the moment of the purge, which it follows at once, or that at which the last hold
    was lifted), or None when there is nothing to do, a hold stands, or a required recipient has not answered.
    """
    found = await erasures.find(await house.store.read(), tenant_id, user_id)
    if found is None or found.state in {"done", erasures.ON_HOLD}:
        return None
    if found.state == erasures.RUNNING and not await _begin(house, found):
        return None
    await _destroy_key(house, found)
    return await _remove(house, found)


async def _begin(house: House, of: Erasure) -> bool:
    """Write down that things are removed from now on, so that no hold can be set any more. Returns whether they are.

    A hold on somebody who is purged writes the same row, out of the same state: whoever sets one at the same moment
    either comes first, and is found here, or finds this, and is told that it is too late.
    """

    async def work(unit: Unit) -> bool:
        guest = await memberships.find(unit, of.tenant_id, of.user_id)
        running = await erasures.find(unit, of.tenant_id, of.user_id)
        if guest is None or running is None or guest.standing.held:
            return False
        if running.state != erasures.RUNNING:
            return running.state != erasures.ON_HOLD
        erasures.become(unit, running, erasures.REMOVING)
        return True

    return await house.change(work)


async def erase_again(house: House, *, tenant_id: str, user_id: str) -> bool:
    """Remove the data of somebody who was erased before an older backup brought them back. Returns whether there was.

    Nobody is asked, and nothing waits: it was decided then.
    """
    await _let_go(house, tenant_id=tenant_id, user_id=user_id)

    async def work(unit: Unit) -> None:
        guest = await memberships.find(unit, tenant_id, user_id)
        organization = await organizations.find(unit, tenant_id)
        if guest is None or organization is None or isinstance(guest.stage, Purged | Erased):
            return
        move = lifecycle.purge_again(guest.standing, unit.now)
        facts = {"hardDeleted": True, "restoredFromBackup": True}
        after = await carry_out(house, unit, guest, move, by=system(), facts=facts, upn_key=None)
        start(house, unit, after, organization, move)

    await house.change(work)
    return await erase(house, tenant_id=tenant_id, user_id=user_id) is not None


async def _let_go(house: House, *, tenant_id: str, user_id: str) -> None:
    """A hold that an older backup knows was lifted before the removal that it does not know."""

    async def work(unit: Unit) -> None:
        guest = await memberships.find(unit, tenant_id, user_id)
        running = await erasures.find(unit, tenant_id, user_id)
        if guest is None or not guest.standing.held:
            return
        memberships.hold(unit, guest, holds=0, released_at=guest.standing.released_at)
        subject = journal.about(guest, replace(guest, version=guest.version + 1))
        event = journal.Event(Verb.LIFT_HOLD, tenant_id, subject, unit.now, facts={"restoredFromBackup": True})
        await journal.write(house, unit, event, by=system())
        if running is not None and running.state == erasures.ON_HOLD:
            erasures.become(unit, running, erasures.RUNNING)

    await house.change(work)


async def _destroy_key(house: House, of: Erasure) -> None:
    reading = await house.store.read()
    guest = await memberships.find(reading, of.tenant_id, of.user_id)
    if guest is not None and guest.subject_key_id is not None:
        try:
            await house.journal.add([guest.subject_key_id])
        except OSError as failure:
            msg = f"no data is removed, because the erasure journal cannot be written: {failure}"
            raise Unavailable(msg) from failure
        await house.keys.destroy([guest.subject_key_id])


async def _forget_key(unit: Unit, guest: Membership) -> None:
    """The parts that the destroyed key would have opened go too, and the way back from the label."""
    audit.forget_subject(unit, guest.tenant_id, guest.audit_tag, guest.subject_key_id)
    if guest.subject_key_id is not None:
        erasures.journal(unit, guest.subject_key_id)


async def _end_access(unit: Unit, guest: Membership) -> None:
    sessions.drop_of(unit, guest.tenant_id, guest.user_id)
    tokens.drop_of(unit, guest.tenant_id, guest.user_id)
    device_grants.drop_of_user(unit, guest.tenant_id, guest.user_id)
    subscriptions.drop_of_user(unit, guest.tenant_id, guest.user_id)
    sign_ins.loosen(unit, guest.tenant_id, guest.user_id, guest.audit_tag)
    activity.drop(unit, guest.tenant_id, guest.user_id)


async def _take_rights(unit: Unit, guest: Membership) -> None:
    hanging.drop_all(unit, guest.tenant_id, guest.user_id)
    terms.drop_of(unit, guest.tenant_id, guest.user_id)
    reviews.forget(unit, guest.tenant_id, guest.user_id)
    review_decisions.forget(unit, guest.tenant_id, guest.user_id)
    review_histories.forget_maker(unit, guest.tenant_id, guest.user_id)


async def _drop_invitations(unit: Unit, guest: Membership) -> None:
    invitations.drop_of(unit, guest.tenant_id, guest.user_id)
    invitations.forget_inviter(unit, guest.tenant_id, guest.user_id)
    people.await_no_more(unit, guest.tenant_id, guest.user_id)


async def _drop_requests(unit: Unit, guest: Membership) -> None:
    requests.drop_of(unit, guest.tenant_id, guest.user_id)
    data_exports.drop_of(unit, guest.tenant_id, guest.user_id)
    for one in await jobs.of_user(unit, guest.tenant_id, guest.user_id):
        jobs.drop(unit, one)
    recipients.forget_waiver(unit, guest.tenant_id, guest.user_id, guest.audit_tag)
    holds.drop_of(unit, guest.tenant_id, guest.user_id)
    holds.forget_actor(unit, guest.tenant_id, guest.user_id, guest.audit_tag)


async def _drop_letters(unit: Unit, guest: Membership) -> None:
    """Nothing more is sent about them but what tells of the end itself."""
    outbox.drop_other(unit, guest.tenant_id, guest.user_id, _LAST_WORDS)


async def _drop_profile(unit: Unit, guest: Membership) -> None:
    profiles.drop(unit, guest.tenant_id, guest.user_id)
    provisioned.forget(unit, guest.tenant_id, guest.user_id)


async def loosen_person(unit: Unit, guest: Membership) -> None:
    """The person's list forgets the membership; with the last one their address and secrets go as well."""
    if guest.person_id is None:
        return
    person = await people.find(unit, guest.person_id)
    ties = await people.ties(unit, guest.person_id)
    if person is not None:
        people.touch(unit, person)
    people.belongs_no_more(unit, guest.person_id, guest.tenant_id, guest.user_id)
    if _is_last(guest, ties):
        people.forget_addresses(unit, guest.person_id)
        people.drop_credentials(unit, guest.person_id)
        second_factors.drop_all(unit, guest.person_id)
        sessions.drop_person(unit, guest.person_id)
        tokens.drop_of(unit, CONSUMERS_ID, guest.person_id)
        device_grants.drop_of_user(unit, CONSUMERS_ID, guest.person_id)


def _is_last(guest: Membership, ties: Sequence[tuple[str, str]]) -> bool:
    """Whether this is all that ties the person here, so that what is their own goes too."""
    return all(tie == (guest.tenant_id, guest.user_id) for tie in ties) and guest.home_tenant is None


STEPS: Final[tuple[tuple[str, Step], ...]] = (
    ("key", _forget_key),
    ("access", _end_access),
    ("rights", _take_rights),
    ("invitations", _drop_invitations),
    ("requests", _drop_requests),
    ("letters", _drop_letters),
    ("person", loosen_person),
    ("profile", _drop_profile),
)


async def _remove(house: House, of: Erasure) -> datetime | None:
    """Take the steps that are left, each with its mark, and say that nothing is left, in one transaction."""

    async def work(unit: Unit) -> datetime | None:
        guest = await memberships.find(unit, of.tenant_id, of.user_id)
        organization = await organizations.find(unit, of.tenant_id)
        running = await erasures.find(unit, of.tenant_id, of.user_id)
        if guest is None or organization is None or running is None or not isinstance(guest.stage, Purged):
            return None
        if guest.standing.held:  # nobody can set one by now; whatever happened, it counts
            return None
        done = await erasures.steps(unit, of.tenant_id, of.user_id)
        left = [(name, step) for name, step in STEPS if name not in done]
        facts = await _take(left, unit, guest, of) if left else None
        if await waiving.awaited(unit, tenant_id=of.tenant_id, user_id=of.user_id):
            if facts is not None:
                certifying.begin(unit, guest, facts)
            erasures.become(unit, running, erasures.WAITING)
            return None
        at = unit.now if running.state == erasures.WAITING else lifecycle.freed(guest.standing, guest.stage.at)
        event_id = await _finish(house, unit, guest, organization, running, at)
        await certifying.want(unit, guest, event_id, facts)
        return at

    return await house.change(work)


async def _take(left: list[tuple[str, Step]], unit: Unit, guest: Membership, of: Erasure) -> dict[str, Any]:
    """Take these steps, each with its mark. Returns what nobody can know afterwards."""
    counts = await removed.counts(unit, guest, _LAST_WORDS)
    by_step = counts_by_step(counts)
    ties = [] if guest.person_id is None else await people.ties(unit, guest.person_id)
    own = guest.person_id is not None and _is_last(guest, ties)
    facts = await certifying.facts_of(unit, guest, counts, own=own)
    for name, step in left:
        await step(unit, guest)
        erasures.step_done(unit, of, name, by_step[retention.Step(name)])
    return facts


async def _finish(
    house: House, unit: Unit, guest: Membership, organization: Organization, running: Erasure, at: datetime
) -> str:
    """Say that nothing is left: the stage, the event, the last letter. Returns the event's id."""
    contact = _contact(house, running)
    move = lifecycle.erase(guest.standing, at)
    facts = {} if guest.subject_key_id is None else {DESTROYED: guest.subject_key_id}
    _, event_id = await carry_out_and_tell(
        house, unit, guest, move, by=system(), facts=facts, subject_key_id=None, person_id=None
    )
    deliveries.drop_of_user(unit, guest.tenant_id, guest.user_id)
    erasures.finish(unit, running, "done", at)
    erasures.want_scrub(unit)
    post(
        house,
        unit,
        LetterKind.ERASED,
        organization=organization,
        user_id=None,
        recipient=contact.recipient,
        languages=[contact.language],
        facts={"removedAt": at} | await _receipt_facts(house, unit, guest),
        at=at,
    )
    return event_id


async def _receipt_facts(house: House, unit: Unit, guest: Membership) -> dict[str, str]:
    """For the last letter: the receipt of whoever left on their own, below which they find the certificate."""
    receipt = await receipts.latest(unit, guest.tenant_id, guest.user_id) if guest.self_service else None
    if receipt is None:
        return {}
    link = f"{house.public_url}/myaccount/receipts/{receipt.receipt_id}"
    return {"reference": receipt.reference, "certificateLink": link}


def _contact(house: House, of: Erasure) -> Contact:
    if of.sealed_contact is None:
        return Contact(None, None)
    opened = house.sealer.open(house.sealer.derive(_SEALED_FOR), of.sealed_contact, of.user_id.encode())
    return msgspec.json.decode(opened, type=Contact)
