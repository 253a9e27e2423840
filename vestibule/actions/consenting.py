"""Consent: a person (or an administrator for everybody) lets an app act for them."""

from vestibule.actions import journal
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import consents, memberships, organizations
from vestibule.store.apps import App
from vestibule.store.consents import Consent
from vestibule.store.unit import Reading, Unit


async def consented(reading: Reading, app: App, user_id: str) -> frozenset[str]:
    """The scopes that this person, or an administrator for everybody, consented to, in lower case."""
    names = await consents.names_for(reading, app.tenant_id, app.app_id, user_id)
    return frozenset(name.lower() for name in names)


async def consent(house: House, *, app: App, user_id: str, scopes: list[str], by: Actor) -> None:
    """A person consents for themselves.

    Raises:
        Refused: NOT_FOUND when they are no user of the app's organization; NOT_ALLOWED for somebody else.
    """

    async def work(unit: Unit) -> None:
        guest = await memberships.find(unit, app.tenant_id, user_id)
        organization = await organizations.find(unit, app.tenant_id)
        if guest is None or organization is None:
            raise Refused(Reason.NOT_FOUND)
        if by.person_id != guest.person_id:
            raise Refused(Reason.NOT_ALLOWED)
        before = await consents.find(unit, app.tenant_id, app.app_id, user_id)
        known = [] if before is None else before.scopes.split()
        have = {name.lower() for name in known}
        merged = " ".join(known + [name for name in dict.fromkeys(scopes) if name.lower() not in have])
        if before is None:
            consents.insert(unit, Consent(app.tenant_id, app.app_id, user_id, merged, house.chance.guid(), unit.now))
        else:
            consents.change(unit, before, merged)
        event = journal.Event(
            Verb.CONSENT,
            app.tenant_id,
            journal.about_thing(organization, "app", app.app_id, app.display_name),
            unit.now,
            facts={"scopes": merged},
        )
        await journal.write(house, unit, event, by=by)

    await attempt(house, Verb.CONSENT, work, by=by, tenant_id=app.tenant_id, user_id=user_id)
