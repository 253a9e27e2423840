"""Emailed codes: whether people who have no home but a mailbox get in to an organization.

Switched off, it lets nobody in who signs in by code, and nobody stay in: that is asked of the membership whenever it is
used. Who they are and what hangs on them stays, so that switching it on again brings all of it back.
"""

from dataclasses import replace
from typing import Final

from vestibule.actions import journal
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.rules.actors import Actor
from vestibule.rules.filters import And, Compare, Filter, Op
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations, user_leads, user_rows
from vestibule.store.organizations import Organization
from vestibule.store.unit import Reading, Unit

SETTING: Final = "emailOneTimePasscode"
"""Its name in the audit log."""

_BY_CODE: Final[Filter] = And(
    (Compare(("userType",), Op.EQ, "Guest"), Compare(user_leads.PROVIDER, Op.EQ, user_leads.EMAIL))
)


async def switch_emailed_codes(house: House, *, tenant_id: str, on: bool, by: Actor) -> Organization:
    """Say whether people who prove a mailbox by code get in to an organization. The same again leaves no event.

    Raises:
        Refused: NOT_ALLOWED; NOT_FOUND.
    """

    async def work(unit: Unit) -> Organization:
        await authorise(unit, by, Verb.UPDATE_PROVIDER, tenant_id)
        before = await organizations.find(unit, tenant_id)
        if before is None:
            raise Refused(Reason.NOT_FOUND)
        if before.refuses_codes is not on:
            return before
        after = organizations.save(unit, before, replace(before, refuses_codes=not on))
        event = journal.Event(
            Verb.UPDATE_PROVIDER,
            tenant_id,
            journal.about_organization(before, after, kind="policy"),
            unit.now,
            changes=(SETTING,),
            details={"old": {SETTING: not on}, "new": {SETTING: on}},
        )
        await journal.write(house, unit, event, by=by)
        return after

    return await attempt(house, Verb.UPDATE_PROVIDER, work, by=by, tenant_id=tenant_id)


async def count_by_code(reading: Reading, tenant_id: str) -> int:
    """How many guests of an organization sign in by code, and could not without it."""
    return await user_rows.count(reading, tenant_id, _BY_CODE)
