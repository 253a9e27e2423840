"""A backup comes back: what has to be done in it before anybody is answered.

The database is that of an earlier day. Whoever was erased since is erased again, by the journal of destroyed keys.
Whatever was given to anybody since or before is void: sessions, tokens and codes, of which some were ended meanwhile.
Letters that waited then went out long ago. The audit log goes on under another name, since its end is lost.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vestibule.actions import ending_data_requests, erasing, housekeeping, journal, sealing
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.rules.actors import Actor, operator
from vestibule.rules.verbs import Verb
from vestibule.store import backups, deployments, feed, organizations, outbox
from vestibule.store.keys import AT_A_TIME
from vestibule.store.unit import Reading, Unavailable, Unit


@dataclass(frozen=True, slots=True)
class Return:
    """What was done in a database that came back.

    Attributes:
        erased_again: people whose data was removed again. keys_made: keys that were lost, and are others now.
        letters_dropped: letters that waited when the backup was taken.
    """

    erased_again: int
    keys_made: int
    letters_dropped: int


async def come_back(house: House, *, taken_at: str, destroyed: Iterable[str], journal_known: bool) -> Return:
    """Make a database that came out of a backup one that may answer.

    Args:
        house: on that database, which nobody serves yet. taken_at: when the backup was taken, for the log.
        destroyed: the keys of whoever was erased since, and any others.
        journal_known: somebody knows of all erasures since; the log says so.
    """
    gone, whose = await _destroyed(house, set(destroyed))
    made = await _settle_keys(house, gone)
    await _begin_anew(house)
    erased = 0
    for key_id in sorted(gone & whose.keys()):
        tenant_id, user_id = whose[key_id]
        erased += await erasing.erase_again(house, tenant_id=tenant_id, user_id=user_id)
    await ending_data_requests.end_again(house, gone)
    dropped = await house.store.change(outbox.forget_mail)
    await sealing.begin_again(house)
    facts = {"takenAt": taken_at, "erasuresKnown": journal_known}
    for organization in await organizations.everyone(await house.store.read()):
        await note_restore(house, tenant_id=organization.tenant_id, facts=facts, by=operator())
    await sealing.seal_waiting(house)
    await housekeeping.scrub(house)
    if not await house.store.truncate_log():  # the file alone is what gets its place
        raise Unavailable("somebody else reads the database that is being made")
    return Return(erased, made, dropped)


async def note_restore(house: House, *, tenant_id: str, facts: Mapping[str, Any], by: Actor) -> None:
    """Say in the log of an organization that what follows came after an older state.

    Raises:
        Refused: NOT_FOUND.
    """

    async def work(unit: Unit) -> None:
        organization = await find_organization(unit, tenant_id)
        subject = journal.about_organization(organization)
        event = journal.Event(Verb.RESTORE_BACKUP, tenant_id, subject, unit.now, facts=dict(facts))
        await journal.write(house, unit, event, by=by)

    await attempt(house, Verb.RESTORE_BACKUP, work, by=by, tenant_id=tenant_id)


async def _destroyed(house: House, known: set[str]) -> tuple[set[str], dict[str, tuple[str, str]]]:
    """Every key that was destroyed, as the database knows and others do, and whose keys there are."""

    async def work(reading: Reading) -> tuple[set[str], dict[str, tuple[str, str]]]:
        _, before = await backups.journalled(reading)
        return known | before, await backups.members_by_key(reading)

    return await house.store.scan(work, deadline_s=None)


async def _settle_keys(house: House, gone: set[str]) -> int:
    """Exactly the keys of whoever is there: destroyed ones and those of nobody go, lost ones are made anew."""
    living: set[str] = await house.store.scan(backups.living_keys, deadline_s=None)
    there = await house.keys.all_ids()
    useless = sorted(there & (gone | (there - living)))
    for first in range(0, len(useless), AT_A_TIME):
        await house.keys.destroy(useless[first : first + AT_A_TIME])
    lost = living - there - gone
    await house.keys.make_anew(sorted(lost))
    return len(lost)


async def _begin_anew(house: House) -> None:
    generation, name = house.chance.guid(), house.chance.guid()

    async def work(unit: Unit) -> None:
        deployments.begin_generation(unit, generation)
        feed.begin_anew(unit, name)

    await house.store.change(work)
