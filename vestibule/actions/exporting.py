"""Exporting: a list of names leaves the pages as a file, and the log says who took which list and how long it was."""

from vestibule.actions import journal
from vestibule.actions.authorising import authorise_on
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything
from vestibule.rules.verbs import Verb
from vestibule.store import organizations
from vestibule.store.unit import Unit


async def export_list(house: House, *, tenant_id: str, what: str, rows: int, reads: Verb, by: Actor) -> None:
    """Write down that somebody takes a list along, before its first row leaves.

    Args:
        house: the house. tenant_id: whose list.
        what: the list's name, such as ``deletedUsers``. rows: how many match when it begins.
        reads: the verb of reading this list: whoever may read it may take it along.
        by: who does.

    Raises:
        Refused: NOT_ALLOWED, STRONGER_SIGN_IN.
    """

    async def work(unit: Unit) -> None:
        await authorise_on(unit, by, reads, Anything(tenant_id))
        organization = await organizations.find(unit, tenant_id)
        if organization is None:
            raise Refused(Reason.NOT_FOUND)
        subject = journal.about_organization(organization, kind="list")
        event = journal.Event(Verb.EXPORT_LIST, tenant_id, subject, unit.now, facts={"list": what, "rows": rows})
        await journal.write(house, unit, event, by=by)

    await attempt(house, Verb.EXPORT_LIST, work, by=by, tenant_id=tenant_id)
