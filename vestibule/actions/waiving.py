"""Who has to answer a data removal, what they answered, and whom a named person decided not to wait for."""

from vestibule.actions import journal
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.rules import connections as rules
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.connections import Kind, State
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import erasures, memberships, recipients
from vestibule.store.recipients import Recipient
from vestibule.store.unit import Reading, Unit


async def recipients_of(reading: Reading, *, tenant_id: str, user_id: str) -> list[Recipient]:
    """Who had to be told of a removal, and what each of them answered: what a certificate says of them.

    They are frozen when the person goes, keep their states for good, and hold nothing of the person's profile.
    """
    return await recipients.of_removal(reading, tenant_id, user_id)


async def awaited(reading: Reading, *, tenant_id: str, user_id: str) -> list[Recipient]:
    """The required ones that a data removal still waits for."""
    found = await recipients.of_removal(reading, tenant_id, user_id)
    return [one for one in found if one.required and State(one.state) not in rules.ENOUGH]


async def waive_recipient(
    house: House, kind: Kind, *, tenant_id: str, user_id: str, app_id: str, why: str, by: Actor
) -> None:
    """Decide that a data removal does not wait for this app any more. Who and why stays beside it.

    Raises:
        Refused: NOT_FOUND when no data removal waits for it; MISSING_VALUE, BAD_VALUE of the reason; NOT_ALLOWED;
            NEEDS_PERSON for a program, which has no name to answer with.
    """
    reason = rules.why_waived(why)
    if by.kind is not ActorKind.PERSON or by.user_id is None:
        raise Refused(Reason.NEEDS_PERSON)
    name = by.user_id

    async def work(unit: Unit) -> None:
        guest = await memberships.find(unit, tenant_id, user_id)
        await authorise(unit, by, Verb.WAIVE_RECIPIENT, tenant_id)
        running = await erasures.find(unit, tenant_id, user_id)
        found = await awaited(unit, tenant_id=tenant_id, user_id=user_id)
        one = next((each for each in found if (each.app_id, each.kind) == (app_id, kind.value)), None)
        if guest is None or running is None or running.state == "done" or one is None:
            raise Refused(Reason.NOT_FOUND, objectId=user_id)
        recipients.waive(unit, one, by=name, why=reason)
        facts = {"appId": app_id, "connection": kind.value, "state": one.state}
        event = journal.Event(Verb.WAIVE_RECIPIENT, tenant_id, journal.about(guest), unit.now, facts=facts)
        await journal.write(house, unit, event, by=by)

    await attempt(house, Verb.WAIVE_RECIPIENT, work, by=by, tenant_id=tenant_id, user_id=user_id)
