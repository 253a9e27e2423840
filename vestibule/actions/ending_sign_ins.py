"""Ending what was given: everything in an organization, or everything to one app.

For the day on which something leaked and nobody knows what. The epoch of the organization or of the app goes up, and
whatever was born before is refused on its next use: sessions, codes, tokens and subscriptions (``access``). People sign
in again, programs ask for their next token; nobody is disabled, and what they prove themselves with stays as it is.
"""

from dataclasses import replace

from vestibule.actions import journal
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.finding_apps import find_app, save
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.rules.actors import Actor
from vestibule.rules.verbs import Verb
from vestibule.store import organizations
from vestibule.store.apps import App
from vestibule.store.organizations import Organization
from vestibule.store.unit import Unit


async def end_organization_sign_ins(house: House, *, tenant_id: str, by: Actor) -> Organization:
    """End everything that was given in an organization: to its members anywhere, to its guests and programs here.

    Whoever asks is signed out too. Each call ends anew.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED.
    """

    async def work(unit: Unit) -> Organization:
        await authorise(unit, by, Verb.END_ORGANIZATION_SIGN_INS, tenant_id)
        before = await find_organization(unit, tenant_id)
        after = organizations.save(unit, before, replace(before, epoch=before.epoch + 1))
        subject = journal.about_organization(before, after)
        event = journal.Event(Verb.END_ORGANIZATION_SIGN_INS, tenant_id, subject, unit.now)
        await journal.write(house, unit, event, by=by)
        return after

    return await attempt(house, Verb.END_ORGANIZATION_SIGN_INS, work, by=by, tenant_id=tenant_id)


async def end_app_sign_ins(house: House, *, tenant_id: str, app_id: str, by: Actor) -> App:
    """End everything that was given to an app, for whomever and in whatever organization, and for itself.

    Its secrets and keys stay good: an app whose secret leaked needs a new one as well. Each call ends anew.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED.
    """

    async def work(unit: Unit) -> App:
        before = await find_app(unit, by, Verb.END_APP_SIGN_INS, tenant_id, app_id)
        after = replace(before, epoch=before.epoch + 1)
        return await save(house, unit, before, after, by=by, verb=Verb.END_APP_SIGN_INS)

    return await attempt(house, Verb.END_APP_SIGN_INS, work, by=by, tenant_id=tenant_id)
