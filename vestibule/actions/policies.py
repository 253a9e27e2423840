"""The organization's say about guests: the leave setting, and the privacy information it leans on."""

from dataclasses import replace

from vestibule.actions import journal
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.rules import links, names
from vestibule.rules.actors import Actor
from vestibule.rules.policy import PrivacyInformation, why_not_change_leave_setting, why_not_change_privacy
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations
from vestibule.store.organizations import Organization
from vestibule.store.unit import Unit


async def change_leave_setting(house: House, *, tenant_id: str, guests_may_leave: bool, by: Actor) -> Organization:
    """Say whether external users may leave on their own.

    Raises:
        Refused: NOT_ALLOWED; PRIVACY_INFORMATION_MISSING while privacy contact or statement is missing.
    """

    async def work(unit: Unit) -> Organization:
        await authorise(unit, by, Verb.CHANGE_LEAVE_SETTING, tenant_id)
        before = await _find(unit, tenant_id)
        reason = why_not_change_leave_setting(
            privacy_of(before), before=before.guests_may_leave, after=guests_may_leave
        )
        if reason is not None:
            raise Refused(reason, property="privacyProfile")
        if before.guests_may_leave is guests_may_leave:
            return before
        after = organizations.save(unit, before, replace(before, guests_may_leave=guests_may_leave))
        event = journal.Event(
            Verb.CHANGE_LEAVE_SETTING,
            tenant_id,
            journal.about_organization(before, after, kind="policy"),
            unit.now,
            changes=("allowExternalIdentitiesToLeave",),
            facts={"old": before.guests_may_leave, "new": guests_may_leave},
        )
        await journal.write(house, unit, event, by=by)
        return after

    return await attempt(house, Verb.CHANGE_LEAVE_SETTING, work, by=by, tenant_id=tenant_id)


async def change_privacy(
    house: House, *, tenant_id: str, contact: str | None, statement: str | None, by: Actor
) -> Organization:
    """Say whom guests may turn to and where the privacy statement is; None clears one.

    Raises:
        Refused: NOT_ALLOWED; BAD_VALUE; PRIVACY_INFORMATION_NEEDED to clear one while guests may not leave.
    """
    contact = names.address(contact, what="contactEmail").text if contact else None
    statement = links.privacy_statement(statement, plain_http=True) if statement else None

    async def work(unit: Unit) -> Organization:
        await authorise(unit, by, Verb.CHANGE_PRIVACY, tenant_id)
        before = await _find(unit, tenant_id)
        reason = why_not_change_privacy(
            privacy_of(before), PrivacyInformation(contact, statement), guests_may_leave=before.guests_may_leave
        )
        if reason is not None:
            raise Refused(reason, property="privacyProfile")
        if (before.privacy_contact, before.privacy_statement) == (contact, statement):
            return before
        after = organizations.save(unit, before, replace(before, privacy_contact=contact, privacy_statement=statement))
        event = journal.Event(
            Verb.CHANGE_PRIVACY,
            tenant_id,
            journal.about_organization(before, after),
            unit.now,
            changes=("privacyProfile",),
            details={
                "old": {"contactEmail": before.privacy_contact, "statementUrl": before.privacy_statement},
                "new": {"contactEmail": contact, "statementUrl": statement},
            },
        )
        await journal.write(house, unit, event, by=by)
        return after

    return await attempt(house, Verb.CHANGE_PRIVACY, work, by=by, tenant_id=tenant_id)


def privacy_of(organization: Organization) -> PrivacyInformation:
    """The privacy information as rules ask about it."""
    return PrivacyInformation(organization.privacy_contact, organization.privacy_statement)


async def _find(unit: Unit, tenant_id: str) -> Organization:
    organization = await organizations.find(unit, tenant_id)
    if organization is None:
        raise Refused(Reason.NOT_FOUND)
    return organization
